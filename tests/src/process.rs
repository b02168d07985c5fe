//! Processes that outlive the one that started them: each in a group of its own, with its log in a file.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::wait;

/// Starts a program in the background and gives the number of its process group.
///
/// A shell stands in between and leaves at once, so that the program becomes nobody's child: whoever ends it later need
/// not be who started it.
///
/// # Errors
/// When it cannot be started.
pub fn start(
    program: &Path,
    arguments: &[&str],
    log: &Path,
    environment: &[(&str, &str)],
) -> Result<u32> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "\"$@\" </dev/null &", "sh"])
        .arg(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0);
    for (name, value) in environment {
        shell.env(name, value);
    }
    let mut child = shell
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let group = child.id();
    child.wait()?;
    Ok(group)
}

/// Ends a process group that listens on `port`: politely, and after five seconds by force.
///
/// # Errors
/// When the port is still taken after that.
pub fn stop(group: u32, port: u16) -> Result<()> {
    signal(group, "TERM");
    let gone = || Ok((!is_listening(port)).then_some(()));
    if wait::until("the process to end", Duration::from_secs(5), gone).is_err() {
        signal(group, "KILL");
        wait::until("the process to be ended", Duration::from_secs(5), gone)?;
    }
    // What it started may not have heard: the emulator runs functions as processes of the same group.
    signal(group, "KILL");
    Ok(())
}

/// The group may be gone already, which is what is wanted; so the result does not matter.
fn signal(group: u32, name: &str) {
    let _ = Command::new("sh")
        .args(["-c", "kill -s \"$1\" -- \"-$2\" 2>/dev/null", "sh", name])
        .arg(group.to_string())
        .status();
}

/// Whether anybody listens on a local port.
#[must_use]
pub fn is_listening(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_millis(300)).is_ok()
}

/// A local port that nobody listens on.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
