//! `sam deploy` of the very template that production gets, into a local AWS.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;
use harness::emulator::Emulator;
use harness::sink::{PAGERDUTY, SLACK_API, SLACK_WEBHOOK, Sink, WEBHOOK};
use harness::stack::Stack;
use harness::visitor::{PAGERDUTY_WEBHOOK_SECRET, SLACK_SIGNING_SECRET};

use crate::functions::{Arch, FUNCTIONS};
use crate::local;
use crate::project::Project;
use crate::run::{self, Steps};

/// The stack's name, as `samconfig.toml` has it for the environment `local`.
pub(crate) const STACK: &str = "tocsin-local";
/// Who gets the e-mails.
pub(crate) const EMAIL_TO: &str = "oncall@example.com";
/// Who gets the text messages.
pub(crate) const SMS_TO: &str = "+14155550100";
const EMAIL_FROM: &str = "tocsin@example.com";
/// A notification that cannot be sent is given up after so many attempts: few, because tests wait for it.
const MAX_ATTEMPTS: &str = "3";

/// Deploys the functions in `target/lambda`, unless exactly this is deployed already; with one more parameter.
pub(crate) fn deploy(
    project: &Project,
    steps: &mut Steps,
    emulator: &mut Emulator,
    more: Option<&str>,
) -> Result<Stack> {
    let stack = Stack::new(emulator.aws(), STACK, emulator.sink());
    let wanted = digest(project)?;
    if emulator.deployed() == Some(wanted.as_str()) {
        return Ok(stack);
    }
    emulator.set_deployed(None)?;
    let mut command = project.command(project.tool("sam"));
    command
        .args([
            "deploy",
            "--config-env",
            "local",
            "--no-progressbar",
            "--parameter-overrides",
        ])
        .args(parameters(stack.sink()))
        .args(more)
        .env("AWS_ENDPOINT_URL", emulator.aws().endpoint());
    local::credentials(&mut command);
    steps.program("sam deploy", &mut command)?;
    emulator.set_deployed(Some(wanted))?;
    Ok(stack)
}

fn parameters(sink: &Sink) -> Vec<String> {
    let url = |path: &str| format!("{}{path}", sink.url());
    [
        ("Stage", "local".to_owned()),
        ("Architecture", Arch::host().parameter().to_owned()),
        ("EmailFrom", EMAIL_FROM.to_owned()),
        ("EmailTo", EMAIL_TO.to_owned()),
        ("CreateEmailIdentity", "true".to_owned()),
        ("SmsTo", SMS_TO.to_owned()),
        ("SlackWebhookUrl", url(SLACK_WEBHOOK)),
        ("SlackApiUrl", url(SLACK_API)),
        ("PagerDutyRoutingKey", "local-routing-key".to_owned()),
        ("PagerDutyEventsUrl", url(PAGERDUTY)),
        ("WebhookUrl", url(WEBHOOK)),
        ("SlackSigningSecret", SLACK_SIGNING_SECRET.to_owned()),
        (
            "PagerDutyWebhookSecret",
            PAGERDUTY_WEBHOOK_SECRET.to_owned(),
        ),
        // The local AWS answers each request by a process of its own, and tests ask one after the other.
        ("ApiConcurrency", "0".to_owned()),
        ("MaxAttempts", MAX_ATTEMPTS.to_owned()),
        ("LogRetentionDays", "1".to_owned()),
        // The one probe that the local configuration adds.
        ("ProbeTargets", format!("sink_url={}", sink.url())),
    ]
    .into_iter()
    .map(|(name, value)| format!("{name}={value}"))
    .collect()
}

/// Changes whenever something changes that is deployed.
pub(crate) fn digest(project: &Project) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let mut files = vec![
        project.path("template.yaml"),
        project.path("samconfig.toml"),
    ];
    for entry in fs::read_dir(project.path("infra"))? {
        files.push(entry?.path());
    }
    for function in FUNCTIONS {
        files.push(project.path(&format!("target/lambda/{function}/bootstrap")));
    }
    files.sort();
    for file in files {
        file.hash(&mut hasher);
        run::read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
