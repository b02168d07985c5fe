//! Where things are in this repository.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The repository's folder.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// The folder with `template.yaml`, here or above. Not the one it was compiled in: that may have moved.
    pub(crate) fn find() -> Result<Self> {
        let here = env::current_dir()?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("template.yaml").is_file());
        let root = root
            .context("there is no template.yaml here or above: run this inside the repository")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A program of the project's own Python tools.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.root.join(".venv/bin").join(name)
    }

    /// A path as it is written from the repository's folder.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// A command that runs in the repository's folder and finds the project's own tools first.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let mut paths = vec![self.root.join(".venv/bin")];
        paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        if let Ok(joined) = env::join_paths(paths) {
            command.env("PATH", joined);
        }
        command
            .current_dir(&self.root)
            .env("SAM_CLI_TELEMETRY", "0");
        command
    }

    /// Waits until no other `cargo xtask` of this folder works with a thing. The lock ends with the file, or with this process.
    pub(crate) fn lock(&self, file: &str, what: &str) -> Result<File> {
        let path = self.path(".local").join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let lock =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        if lock.try_lock().is_err() {
            println!("  another `cargo xtask` works with {what}; waiting for it …");
            lock.lock()?;
        }
        Ok(lock)
    }

    /// Cargo, as a command of this workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command =
            self.command(env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from));
        // Set by the `cargo run` that this program runs under; they would make build scripts run again.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name.as_ref());
            }
        }
        command
    }

    /// Cargo, building for this machine by its name, as cargo-lambda does: so the AWS SDK is built once for the functions and for
    /// the tests, rather than once for each.
    pub(crate) fn build(&self, subcommand: &[&str]) -> Result<Command> {
        let output = self
            .command("rustc")
            .arg("-vV")
            .output()
            .context("rustc is missing")?;
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("rustc does not say what this machine is")?;
        let mut command = self.cargo();
        command.args(subcommand).args(["--target", host]);
        Ok(command)
    }
}
