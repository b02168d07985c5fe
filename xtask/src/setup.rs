//! The pinned Python tools, in an environment of the project's own.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::run::{self, Steps};

const REQUIREMENTS: &str = "tools/requirements.txt";
const STAMP: &str = ".venv/.complete";

/// Makes `.venv`, unless it is there and made of these very requirements.
pub(crate) fn run(project: &Project, steps: &mut Steps) -> Result<()> {
    let wanted = stamp(project)?;
    if fs::read_to_string(project.path(STAMP)).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    check_python(project)?;
    let _ = fs::remove_file(project.path(STAMP));
    steps.program(
        "Python environment",
        project
            .command("python3")
            .args(["-m", "venv", "--clear", ".venv"]),
    )?;
    steps.program(
        "Python tools: local AWS, SAM, cargo-lambda, nextest, linters (once, about a minute)",
        project.command(project.tool("python")).args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "--progress-bar=off",
            "--quiet",
            // The list is complete, with a hash of each file.
            "--no-deps",
            "--require-hashes",
            "--requirement",
            REQUIREMENTS,
        ]),
    )?;
    fs::write(project.path(STAMP), wanted).context("cannot write the stamp of .venv")
}

fn check_python(project: &Project) -> Result<()> {
    // Debian and Ubuntu keep `ensurepip`, which `venv` needs, in a package of its own.
    let check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let output = project.command("python3").args(["-c", check]).output();
    let output = output.context("python3 is missing: install Python 3.10 or newer")?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("ModuleNotFoundError") {
        bail!(
            "python3 cannot make virtual environments ({}): install them, on Debian or Ubuntu with `apt-get install python3-venv`",
            complaint.lines().last().unwrap_or_default(),
        );
    }
    bail!("python3 is older than 3.10: install a newer one, and let `python3` on the PATH be it")
}

/// What `.venv` should be made of. It also names its place: an environment cannot be moved.
fn stamp(project: &Project) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    run::read(&project.path(REQUIREMENTS))?.hash(&mut hasher);
    project.root().hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}
