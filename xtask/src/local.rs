//! A local AWS with Tocsin in it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use harness::aws::{ACCESS_KEY, REGION, SECRET_KEY};
use harness::emulator::{Emulator, Programs};
use harness::stack::Stack;

use crate::functions::{self, Arch, Profile};
use crate::project::Project;
use crate::run::Steps;
use crate::{deploy, setup};

/// A local AWS, and whether it was running before anybody asked for it.
pub(crate) struct Local {
    pub(crate) emulator: Emulator,
    pub(crate) stack: Stack,
    pub(crate) was_running: bool,
    /// Nobody else starts or deploys this instance meanwhile.
    _lock: File,
}

/// The instances; each has a folder of its own, so that tests do not disturb a demo that was kept.
pub(crate) const DEMO: &str = "demo";
pub(crate) const TEST: &str = "test";

/// Sets up, builds, starts and deploys: whatever of it is not done yet.
pub(crate) fn ready(project: &Project, steps: &mut Steps, instance: &str) -> Result<Local> {
    setup::run(project, steps)?;
    functions::build(project, steps, Profile::Dev, Arch::host())?;
    deployed(project, steps, instance, None, lock(project, instance)?)
}

/// Starts and deploys what is in `target/lambda`, after whatever an earlier run left is ended.
pub(crate) fn fresh(
    project: &Project,
    steps: &mut Steps,
    instance: &str,
    more: &str,
) -> Result<Local> {
    let lock = lock(project, instance)?;
    end(project, instance)?;
    deployed(project, steps, instance, Some(more), lock)
}

fn deployed(
    project: &Project,
    steps: &mut Steps,
    instance: &str,
    more: Option<&str>,
    lock: File,
) -> Result<Local> {
    let folder = folder(project, instance);
    let found = Emulator::find(&folder)?;
    let was_running = found.is_some();
    // The local AWS cannot update every kind of resource; a new one is there in a second.
    let wanted = deploy::digest(project)?;
    let found = match found {
        Some(outdated) if outdated.deployed() != Some(wanted.as_str()) => {
            outdated.stop()?;
            None
        }
        other => other,
    };
    let mut emulator = match found {
        Some(emulator) => emulator,
        None => steps.check("local AWS (MiniStack, with IAM enforced)", || {
            let program = std::env::current_exe()?;
            let programs = Programs {
                emulator: &project.tool("ministack"),
                sink: &program,
            };
            Emulator::start(&folder, &programs)
        })?,
    };
    let stack = deploy::deploy(project, steps, &mut emulator, more)?;
    Ok(Local {
        emulator,
        stack,
        was_running,
        _lock: lock,
    })
}

/// Without it, one run would take for crashed what another is just starting.
fn lock(project: &Project, instance: &str) -> Result<File> {
    project.lock(&format!("{instance}/lock"), "the local AWS")
}

/// `cargo xtask up`.
pub(crate) fn up(project: &Project, steps: &mut Steps) -> Result<()> {
    let local = ready(project, steps, DEMO)?;
    println!();
    hints(project, &local);
    Ok(())
}

/// How to go on with an instance that runs.
pub(crate) fn hints(project: &Project, local: &Local) {
    let endpoint = local.emulator.aws();
    let endpoint = endpoint.endpoint();
    println!("It runs at {endpoint}. To talk to it with the AWS command line or an SDK:");
    println!(
        "  export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
    );
    println!(
        "The alerts topic is {}; messages arrive here:",
        local.stack.topic_arn("alerts")
    );
    println!("  e-mail                     {endpoint}/_ministack/ses/messages");
    println!("  SMS                        {endpoint}/_ministack/sns/sms-messages");
    println!(
        "  Slack, webhook, PagerDuty  {}/_sink/requests",
        local.stack.sink().url()
    );
    println!(
        "Its log is {}; `cargo xtask down` ends it.",
        project.shown(&local.emulator.log())
    );
}

/// `cargo xtask down`.
pub(crate) fn down(project: &Project) -> Result<()> {
    let mut ended = false;
    for entry in fs::read_dir(project.path(".local")).into_iter().flatten() {
        ended |= end(project, &entry?.file_name().to_string_lossy())?;
    }
    println!(
        "{}",
        if ended {
            "Ended."
        } else {
            "Nothing was running."
        }
    );
    Ok(())
}

/// Ends an instance, if it runs; says whether it did.
pub(crate) fn end(project: &Project, instance: &str) -> Result<bool> {
    match Emulator::find(&folder(project, instance))? {
        Some(emulator) => emulator.stop().map(|()| true),
        None => Ok(false),
    }
}

/// Makes a program speak to a local AWS as its root, whatever this person has configured for the real one.
pub(crate) fn credentials(command: &mut Command) {
    command
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_REGION", REGION)
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
}

fn folder(project: &Project, instance: &str) -> PathBuf {
    project.path(".local").join(instance)
}
