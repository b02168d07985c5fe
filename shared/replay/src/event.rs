//! Recorded events and when each arrived.

use alert_classification::read;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An event and when it arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The body of the message that brought it.
    pub body: String,
    /// Where it was recorded: a file, and a line if there are several.
    pub place: String,
}

/// Why a text is no recorded event.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidEvent {
    /// It has a time that cannot be read.
    #[error(
        "{place}: `at` is `{text}`; write an RFC 3339 time such as 2026-11-23T10:00:00Z, or seconds since 1970"
    )]
    At {
        /// Where.
        place: String,
        /// What was written.
        text: String,
    },
    /// It has no time.
    #[error(
        "{place}: it does not say when it happened; write {{\"at\": \"2026-11-23T10:00:00Z\", \"event\": …}}, or put the time into the name of its file"
    )]
    NoTime {
        /// Where.
        place: String,
    },
}

/// An event with the time at which it arrived.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded<'a> {
    #[serde(borrow)]
    at: &'a RawValue,
    #[serde(borrow)]
    event: &'a RawValue,
}

impl Event {
    /// Reads the events of a text: one, or one a line when every line begins with a brace.
    ///
    /// An event arrived at the `at` that stands with it, else at the time in the name of its file, else
    /// at the time that it says itself.
    #[must_use]
    pub fn of_file(name: &str, text: &str) -> Vec<Result<Self, InvalidEvent>> {
        let lines: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .collect();
        let many = lines.len() > 1
            && lines
                .iter()
                .all(|(_, line)| line.trim_start().starts_with('{'))
            && !is_json(text);
        let named = time_in(name);
        if many {
            let place = |number: usize| format!("{name}:{}", number + 1);
            return lines
                .iter()
                .map(|(number, line)| Self::of(line, named, place(*number)))
                .collect();
        }
        if lines.is_empty() {
            return Vec::new();
        }
        vec![Self::of(text, named, name.to_owned())]
    }

    fn of(text: &str, named: Option<Timestamp>, place: String) -> Result<Self, InvalidEvent> {
        let (at, body) = match serde_json::from_str::<Recorded<'_>>(text) {
            Ok(recorded) => {
                let at = recorded.at.get();
                let Some(at) = instant(at) else {
                    let text = at.trim_matches('"').chars().take(60).collect();
                    return Err(InvalidEvent::At { place, text });
                };
                // A body in a string is a body as a queue has it.
                let raw = recorded.event.get();
                let body = serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned());
                (Some(at), body)
            }
            Err(_) => (named, text.to_owned()),
        };
        match at.or_else(|| own_time(&body)) {
            Some(at) => Ok(Self { at, body, place }),
            None => Err(InvalidEvent::NoTime { place }),
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// When an event says that it happened: what it has no word on, it takes from when it was received.
fn own_time(body: &str) -> Option<Timestamp> {
    const NEVER: Timestamp = Timestamp::MIN;
    let alerts = read(body, NEVER).alerts;
    alerts
        .iter()
        .map(|alert| alert.changed_at)
        .filter(|at| *at != NEVER)
        .max()
}

/// RFC 3339, or seconds or milliseconds since 1970.
fn instant(json: &str) -> Option<Timestamp> {
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return text.trim().parse().ok();
    }
    let number: f64 = json.parse().ok()?;
    // Seconds have ten digits until the year 2286.
    let millis = if number.abs() < 1e11 {
        number * 1e3
    } else {
        number
    };
    #[expect(clippy::cast_possible_truncation, reason = "out of range it saturates")]
    let millis = millis.round() as i64;
    Timestamp::from_millisecond(millis).ok()
}

/// A time in the name of a file: `2026-11-23T10:00:00Z.json`, `alarm-20261123T100000Z.json`,
/// `2026-11-23_10-00.json`. It is UTC.
fn time_in(name: &str) -> Option<Timestamp> {
    let name = name.rsplit(['/', '\\']).next()?;
    let mut after_digit = false;
    for (place, character) in name.char_indices() {
        let begins = character.is_ascii_digit() && !after_digit;
        after_digit = character.is_ascii_digit();
        if let Some(found) = name.get(place..).filter(|_| begins).and_then(time_at_start) {
            return Some(found);
        }
    }
    None
}

