//! The local AWS as a background process: found, started, stopped, and remembered in a file so that whoever comes later,
//! or after a crash, can end it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::aws::{ACCESS_KEY, Aws, REGION, SECRET_KEY};
use crate::process;
use crate::sink::Sink;
use crate::wait;

/// What runs: written to `state.json` in the instance's folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    emulator_group: u32,
    emulator_port: u16,
    sink_group: u32,
    sink_port: u16,
    /// What is deployed, in the words of whoever deployed it.
    #[serde(default)]
    deployed: Option<String>,
}

/// A local AWS with a sink beside it. Each instance has a folder of its own, so the demo and the tests do not meet.
#[derive(Debug)]
pub struct Emulator {
    folder: PathBuf,
    state: State,
}

/// What is needed to start one.
#[derive(Debug)]
pub struct Programs<'a> {
    /// MiniStack's program.
    pub emulator: &'a Path,
    /// A program that serves a sink when it is called with the arguments `sink PORT`.
    pub sink: &'a Path,
}

impl Emulator {
    /// The one that runs in a folder, if it does. What is left of one that crashed is ended and forgotten.
    ///
    /// # Errors
    /// When the rest of a crashed one cannot be ended.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let Some(state) = read_state(folder) else {
            return Ok(None);
        };
        let found = Self {
            folder: folder.to_owned(),
            state,
        };
        if found.aws().page("/_ministack/ready").is_ok() && found.sink().received("/").is_ok() {
            return Ok(Some(found));
        }
        found.stop()?;
        Ok(None)
    }

    /// Starts one; it outlives this process.
    ///
    /// # Errors
    /// When it is not ready within a minute. The log is `ministack.log` in the folder.
    pub fn start(folder: &Path, programs: &Programs<'_>) -> Result<Self> {
        let scratch = folder.join("tmp");
        fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot make {}", scratch.display()))?;
        let emulator_port = process::free_port()?;
        let endpoint = format!("http://127.0.0.1:{emulator_port}");
        let port = emulator_port.to_string();
        let scratch = scratch.to_string_lossy().into_owned();
        let log = folder.join("ministack.log");
        let environment = [
            ("GATEWAY_PORT", port.as_str()),
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "127.0.0.1"),
            ("MINISTACK_REGION", REGION),
            // It hands these to the functions: without the endpoint they would call the real AWS.
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            // Each function may do what its role allows, and nothing else.
            ("AUTH", "true"),
            ("TMPDIR", scratch.as_str()),
            ("STATE_DIR", scratch.as_str()),
            ("PYTHONUNBUFFERED", "1"),
            // Servers for devices and files, on ports of their own that another instance may hold.
            ("IOT_MTLS_ENABLED", "false"),
            ("SFTP_ENABLED", "false"),
        ];
        let emulator_group = process::start(programs.emulator, &[], &log, &environment)?;

        let sink_port = process::free_port()?;
        let arguments = ["sink", &sink_port.to_string()];
        let sink_group = process::start(programs.sink, &arguments, &folder.join("sink.log"), &[])?;
        let started = Self {
            folder: folder.to_owned(),
            state: State {
                emulator_group,
                emulator_port,
                sink_group,
                sink_port,
                deployed: None,
            },
        };
        // Before it is ready: who ends this run early must be able to find what it started.
        started.write_state()?;
        wait::until("the local AWS to be ready", Duration::from_secs(60), || {
            started.aws().page("/_ministack/ready")?;
            started.sink().received("/")?;
            Ok(Some(()))
        })
        .with_context(|| format!("its log is {}", log.display()))?;
        Ok(started)
    }

    /// Ends it and everything that it started, and forgets what it kept.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<()> {
        process::stop(self.state.sink_group, self.state.sink_port)?;
        process::stop(self.state.emulator_group, self.state.emulator_port)?;
        // The logs stay; the scratch folder holds the functions' unpacked programs.
        let _ = fs::remove_dir_all(self.folder.join("tmp"));
        fs::remove_file(state_file(&self.folder))?;
        Ok(())
    }

    /// Calls to it.
    #[must_use]
    pub fn aws(&self) -> Aws {
        Aws::new(&format!("http://127.0.0.1:{}", self.state.emulator_port))
    }

    /// The sink beside it.
    #[must_use]
    pub fn sink(&self) -> Sink {
        Sink::new(&format!("http://127.0.0.1:{}", self.state.sink_port))
    }

    /// What was last noted as deployed.
    #[must_use]
    pub fn deployed(&self) -> Option<&str> {
        self.state.deployed.as_deref()
    }

    /// Notes what is deployed.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn set_deployed(&mut self, what: Option<String>) -> Result<()> {
        self.state.deployed = what;
        self.write_state()
    }

    /// Where its logs are.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("ministack.log")
    }

    fn write_state(&self) -> Result<()> {
        let json = serde_json::to_string_pretty(&self.state)?;
        fs::write(state_file(&self.folder), json).context("cannot write the state file")
    }
}

fn state_file(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

/// A file that cannot be read tells nothing that could be ended; starting anew is all that is left.
fn read_state(folder: &Path) -> Option<State> {
    serde_json::from_slice(&fs::read(state_file(folder)).ok()?).ok()
}
