//! `--recurring`: the times of a silence in one line, such as `mon:fri 22:00-06:00 Europe/Berlin`.

use calendar::{RawTimeInterval, RawTimeRange, TimeInterval};

const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const SHAPE: &str = "write days, hours and a time zone, such as `mon:fri 22:00-06:00 Europe/Berlin`, `saturday,sunday UTC` or `02:00-04:00`; or a time interval of Alertmanager as JSON";

/// Reads one line. Hours over midnight become two intervals: the second is of the days after.
///
/// # Errors
/// When it is no such line, or a part of it is faulty.
pub(super) fn read(text: &str) -> Result<Vec<RawTimeInterval>, String> {
    let raw = if text.trim_start().starts_with('{') {
        let raw = serde_json::from_str(text)
            .map_err(|error| format!("the time interval is faulty: {error}"))?;
        vec![raw]
    } else {
        words(text)?
    };
    for interval in &raw {
        TimeInterval::try_from(interval.clone())
            .map_err(|error| format!("`{}` is faulty: {error}; {SHAPE}", text.trim()))?;
    }
    Ok(raw)
}

fn words(text: &str) -> Result<Vec<RawTimeInterval>, String> {
    let (mut days, mut hours, mut zone) = (Vec::new(), Vec::new(), None);
    for word in text.split_whitespace() {
        let is_hours = word.starts_with(|c: char| c.is_ascii_digit());
        if is_hours {
            for range in word.split(',') {
                let (start, end) = range.split_once('-').ok_or_else(|| unknown(range))?;
                hours.push((start.to_owned(), end.to_owned()));
            }
        } else if let Some(found) = weekdays(word) {
            days.extend(found);
        } else if zone.is_none() && (word.contains('/') || word == "UTC") {
            zone = Some(word.to_owned());
        } else {
            return Err(unknown(word));
        }
    }
    if days.is_empty() && hours.is_empty() {
        return Err(SHAPE.to_owned());
    }
    let interval = |days: &[usize], times: Vec<RawTimeRange>| RawTimeInterval {
        times,
        weekdays: names(days),
        location: zone.clone(),
        ..RawTimeInterval::default()
    };
    let (mut same_day, mut next_day) = (Vec::new(), Vec::new());
    for (start, end) in hours.iter().cloned() {
        // Both are `HH:MM`, or the interval is refused whatever becomes of it here.
        if end > start {
            same_day.push(range(start, end));
            continue;
        }
        same_day.push(range(start, "24:00".to_owned()));
        if end != "00:00" {
            next_day.push(range("00:00".to_owned(), end));
        }
    }
    let mut intervals = vec![interval(&days, same_day)];
    if !next_day.is_empty() {
        let after: Vec<usize> = days.iter().map(|day| (day + 1) % DAYS.len()).collect();
        intervals.push(interval(&after, next_day));
    }
    Ok(intervals)
}

fn unknown(word: &str) -> String {
    format!("`{word}` is neither days nor hours nor a time zone; {SHAPE}")
}

fn range(start_time: String, end_time: String) -> RawTimeRange {
    RawTimeRange {
        start_time,
        end_time,
    }
}

/// The days of `mon:fri,sunday`, from 0 for sunday; a range may go over the end of the week.
fn weekdays(word: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for part in word.split(',') {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let length = (last + DAYS.len() - first) % DAYS.len();
        found.extend((first..=first + length).map(|day| day % DAYS.len()));
    }
    Some(found)
}

fn day(text: &str) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    if text.len() < 3 {
        return None;
    }
    DAYS.iter().position(|day| day.starts_with(&text))
}

/// The names of the days, each once, in the order of the week.
fn names(days: &[usize]) -> Vec<String> {
    let is_meant = |(place, _name): &(usize, &&str)| days.contains(place);
    DAYS.iter()
        .enumerate()
        .filter(is_meant)
        .map(|(_place, name)| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    #[test_case("02:00-04:00", &json!([{"times": [{"start_time": "02:00", "end_time": "04:00"}]}]); "hours")]
    #[test_case("saturday,sun UTC", &json!([{"weekdays": ["sunday", "saturday"], "location": "UTC"}]); "days")]
    #[test_case("fri:mon", &json!([{"weekdays": ["sunday", "monday", "friday", "saturday"]}]); "over the end of the week")]
    #[test_case("Fri,sat 22:00-06:00 Europe/Berlin", &json!([
        {"times": [{"start_time": "22:00", "end_time": "24:00"}], "weekdays": ["friday", "saturday"], "location": "Europe/Berlin"},
        {"times": [{"start_time": "00:00", "end_time": "06:00"}], "weekdays": ["sunday", "saturday"], "location": "Europe/Berlin"}]); "over midnight")]
    #[test_case("22:00-00:00", &json!([{"times": [{"start_time": "22:00", "end_time": "24:00"}]}]); "up to midnight")]
    #[test_case("01:00-02:00,03:00-04:00", &json!([{"times": [{"start_time": "01:00", "end_time": "02:00"}, {"start_time": "03:00", "end_time": "04:00"}]}]); "twice a day")]
    #[test_case(r#"{"days_of_month": ["-1"]}"#, &json!([{"days_of_month": ["-1"]}]); "json")]
    fn a_line_becomes_intervals(text: &str, intervals: &serde_json::Value) {
        let read = read(text).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *intervals);
    }

    #[test_case(""; "nothing")]
    #[test_case("UTC"; "a zone only, which is always")]
    #[test_case("25:00-26:00"; "no hours")]
    #[test_case("9-17"; "no minutes")]
    #[test_case("mon:funday"; "no day")]
    #[test_case("mon Mars/Olympus"; "no zone")]
    #[test_case("{"; "no json")]
    fn what_is_no_such_line_is_refused(text: &str) {
        assert!(read(text).is_err());
    }
}
