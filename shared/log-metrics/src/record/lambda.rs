//! The lines that Lambda itself writes, in the text format and as JSON. Fields are called as Logs Insights calls them;
//! times in milliseconds, memory in bytes of 10^6 a megabyte, as there.

use super::Value;
use crate::fields::{Known, Slot};

/// What a line of Lambda's says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Platform<'a> {
    /// `REPORT`, `INIT_START`, `TIMEOUT`, `CRASH`…
    pub(crate) kind: &'static str,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) duration: Option<f64>,
    pub(crate) billed: Option<f64>,
    pub(crate) init: Option<f64>,
    pub(crate) restore: Option<f64>,
    pub(crate) memory_size: Option<f64>,
    pub(crate) max_memory: Option<f64>,
    pub(crate) error: Option<&'a str>,
}

pub(super) type Values<'a> = Vec<(Slot, Value<'a>)>;

const MEGABYTE: f64 = 1_000_000.0;
/// Kinds of error that Lambda has no name of its own for.
pub(crate) const TIMEOUT: &str = "Timeout";
pub(crate) const OUT_OF_MEMORY: &str = "OutOfMemory";

impl<'a> Platform<'a> {
    pub(super) fn put(self, values: &mut Values<'a>) {
        let mut put = |known: Known, value: Value<'a>| values.push((known as Slot, value));
        put(Known::Type, Value::Text(self.kind));
        if let Some(id) = self.request_id {
            put(Known::RequestId, Value::Text(id));
        }
        let is_report = self.kind == "REPORT";
        for (known, number) in [
            (Known::Duration, self.duration),
            (Known::BilledDuration, self.billed),
            (Known::InitDuration, self.init),
            (Known::RestoreDuration, self.restore),
            (
                Known::MemorySize,
                self.memory_size.map(|megabytes| megabytes * MEGABYTE),
            ),
            (
                Known::MaxMemoryUsed,
                self.max_memory.map(|megabytes| megabytes * MEGABYTE),
            ),
        ] {
            if let Some(number) = number {
                put(known, Value::of_number(number));
            }
        }
        if is_report {
            // The average of these is the rate of cold starts in percent.
            let cold = self.init.is_some() || self.restore.is_some();
            put(
                Known::ColdStart,
                Value::of_number(if cold { 100.0 } else { 0.0 }),
            );
        }
        let mut error = self.error;
        if let (true, Some(size), Some(used)) = (is_report, self.memory_size, self.max_memory)
            && size > 0.0
        {
            put(
                Known::MemoryUtilization,
                Value::of_number(used / size * 100.0),
            );
            // What died with all of its memory in use died of that.
            if used >= size && error.is_some_and(|kind| kind != TIMEOUT) {
                error = Some(OUT_OF_MEMORY);
            }
        }
        if let Some(kind) = error {
            put(Known::ErrorKind, Value::Text(kind));
        }
    }
}

/// A line of the text format. What is not Lambda's own is none: `of_lambda` says whether the group is a function's.
pub(crate) fn read(line: &str, of_lambda: bool) -> Option<Platform<'_>> {
    if !of_lambda {
        return None;
    }
    let first = line.as_bytes().first()?;
    if !matches!(first, b'R' | b'S' | b'E' | b'I' | b'T' | b'L' | b'X' | b'0'..=b'9' | b'a'..=b'f')
    {
        return None;
    }
    report(line)
        .or_else(|| mark(line))
        .or_else(|| timed_out(line))
        .or_else(|| crashed(line))
}

/// `REPORT RequestId: …\tDuration: 1.23 ms\t…`, and those of init and restore.
fn report(line: &str) -> Option<Platform<'_>> {
    let (kind, rest) = [
        ("REPORT ", "REPORT"),
        ("INIT_REPORT ", "INIT_REPORT"),
        ("RESTORE_REPORT ", "RESTORE_REPORT"),
    ]
    .into_iter()
    .find_map(|(begin, kind)| Some((kind, line.strip_prefix(begin)?)))?;
    let mut platform = Platform {
        kind,
        ..Platform::default()
    };
    let mut phase_failed = false;
    for part in rest.split(['\t', '\n']) {
        let Some((name, value)) = part.trim().split_once(": ") else {
            continue;
        };
        let number = || value.split(' ').next()?.parse::<f64>().ok();
        match name {
            "RequestId" => platform.request_id = Some(value.trim()),
            "Duration" => platform.duration = number(),
            "Billed Duration" => platform.billed = number(),
            "Memory Size" => platform.memory_size = number(),
            "Max Memory Used" => platform.max_memory = number(),
            "Init Duration" => platform.init = number(),
            "Restore Duration" => platform.restore = number(),
            // In this format a line of its own tells of a time-out or a crash of a request; of init there is only this.
            "Status" => phase_failed = kind != "REPORT" && matches!(value, "timeout" | "error"),
            "Error Type" if kind != "REPORT" => platform.error = Some(value),
            _ => {}
        }
    }
    if phase_failed && platform.error.is_none() {
        platform.error = Some(TIMEOUT);
    }
    (kind != "REPORT" || platform.request_id.is_some()).then_some(platform)
}

