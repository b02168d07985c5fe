//! The fields that every record has, made of what was read: level, request, function, kind of error.

use super::{Place, Record, Value};
use crate::fields::{Fields, Known};

/// An error of no known kind is called so.
const UNNAMED: &str = "unnamed";

pub(crate) fn derive<'a>(
    fields: &Fields,
    place: Place<'a>,
    level: Option<&'a str>,
    record: &mut Record<'a>,
) {
    let own = level.and_then(named_level);
    let level = own.or_else(|| {
        [Known::RawLevel, Known::RawSeverity, Known::RawLvl]
            .into_iter()
            .find_map(|known| record.known(known))
            .and_then(level_of)
    });
    if record.known(Known::RequestId).is_none()
        && let Some(id) = [Known::RawRequestId, Known::RawAwsRequestId]
            .into_iter()
            .find_map(|known| record.known(known))
    {
        let id = id.clone();
        record.put(Known::RequestId, id);
    }
    error(record, level);
    if let Some(level) = level.filter(|_| fields.is_wanted(Known::Level)) {
        record.put(Known::Level, Value::Text(level));
    }
    let message = record.message;
    let form = match record.form {
        super::Form::Extract(name) => name,
        super::Form::Json => "json",
        super::Form::Lambda => "lambda",
        super::Form::Pairs => "pairs",
        super::Form::Plain => "plain",
    };
    for (known, text) in [
        (Known::Message, Some(message)),
        (Known::Log, Some(place.group)),
        (Known::LogStream, Some(place.stream)),
        (Known::Function, place.function),
        (Known::Format, Some(form)),
    ] {
        if let Some(text) = text.filter(|_| fields.is_wanted(known)) {
            record.put(known, Value::Text(text));
        }
    }
}

/// A record that tells of an error has `@error`, and the kind as far as it is known.
fn error(record: &mut Record<'_>, level: Option<&'static str>) {
    let severe = matches!(level, Some("ERROR" | "FATAL"));
    let kind = if let Some(value) = record.known(Known::ErrorKind) {
        value.clone().into_owned()
    } else {
        // `errorType` without a level is what Lambda's runtimes write; the others may be part of any record.
        let typed = record.known(Known::RawErrorType);
        let loose = [Known::RawErrorName, Known::RawErrType];
        let loose = loose.into_iter().find_map(|known| record.known(known));
        match (typed, loose) {
            (Some(kind), _) if severe || level.is_none() => kind.clone().into_owned(),
            (_, Some(kind)) if severe => kind.clone().into_owned(),
            _ if severe => Value::Text(UNNAMED),
            _ => return,
        }
    };
    let text = kind.text();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:$-".contains(&byte);
    let named = !text.is_empty() && text.len() <= 80 && text.bytes().all(fits);
    let kind = if named { kind } else { Value::Text(UNNAMED) };
    record.put(Known::ErrorKind, kind);
    record.put(Known::Error, Value::Text("true"));
}

/// One word for what loggers call a level; Pino and Bunyan use numbers.
fn level_of(value: &Value<'_>) -> Option<&'static str> {
    if let Value::Number(number, _) = value {
        return Some(match *number {
            n if n >= 60.0 => "FATAL",
            n if n >= 50.0 => "ERROR",
            n if n >= 40.0 => "WARN",
            n if n >= 30.0 => "INFO",
            n if n >= 20.0 => "DEBUG",
            _ => "TRACE",
        });
    }
    named_level(value.text())
}

fn named_level(text: &str) -> Option<&'static str> {
    const LEVELS: [(&str, &str); 16] = [
        ("INFO", "INFO"),
        ("ERROR", "ERROR"),
        ("WARN", "WARN"),
        ("DEBUG", "DEBUG"),
        ("WARNING", "WARN"),
        ("TRACE", "TRACE"),
        ("FATAL", "FATAL"),
        ("CRITICAL", "FATAL"),
        ("ERR", "ERROR"),
        ("NOTICE", "INFO"),
        ("INFORMATION", "INFO"),
        ("EMERGENCY", "FATAL"),
        ("ALERT", "FATAL"),
        ("PANIC", "FATAL"),
        ("SEVERE", "ERROR"),
        ("VERBOSE", "DEBUG"),
    ];
    let known = LEVELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map(|(_, level)| *level)
}
