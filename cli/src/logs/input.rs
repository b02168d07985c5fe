//! Log lines in the forms that people have them: raw lines, a delivery of a subscription, or what the AWS CLI prints.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use log_metrics::{Batch, Delivery, written_at};
use serde::Deserialize;

/// Reads a file, or standard input for `-`; what is packed by gzip is unpacked.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut unpacked)
            .with_context(|| format!("{} is no whole gzip", path.display()))?;
        bytes = unpacked;
    }
    // A line that is no UTF-8 is a line all the same.
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// What Lambda is invoked with.
#[derive(Deserialize)]
struct Invocation {
    awslogs: Data,
}

#[derive(Deserialize)]
struct Data {
    data: String,
}

/// What `aws logs filter-log-events` and `get-log-events` print.
#[derive(Deserialize)]
struct Printed {
    events: Vec<PrintedEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrintedEvent {
    timestamp: i64,
    message: String,
    #[serde(default)]
    log_stream_name: String,
}

/// Puts the text through a batch, whatever form it has. A line without a time of its own has that of the line before,
/// the first `now`.
pub(crate) fn feed(batch: &mut Batch<'_>, text: &str, group: &str, now: i64) -> anyhow::Result<()> {
    let trimmed = text.trim();
    let delivery = if let Ok(invocation) = serde_json::from_str::<Invocation>(trimmed) {
        batch.delivery(&invocation.awslogs.data, &mut |_| ())
    } else if trimmed.starts_with("H4sI") && !trimmed.contains(char::is_whitespace) {
        batch.delivery(trimmed, &mut |_| ())
    } else if trimmed.starts_with('{')
        && trimmed.contains("\"logEvents\"")
        && trimmed.lines().count() == 1
    {
        batch.json(trimmed, &mut |_| ())
    } else if let Ok(printed) = serde_json::from_str::<Printed>(trimmed) {
        for event in &printed.events {
            let (stream, at) = (&event.log_stream_name, event.timestamp);
            batch.line(group, stream, at, &event.message, &mut |_| ());
        }
        Delivery::Whole
    } else {
        let mut at = now;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            at = written_at(line).unwrap_or(at);
            batch.line(group, "", at, line, &mut |_| ());
        }
        Delivery::Whole
    };
    match delivery {
        Delivery::Whole | Delivery::Control => Ok(()),
        Delivery::Faulty(fault) => Err(fault.into()),
    }
}
