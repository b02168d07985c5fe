//! A JSON body read field by field, so that a fault names its field.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use settings::Duration;

use crate::problem::{Place, Problem};

/// The fields of a body that were not yet asked for.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body. An empty one has no fields.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Problem> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_other) => Err(not_read("the body is no JSON object")),
            Err(error) => Err(not_read(format!("the body is no JSON: {error}"))),
        }
    }

    /// A field of any type; `null` counts as absent.
    ///
    /// # Errors
    /// When it is there and of another type.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        remedy: &'static str,
    ) -> Result<Option<T>, Problem> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value).map(Some).map_err(|error| {
                Problem::invalid(
                    Place::Body,
                    name,
                    format!("`{name}` cannot be read: {error}"),
                    remedy,
                )
            }),
        }
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// When it is absent or of another type.
    pub(crate) fn required<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        remedy: &'static str,
    ) -> Result<T, Problem> {
        let field = self.optional(name, remedy)?;
        field.ok_or_else(|| {
            Problem::invalid(Place::Body, name, format!("`{name}` is missing"), remedy)
        })
    }

    /// An end that is given as an instant or as a duration from a start.
    ///
    /// # Errors
    /// When both are given, one cannot be read, or it lies beyond all time.
    pub(crate) fn end(
        &mut self,
        instant: &'static str,
        duration: &'static str,
        start: Timestamp,
    ) -> Result<Option<Timestamp>, Problem> {
        let until: Option<Timestamp> =
            self.optional(instant, "write an instant such as 2026-01-05T03:30:00Z")?;
        let length: Option<Duration> =
            self.optional(duration, "write a duration such as 30m, 4h or 1d12h")?;
        match (until, length) {
            (Some(_), Some(_)) => Err(Problem::invalid(
                Place::Body,
                duration,
                format!("both `{instant}` and `{duration}` are given"),
                format!("leave out `{instant}` or `{duration}`"),
            )),
            (until, None) => Ok(until),
            (None, Some(length)) => {
                let millis = i64::try_from(length.as_millis()).ok();
                let end =
                    millis.and_then(|ms| start.checked_add(SignedDuration::from_millis(ms)).ok());
                end.map(Some).ok_or_else(|| {
                    let detail = format!("`{duration}` is longer than there will be time");
                    Problem::invalid(Place::Body, duration, detail, "write a shorter one")
                })
            }
        }
    }

    /// Makes sure that nothing was written that nobody reads: a typing error is no default.
    ///
    /// # Errors
    /// When a field is left.
    pub(crate) fn finish(self, known: &'static str) -> Result<(), Problem> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(field) => {
                let field: String = field.chars().take(80).collect();
                let detail = format!("there is no field `{field}` here");
                Err(Problem::invalid(
                    Place::Body,
                    field,
                    detail,
                    format!("the fields are {known}"),
                ))
            }
        }
    }
}

fn not_read(detail: impl Into<String>) -> Problem {
    let remedy = "send a JSON object as in /openapi.json";
    Problem::invalid(Place::Body, "", detail, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_their_field_and_remedy() {
        let fault = |body: &str| {
            let mut fields = Fields::read(body.as_bytes())?;
            let now = Timestamp::UNIX_EPOCH;
            fields.end("until", "for", now)?;
            fields.required::<String>("text", "write a text")?;
            fields.finish("until, for and text")
        };
        let field = |body: &str| fault(body).unwrap_err().field.unwrap().into_string();
        assert_eq!(field("[1]"), "");
        assert_eq!(field("{"), "");
        assert_eq!(field("{}"), "text");
        assert_eq!(field(r#"{"text": 1}"#), "text");
        assert_eq!(field(r#"{"until": "soon"}"#), "until");
        assert_eq!(field(r#"{"for": "4 hours"}"#), "for");
        assert_eq!(field(r#"{"for": "999999y"}"#), "for");
        assert_eq!(
            field(r#"{"for": "4h", "until": "2026-01-05T03:30:00Z"}"#),
            "for"
        );
        assert_eq!(field(r#"{"text": "x", "txet": 1}"#), "txet");
        assert_eq!(fault(r#"{"text": "x", "for": null}"#), Ok(()));
    }
}