/// Lines that merely say that something begins or ends.
fn mark(line: &str) -> Option<Platform<'_>> {
    const MARKS: [(&str, &str); 10] = [
        ("START RequestId: ", "START"),
        ("END RequestId: ", "END"),
        ("INIT_START ", "INIT_START"),
        ("RESTORE_START ", "RESTORE_START"),
        ("EXTENSION\t", "EXTENSION"),
        ("TELEMETRY\t", "TELEMETRY"),
        ("LOGS\t", "LOGS"),
        ("IMAGE\t", "IMAGE"),
        ("XRAY TraceId: ", "XRAY"),
        ("INIT_RUNTIME_DONE ", "INIT_RUNTIME_DONE"),
    ];
    let (begin, kind) = MARKS
        .into_iter()
        .find(|(begin, _)| line.starts_with(begin))?;
    let rest = line.get(begin.len()..)?;
    let id = begin
        .ends_with("RequestId: ")
        .then(|| rest.split([' ', '\t']).next());
    Some(Platform {
        kind,
        request_id: id.flatten(),
        ..Platform::default()
    })
}

/// `2026-… <id> Task timed out after 3.00 seconds`.
fn timed_out(line: &str) -> Option<Platform<'_>> {
    let (head, tail) = line.split_once(" Task timed out after ")?;
    let seconds = tail
        .strip_suffix(" seconds")
        .or_else(|| tail.split_once(" seconds").map(|(n, _)| n))?;
    let id = head.rsplit(' ').next().filter(|id| id.len() == 36);
    // A request's id or Lambda's time stands before it; else somebody speaks of a time-out.
    let ours = id.is_some() && head.len() <= 70;
    ours.then(|| Platform {
        kind: "TIMEOUT",
        request_id: id,
        duration: seconds.parse::<f64>().ok().map(|seconds| seconds * 1_000.0),
        error: Some(TIMEOUT),
        ..Platform::default()
    })
}

/// `RequestId: <id> Error: Runtime exited with error: signal: killed` and its relatives.
fn crashed(line: &str) -> Option<Platform<'_>> {
    let rest = line.strip_prefix("RequestId: ")?;
    let (id, what) = rest.split_once(' ')?;
    let killed = what.contains("signal: killed") || what.contains("Runtime.OutOfMemory");
    let named = || {
        let at = what.find("Runtime.").or_else(|| what.find("Extension."))?;
        let name = what.get(at..)?;
        name.split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .next()
    };
    let error = if killed {
        OUT_OF_MEMORY
    } else {
        match named() {
            Some(name) => name.trim_end_matches('.'),
            None if what.contains("Process exited before completing request") => {
                "Runtime.ExitError"
            }
            None if what.starts_with("Error: ") => "Runtime.Unknown",
            None => return None,
        }
    };
    Some(Platform {
        kind: "CRASH",
        request_id: Some(id),
        error: Some(error),
        ..Platform::default()
    })
}

/// `[ERROR] Runtime.ImportModuleError: Unable to import…`, as Python's runtime writes it.
pub(super) fn python_error(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("[ERROR] ")?;
    let kind = rest.split([':', ' ', '\n', '\r']).next()?;
    (!kind.is_empty()).then_some(kind)
}

/// The JSON format: `{"time":…,"type":"platform.report","record":{…}}`, its fields read before.
pub(super) fn of_json(values: &mut Values<'_>) {
    let kind = {
        let text = find(values, Known::RawType).map_or("", |value| value.text());
        match text.strip_prefix("platform.") {
            Some("report") => "REPORT",
            Some("start") => "START",
            Some("runtimeDone") => "RUNTIME_DONE",
            Some("initStart") => "INIT_START",
            Some("initRuntimeDone") => "INIT_RUNTIME_DONE",
            Some("initReport") => "INIT_REPORT",
            Some("restoreStart") => "RESTORE_START",
            Some("restoreRuntimeDone") => "RESTORE_RUNTIME_DONE",
            Some("restoreReport") => "RESTORE_REPORT",
            Some("extension") => "EXTENSION",
            Some("telemetrySubscription" | "logsSubscription") => "TELEMETRY",
            Some("logsDropped") => "LOGS_DROPPED",
            Some("fault") => "FAULT",
            Some("end") => "END",
            _ => return,
        }
    };
    let number = |known: Known| find(values, known).and_then(Value::number);
    let duration = number(Known::RecordDuration);
    let of_init = kind.starts_with("INIT");
    let of_restore = kind.starts_with("RESTORE");
    let text = |known: Known| find(values, known).map(Value::text);
    // A report is the end of every request and says how it ended; the others say the same before it.
    let error = matches!(kind, "REPORT" | "INIT_REPORT" | "RESTORE_REPORT").then(|| {
        match (text(Known::RecordStatus), text(Known::RecordErrorType)) {
            (Some("timeout"), _) => Some(TIMEOUT.to_owned()),
            (_, Some(name)) => Some(name.to_owned()),
            (Some("error" | "failure"), None) => Some("Runtime.Unknown".to_owned()),
            _ => None,
        }
    });
    let error = error.flatten();
    let id = text(Known::RecordRequestId).map(str::to_owned);
    let platform = Platform {
        kind,
        request_id: id.as_deref(),
        duration: duration.filter(|_| !of_init && !of_restore),
        billed: number(Known::RecordBilled),
        init: number(Known::RecordInit).or(duration.filter(|_| of_init)),
        restore: number(Known::RecordRestore).or(duration.filter(|_| of_restore)),
        memory_size: number(Known::RecordMemorySize),
        max_memory: number(Known::RecordMaxMemory),
        error: error.as_deref(),
    };
    let mut own = Vec::new();
    platform.put(&mut own);
    values.extend(
        own.into_iter()
            .map(|(slot, value)| (slot, value.into_owned())),
    );
}

fn find<'v, 'a>(values: &'v Values<'a>, known: Known) -> Option<&'v Value<'a>> {
    let mut values = values.iter().rev();
    values.find_map(|(slot, value)| (*slot == known as Slot).then_some(value))
}
