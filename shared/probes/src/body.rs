//! What an HTTP answer has to say.

use health::{Fault, FaultKind};
use hyper::HeaderMap;
use serde_json::Value;
use settings::{Expectation, Lookup, Matcher};

/// One text or number that a matcher looks at, whatever it is called.
struct Found {
    text: Option<String>,
    number: Option<f64>,
}

impl Lookup for Found {
    fn text(&self, _name: &str) -> Option<&str> {
        self.text.as_deref()
    }

    fn number(&self, _name: &str) -> Option<f64> {
        self.number
    }
}

impl Found {
    fn text(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            number: None,
        }
    }
}

/// Compares the headers.
pub(crate) fn headers(expect: &Expectation, headers: &HeaderMap) -> Result<(), Fault> {
    let differs = |matcher: &&Matcher| {
        let value = headers
            .get(matcher.name())
            .and_then(|value| value.to_str().ok());
        !matcher.is_match(&Found::text(value.unwrap_or_default()))
    };
    match expect.headers.iter().find(differs) {
        Some(matcher) => Err(Fault::new(
            FaultKind::HeaderMismatch,
            format!("the header {} is not {}", matcher.name(), matcher.value()),
        )),
        None => Ok(()),
    }
}

/// Compares the body. What it said instead is not repeated: it may be private.
pub(crate) fn check(expect: &Expectation, body: &[u8]) -> Result<(), Fault> {
    let text = String::from_utf8_lossy(body);
    if let Some(missing) = expect
        .body
        .iter()
        .find(|part| !text.contains(part.as_str()))
    {
        let detail = format!("the body lacks `{missing}`");
        return Err(Fault::new(FaultKind::BodyMismatch, detail));
    }
    let found = Found::text(&text);
    if let Some(matcher) = expect
        .body_matches
        .iter()
        .find(|matcher| !matcher.is_match(&found))
    {
        let detail = format!("the body does not match `{}`", matcher.value());
        return Err(Fault::new(FaultKind::BodyMismatch, detail));
    }
    if expect.json.is_empty() {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| Fault::new(FaultKind::JsonMismatch, "the body is no JSON"))?;
    let differs = |matcher: &&Matcher| !matcher.is_match(&at(&value, matcher.name()));
    match expect.json.iter().find(differs) {
        Some(matcher) => Err(Fault::new(
            FaultKind::JsonMismatch,
            format!("`{matcher}` does not hold"),
        )),
        None => Ok(()),
    }
}

/// The value at a path such as `checks.0.status`.
fn at(value: &Value, path: &str) -> Found {
    let step = |value: &'_ Value, name: &str| match value {
        Value::Object(map) => map.get(name).cloned(),
        Value::Array(list) => list.get(name.parse::<usize>().ok()?).cloned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let found = path
        .split('.')
        .try_fold(value.clone(), |value, name| step(&value, name));
    match found {
        Some(Value::String(text)) => Found {
            number: text.parse().ok(),
            text: Some(text),
        },
        Some(Value::Number(number)) => Found {
            text: Some(number.to_string()),
            number: number.as_f64(),
        },
        Some(Value::Bool(truth)) => Found::text(if truth { "true" } else { "false" }),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Found {
            text: None,
            number: None,
        },
    }
}
