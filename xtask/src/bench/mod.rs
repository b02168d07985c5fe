//! `cargo xtask bench`: how fast the core classifies, and how small and quick the functions are.
//!
//! Everything is measured in one run, the functions in turn with one that only answers, since machines differ and
//! so do their days: what counts is the ratio.

mod classify;
mod function;
mod report;
mod runtime_api;

use anyhow::{Context, Result};
use harness::emulator::{Emulator, Programs};
use serde_json::json;

use self::function::{EMPTY, Subject};
use crate::command_line::{self, CommandLine};
use crate::functions::{self, Arch, Profile};
use crate::project::Project;
use crate::run::Steps;
use crate::setup;

const TABLE: &str = "bench";
const TOPIC: &str = "bench-notify";
const LINKS: &str = "bench-links";
const CALLERS: &str = "bench-callers";

/// Measures and prints; the figures are kept in `.local/bench.json`.
pub(crate) fn run(project: &Project, mut steps: Steps) -> Result<()> {
    setup::run(project, &mut steps)?;
    // One build, so that the functions and the empty one are made alike.
    let packages = [functions::FUNCTIONS.as_slice(), &[EMPTY]].concat();
    functions::build_packages(
        project,
        &mut steps,
        Profile::Release,
        Arch::host(),
        &packages,
    )?;
    let caller = command_line::ready(project, &mut steps)?;
    let speed = classify::measure(project, &mut steps)?;

    let folder = project.path(".local").join("bench");
    if let Some(left) = Emulator::find(&folder)? {
        left.stop()?;
    }
    let program = std::env::current_exe()?;
    let programs = Programs {
        emulator: &project.tool("ministack"),
        sink: &program,
    };
    let emulator = steps.check("local AWS (MiniStack)", || {
        Emulator::start(&folder, &programs)
    })?;
    let measured = prepare(&emulator, &caller).and_then(|()| {
        steps.check("functions", || {
            function::measure_all(project, &subjects(&emulator, &caller))
        })
    });
    emulator.stop()?;
    let figures = report::Figures {
        classifications: speed,
        functions: measured?,
    };
    let path = project.path(".local/bench.json");
    std::fs::write(&path, serde_json::to_string_pretty(&figures.json())?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    figures.print();
    println!("\nThe figures are in {}.", project.shown(&path));
    Ok(())
}

/// The table, the topic, the queue and the secrets that the functions use; without a stack, for nothing else is measured.
fn prepare(emulator: &Emulator, caller: &CommandLine) -> Result<()> {
    let aws = emulator.aws();
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    aws.json(
        "dynamodb",
        "DynamoDB_20120810.CreateTable",
        &json!({
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [text("pk"), text("sk"), text("gsi1pk"), text("gsi1sk"), text("gsi2pk"), text("gsi2sk"),
                text("gsi3pk"), text("gsi3sk")],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "gsi1", "KeySchema": [key("gsi1pk", "HASH"), key("gsi1sk", "RANGE")],
                "Projection": {"ProjectionType": "ALL"}
            }, {
                "IndexName": "gsi2", "KeySchema": [key("gsi2pk", "HASH"), key("gsi2sk", "RANGE")],
                "Projection": {"ProjectionType": "KEYS_ONLY"}
            }, {
                "IndexName": "gsi3", "KeySchema": [key("gsi3pk", "HASH"), key("gsi3sk", "RANGE")],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["summary"]}
            }]
        }),
    )?;
    let queue = json!({"QueueName": "bench"});
    aws.json("sqs", "AmazonSQS.CreateQueue", &queue)?;
    aws.query("sns", "2010-03-31", "CreateTopic", &[("Name", TOPIC)])?;
    let sender = json!({"EmailIdentity": "alerts@example.com"}).to_string();
    aws.rest("ses", "POST", "/v2/email/identities", sender.as_bytes())?;
    let links = json!({"id": "k1", "secret": "bench".repeat(8)});
    let callers = json!({"tokens": [caller.record()?]});
    for (name, secret) in [(LINKS, links), (CALLERS, callers)] {
        aws.json(
            "secretsmanager",
            "secretsmanager.CreateSecret",
            &json!({"Name": name, "SecretString": secret.to_string()}),
        )?;
    }
    Ok(())
}

/// The functions, each with the surroundings that it has when it is deployed and an event for each invocation.
fn subjects(emulator: &Emulator, caller: &CommandLine) -> Vec<Subject> {
    let endpoint = emulator.aws().endpoint().to_owned();
    let topic = format!("arn:aws:sns:us-east-1:000000000000:{TOPIC}");
    let queue = format!("{endpoint}/000000000000/bench");
    let common = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("TABLE_NAME", TABLE),
    ];
    let decides = [
        ("NOTIFY_TOPIC_ARN", topic.as_str()),
        ("TIMERS_QUEUE_URL", queue.as_str()),
    ];
    let token = caller.token.clone();
    vec![
        Subject::new(EMPTY, &[], function::any_event),
        Subject::new(
            "alert-fanout",
            &[&common[..], &decides].concat(),
            function::alarm,
        ),
        Subject::new(
            "escalation",
            &[&common[..], &decides].concat(),
            function::tick,
        ),
        Subject::new(
            "incident-api",
            &[
                &common[..],
                &decides,
                &[("LINK_SECRET_ARN", LINKS), ("API_SECRET_ARN", CALLERS)],
            ]
            .concat(),
            move |_| function::list(&token),
        ),
        Subject::new(
            "health-check",
            &[&common[..], &[("ALERTS_TOPIC_ARN", topic.as_str())]].concat(),
            function::tick,
        ),
        Subject::new(
            "postmortem",
            &[
                &common[..],
                &decides,
                &[("REPORTS_BUCKET", "bench"), ("REPORTS_HOST", "localhost")],
            ]
            .concat(),
            function::report,
        ),
        Subject::new(
            "notifier",
            &[
                &common[..],
                &[
                    ("CHANNEL", "email"),
                    ("QUEUE_URL", &queue),
                    ("DEAD_LETTER_QUEUE_URL", &queue),
                    ("EMAIL_FROM", "alerts@example.com"),
                    ("EMAIL_TO", "oncall@example.com"),
                ],
            ]
            .concat(),
            function::notification,
        ),
    ]
}
