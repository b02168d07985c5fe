//! A CloudWatch Logs subscription that points at the alert path: its lines become one alert.
//! (Turning logs into metrics is the business of another function.)

use std::io::Read as _;

use base64::Engine as _;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Context;
use super::draft::{Draft, one_line};
use super::scalar::Text;
use crate::alert::{Alert, Status};

/// A subscription's message is at most 1 MiB compressed; what unpacks to more than this is no log.
const LIMIT: u64 = 16 * 1024 * 1024;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    message_type: Text<'a>,
    #[serde(borrow)]
    owner: Text<'a>,
    #[serde(borrow)]
    log_group: Text<'a>,
    #[serde(borrow)]
    log_stream: Text<'a>,
    #[serde(borrow)]
    log_events: Vec<Line<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    message: Text<'a>,
}

pub(super) fn alert(raw: &RawValue, context: &Context<'_>) -> Alert {
    let mut draft = Draft::new("aws.logs", "CloudWatch Logs", Status::Info, context.at);
    let envelope: Envelope<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let json = match unpack(envelope.data.as_str()) {
        Ok(json) => json,
        Err(error) => {
            draft.title("CloudWatch Logs sent data that cannot be unpacked");
            draft.annotation("error", &error);
            return draft.finish();
        }
    };
    let data: Data<'_> = serde_json::from_str(&json).unwrap_or_default();
    draft.label("log_group", data.log_group.as_str());
    draft.label("account", data.owner.as_str());
    draft.annotation("log_stream", data.log_stream.as_str());
    draft.annotation("lines", &data.log_events.len().to_string());
    if data.message_type.as_str() == "CONTROL_MESSAGE" {
        draft.title("CloudWatch Logs checks that its subscription arrives");
        return draft.finish();
    }
    let lines: Vec<&str> = data
        .log_events
        .iter()
        .map(|line| line.message.as_str())
        .collect();
    let first = lines.first().copied().unwrap_or_default();
    let more = lines.len().saturating_sub(1);
    let mut title = format!("{}: {}", data.log_group.as_str(), one_line(first, 140));
    if more > 0 {
        title = format!("{} (+{more})", one_line(&title, 190));
    }
    draft.title(title);
    let shown: Vec<&str> = lines.into_iter().take(20).map(str::trim_end).collect();
    draft.description(&shown.join("\n"));
    draft.finish()
}

fn unpack(data: &str) -> Result<String, String> {
    let packed = base64::engine::general_purpose::STANDARD
        .decode(data.trim())
        .map_err(|error| format!("the data is not base64: {error}"))?;
    let mut text = Vec::new();
    MultiGzDecoder::new(packed.as_slice())
        .take(LIMIT)
        .read_to_end(&mut text)
        .map_err(|error| format!("the data is not gzip: {error}"))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
