//! Entries as lines, and Lambda's own lines, text and JSON.

use serde_json::{Map, Value, json};

use crate::entry::{Entry, Field};
use crate::fleet::{Form, Function};

/// One run of a function.
pub(crate) struct Run<'a> {
    pub(crate) function: &'a Function,
    pub(crate) request: String,
    /// The time that the function started it, for cold starts.
    pub(crate) init_ms: Option<f64>,
    pub(crate) duration_ms: f64,
    pub(crate) used_mb: u32,
}

fn time(at: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    format!("{stamp:.3}")
}

fn object(entry: &Entry) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("event".into(), entry.event.into());
    for (name, value) in &entry.fields {
        let value = match value {
            Field::Text(text) => text.as_str().into(),
            Field::Whole(number) => (*number).into(),
            Field::Number(number) => json!((number * 100.0).round() / 100.0),
        };
        map.insert((*name).into(), value);
    }
    map
}

/// What an application says, in the form of its function.
pub(crate) fn entry(entry: &Entry, run: &Run<'_>, at: i64) -> String {
    let level = if entry.event.contains("fail") || entry.event.contains("denied") {
        "warn"
    } else {
        "info"
    };
    match run.function.form {
        Form::Json => {
            let mut map = object(entry);
            map.insert("time".into(), time(at).into());
            map.insert("level".into(), level.into());
            map.insert("requestId".into(), run.request.as_str().into());
            Value::Object(map).to_string()
        }
        Form::Prefixed => format!(
            "{}\t{}\t{}\t{}",
            time(at),
            run.request,
            level.to_uppercase(),
            Value::Object(object(entry))
        ),
        Form::Pairs => {
            let mut line = format!(
                "time={} level={level} requestId={} event={}",
                time(at),
                run.request,
                entry.event
            );
            for (name, value) in &entry.fields {
                line.push_str(&format!(" {name}={value}"));
            }
            line
        }
        Form::Wrapped => json!({
            "timestamp": time(at),
            "level": level.to_uppercase(),
            "requestId": run.request,
            "message": object(entry),
        })
        .to_string(),
    }
}

/// What an application says to nobody in particular.
pub(crate) fn chatter(random: &mut fastrand::Rng, run: &Run<'_>, at: i64) -> String {
    let n = random.u32(1..900);
    let text = match random.u8(..5) {
        0 => format!("redis ready after {n} ms"),
        1 => format!("prisma:query took {n}us"),
        2 => format!("retry {} of 3", n % 3 + 1),
        3 => format!("loaded {n} rows of the catalogue"),
        _ => "cache warmed".to_owned(),
    };
    match run.function.form {
        Form::Json | Form::Pairs => text,
        Form::Prefixed => format!("{}\t{}\tINFO\t{text}", time(at), run.request),
        Form::Wrapped => json!({
            "timestamp": time(at), "level": "INFO", "requestId": run.request, "message": text,
        })
        .to_string(),
    }
}

impl Run<'_> {
    /// The lines of Lambda before it: the initialisation of a cold start, and the start.
    pub(crate) fn before(&self, at: i64) -> Vec<String> {
        let mut lines = Vec::new();
        if self.function.form == Form::Wrapped {
            let line = |kind: &str, record: Value| {
                json!({ "time": time(at), "type": kind, "record": record }).to_string()
            };
            if self.init_ms.is_some() {
                lines.push(line(
                    "platform.initStart",
                    json!({ "initializationType": "on-demand", "phase": "init", "runtimeVersion": "nodejs:20.v40" }),
                ));
            }
            lines.push(line(
                "platform.start",
                json!({ "requestId": self.request, "version": "$LATEST" }),
            ));
        } else {
            if self.init_ms.is_some() {
                lines.push("INIT_START Runtime Version: nodejs:20.v40\tRuntime Version ARN: arn:aws:lambda:ap-south-1::runtime:0f1e".to_owned());
            }
            lines.push(format!(
                "START RequestId: {} Version: $LATEST",
                self.request
            ));
        }
        lines
    }

    /// The lines of Lambda after it: the end, and the report.
    pub(crate) fn after(&self, at: i64) -> Vec<String> {
        let billed = self.duration_ms.ceil();
        let (size, used) = (self.function.memory, self.used_mb);
        if self.function.form == Form::Wrapped {
            let mut metrics = json!({
                "durationMs": self.duration_ms, "billedDurationMs": billed, "memorySizeMB": size, "maxMemoryUsedMB": used,
            });
            if let (Some(init), Some(map)) = (self.init_ms, metrics.as_object_mut()) {
                map.insert("initDurationMs".into(), json!(init));
            }
            let record =
                json!({ "requestId": self.request, "metrics": metrics, "status": "success" });
            return vec![
                json!({ "time": time(at), "type": "platform.report", "record": record })
                    .to_string(),
            ];
        }
        let init = self
            .init_ms
            .map_or_else(String::new, |ms| format!("\tInit Duration: {ms:.2} ms"));
        vec![
            format!("END RequestId: {}", self.request),
            format!(
                "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {billed} ms\tMemory Size: {size} MB\tMax Memory Used: {used} MB{init}\t",
                self.request, self.duration_ms
            ),
        ]
    }
}