fn time_at_start(text: &str) -> Option<Timestamp> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    separator(&mut rest, &['-', '_']);
    let month = digits(&mut rest, 2)?;
    separator(&mut rest, &['-', '_']);
    let day = digits(&mut rest, 2)?;
    if !separator(&mut rest, &['T', 't', '_', '-', ' ']) {
        return None;
    }
    let hour = digits(&mut rest, 2)?;
    separator(&mut rest, &[':', '-', '_', '.']);
    let minute = digits(&mut rest, 2)?;
    separator(&mut rest, &[':', '-', '_', '.']);
    let second = digits(&mut rest, 2).unwrap_or(0);
    let small = |number: i16| i8::try_from(number).ok();
    let date = Date::new(year, small(month)?, small(day)?).ok()?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}

fn digits(rest: &mut &str, count: usize) -> Option<i16> {
    let (number, tail) = rest.split_at_checked(count)?;
    let number = number
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| number.parse().ok())??;
    *rest = tail;
    Some(number)
}

fn separator(rest: &mut &str, any: &[char]) -> bool {
    let tail = rest.strip_prefix(any);
    if let Some(tail) = tail {
        *rest = tail;
    }
    tail.is_some()
}

#[cfg(test)]
mod tests {
    use super::{Event, InvalidEvent, time_in};
    use test_case::test_case;

    #[test_case("2026-11-23T10:00:00Z.json", Some("2026-11-23T10:00:00Z"); "as RFC 3339")]
    #[test_case("logs/alarm-7-20261123T100001Z.json", Some("2026-11-23T10:00:01Z"); "compact")]
    #[test_case("2026-11-23_10-05.json", Some("2026-11-23T10:05:00Z"); "without seconds")]
    #[test_case("eb-guardduty-finding-1.json", None; "no time")]
    #[test_case("2026-11-23.json", None; "a day is no time")]
    #[test_case("20261323T100000.json", None; "no such month")]
    fn a_time_stands_in_the_name_of_a_file(name: &str, time: Option<&str>) {
        assert_eq!(time_in(name).map(|at| at.to_string()).as_deref(), time);
    }

    #[test_case(r#"{"at": "2026-11-23T10:00:00Z", "event": {"a": 1}}"#, "2026-11-23T10:00:00Z", r#"{"a": 1}"#; "a document")]
    #[test_case(r#"{"at": 1795428000, "event": "{\"a\":1}"}"#, "2026-11-23T10:00:00Z", r#"{"a":1}"#; "a body and seconds")]
    #[test_case(r#"{"at": 1795428000500, "event": "words"}"#, "2026-11-23T10:00:00.5Z", "words"; "milliseconds")]
    #[test_case(r#"{"source": "aws.ec2", "detail-type": "x", "time": "2026-11-23T10:00:00Z", "detail": {}}"#, "2026-11-23T10:00:00Z", "itself"; "its own time")]
    fn an_event_has_a_time(text: &str, at: &str, body: &str) {
        let events = Event::of_file("events.json", text);
        let event = events.into_iter().next().unwrap().unwrap();
        assert_eq!(event.at.to_string(), at);
        let body = if body == "itself" { text } else { body };
        assert_eq!(event.body, body);
    }

    #[test]
    fn lines_are_events_and_a_fault_names_its_line() {
        let text =
            "{\"at\": \"noon\", \"event\": {}}\n\n{\"event\": 1}\n{\"at\": 1, \"event\": {}}\n";
        let events = Event::of_file("a.jsonl", text);
        let place = |place: &str| place.to_owned();
        assert_eq!(
            events.first(),
            Some(&Err(InvalidEvent::At {
                place: place("a.jsonl:1"),
                text: "noon".to_owned()
            }))
        );
        assert_eq!(
            events.get(1),
            Some(&Err(InvalidEvent::NoTime {
                place: place("a.jsonl:3")
            }))
        );
        assert!(matches!(events.get(2), Some(Ok(_))));
        assert_eq!(events.len(), 3);
    }
}
