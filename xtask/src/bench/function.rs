//! Measures functions as processes: size, start, first and warm invocation, memory.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::runtime_api::Running;
use crate::project::Project;

/// The function that only answers.
pub(super) const EMPTY: &str = "empty-function";

/// So often each function is started.
const STARTS: usize = 30;
/// So many warm invocations are timed.
const WARM: usize = 40;

/// A function to be measured.
pub(super) struct Subject {
    name: &'static str,
    environment: Vec<(String, String)>,
    event: Box<dyn Fn(usize) -> Value>,
}

/// What was measured of a function. Times are medians.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    /// Bytes of the zip that is deployed.
    pub(super) zipped: u64,
    /// Bytes of the program.
    pub(super) program: u64,
    pub(super) start: Duration,
    pub(super) start_best: Duration,
    pub(super) first: Duration,
    pub(super) warm: Duration,
    /// KiB when it waits for its first event.
    pub(super) resident_at_start: u64,
    /// KiB after the warm invocations.
    pub(super) resident: u64,
}

impl Subject {
    pub(super) fn new(
        name: &'static str,
        environment: &[(&str, &str)],
        event: impl Fn(usize) -> Value + 'static,
    ) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            name,
            environment: environment.iter().map(owned).collect(),
            event: Box::new(event),
        }
    }
}

/// Measures all in turn, round by round, so that a noisy minute troubles all alike.
pub(super) fn measure_all(project: &Project, subjects: &[Subject]) -> Result<Vec<Measured>> {
    let log = project.path(".local/bench/functions.log");
    let mut starts: Vec<Vec<Duration>> = vec![Vec::new(); subjects.len()];
    let mut firsts: Vec<Vec<Duration>> = vec![Vec::new(); subjects.len()];
    for round in 0..STARTS {
        for ((subject, starts), firsts) in subjects.iter().zip(&mut starts).zip(&mut firsts) {
            let mut running = start(project, subject, &log)?;
            starts.push(running.start);
            // A first invocation is slow by nature; a third of the rounds suffices for a median.
            if round % 3 == 0 {
                firsts.push(running.invoke(&(subject.event)(round).to_string())?);
            }
        }
    }
    let rounds = subjects.iter().zip(starts).zip(firsts);
    rounds
        .map(|((subject, starts), firsts)| {
            let mut running = start(project, subject, &log)?;
            let resident_at_start = running.resident()?;
            let mut warm = Vec::new();
            running.invoke(&(subject.event)(1_000).to_string())?;
            for round in 0..WARM {
                warm.push(running.invoke(&(subject.event)(2_000 + round).to_string())?);
            }
            let program = project.path(&format!("target/lambda/{}/bootstrap", subject.name));
            Ok(Measured {
                name: subject.name,
                zipped: zipped(project, subject.name)?,
                program: std::fs::metadata(program)?.len(),
                start_best: starts.iter().min().copied().unwrap_or_default(),
                start: median(starts),
                first: median(firsts),
                warm: median(warm),
                resident_at_start,
                resident: running.resident()?,
            })
        })
        .collect()
}

fn start(project: &Project, subject: &Subject, log: &std::path::Path) -> Result<Running> {
    let program = project.path(&format!("target/lambda/{}/bootstrap", subject.name));
    Running::start(&program, &subject.environment, log)
        .with_context(|| format!("{} (its log is {})", subject.name, project.shown(log)))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The size of the package that SAM would upload, made with Python's zip as SAM makes it.
fn zipped(project: &Project, name: &str) -> Result<u64> {
    let folder = project.path(&format!("target/lambda/{name}"));
    let archive = project.path(&format!(".local/bench/{name}"));
    let script = "import shutil, sys; print(shutil.make_archive(sys.argv[1], 'zip', sys.argv[2]))";
    let output = project
        .command(project.tool("python"))
        .args(["-c", script])
        .args([&archive, &folder])
        .output()?;
    anyhow::ensure!(
        output.status.success(),
        "cannot zip {name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(std::fs::metadata(archive.with_extension("zip"))?.len())
}

/// For the function that only answers.
pub(super) fn any_event(number: usize) -> Value {
    json!({ "number": number })
}

fn batch(body: &Value) -> Value {
    json!({"Records": [{
        "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "receiptHandle": "handle", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench", "awsRegion": "us-east-1",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795427918000"},
        "messageAttributes": {}, "body": body.to_string()
    }]})
}

fn sns(message: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "2d3a994f-adb5-5d6f-ab5e-c2e508881361",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:alerts", "Message": message.to_string(),
        "Timestamp": jiff::Timestamp::now().to_string()
    })
}

/// An alarm that has not rung yet, so that each invocation decides, writes and publishes.
pub(super) fn alarm(number: usize) -> Value {
    let now = jiff::Timestamp::now();
    let name = format!("bench-{number}-{}", now.as_microsecond());
    batch(&sns(&json!({
        "AlarmName": name, "NewStateValue": "ALARM", "AWSAccountId": "000000000000", "Region": "US East (N. Virginia)",
        "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"),
        "NewStateReason": "Threshold Crossed: 1 datapoint [6.2 (23/11/26 09:48:00)] was greater than the threshold (5.0).",
        "StateChangeTime": now.to_string(), "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "ErrorRate", "Namespace": format!("Bench{number}"), "Statistic": "AVERAGE", "Period": 300,
            "Dimensions": [], "EvaluationPeriods": 2, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0
        }
    })))
}

/// The schedule's minute: what is due is looked for, and the outbox and the silences are looked at.
pub(super) fn tick(_number: usize) -> Value {
    json!({"source": "tocsin.schedule", "detail-type": "Tick"})
}

/// A machine with a token lists the incidents.
pub(super) fn list(token: &str) -> Value {
    let host = "abcdefgh.lambda-url.us-east-1.on.aws";
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/v1/incidents", "rawQueryString": "",
        "headers": {"host": host, "x-forwarded-proto": "https", "authorization": format!("Bearer {token}")},
        "requestContext": {
            "accountId": "anonymous", "apiId": "abcdefgh", "domainName": host, "domainPrefix": "abcdefgh",
            "http": {
                "method": "GET", "path": "/v1/incidents", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9",
                "userAgent": "bench"
            },
            "requestId": "5b1f0c3e-6f1b-4d8e-8f5f-3a1d2b4c5d6e", "routeKey": "$default", "stage": "$default",
            "time": "23/Nov/2026:08:00:00 +0000", "timeEpoch": jiff::Timestamp::now().as_millisecond()
        },
        "isBase64Encoded": false
    })
}

/// A request for the report of an incident that there is not.
pub(super) fn report(number: usize) -> Value {
    batch(&json!({"incident": format!("INC-{number:016}")}))
}

/// A notification about an incident of its own.
pub(super) fn notification(number: usize) -> Value {
    let now = jiff::Timestamp::now();
    let micros = u64::try_from(now.as_microsecond()).unwrap_or_default();
    // Sixteen digits of which none is a letter that base 32 lacks.
    let id = format!("INC-{:016}", (micros + number as u64) % 10_u64.pow(16));
    batch(&sns(&json!({
        "schema": "tocsin.notification/1", "id": format!("{id}.1"), "event": "opened", "at": now,
        "channels": ["email"], "reason": "1 alert began to fire",
        "incident": {
            "id": id, "key": "menus/errors", "title": "hasivu-menu-error-rate: ErrorRate 6.2 > 5", "service": "menus",
            "category": "errors", "priority": "P2", "status": "open", "version": 1, "opened_at": now,
            "updated_at": now, "response_minutes": 15, "firing": 1, "resolved": 0
        },
        "alerts": []
    })))
}
