//! The next change of an interval is the first one, as looking at every minute shows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use calendar::{RawTimeInterval, RawTimeRange, TimeInterval};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use test_case::test_case;

/// Clocks that change by an hour, by half an hour, at midnight, four times a year, by a whole
/// day (Samoa in 2011), or never.
const ZONES: [&str; 11] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Antarctica/Troll",
    "UTC",
];

/// Instants near which clocks change in one of these zones.
const CHANGES: [&str; 9] = [
    "2026-03-29T01:00Z",
    "2026-10-25T01:00Z",
    "2026-03-08T05:00Z",
    "2026-11-01T05:00Z",
    "2026-04-04T15:00Z",
    "2017-10-15T03:00Z",
    "2018-02-18T02:00Z",
    "2011-12-30T10:00Z",
    "2026-02-15T02:00Z",
];

fn ranges(members: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let text = (select(members), select(members), any::<bool>()).prop_map(|(begin, end, one)| {
        if one {
            begin.to_owned()
        } else {
            format!("{begin}:{end}")
        }
    });
    prop_oneof![2 => Just(Vec::new()), 1 => vec(text, 1..3)]
}

fn clock() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["00:00", "01:00", "02:00", "02:30", "03:00", "24:00"]).prop_map(str::to_owned),
        (0..24, 0..60).prop_map(|(hours, minutes)| format!("{hours:02}:{minutes:02}")),
    ]
}

fn times() -> impl Strategy<Value = Vec<RawTimeRange>> {
    let range = (clock(), clock()).prop_map(|(start_time, end_time)| RawTimeRange {
        start_time: start_time.clone().min(end_time.clone()),
        end_time: start_time.max(end_time),
    });
    vec(range, 0..4)
}

fn interval() -> impl Strategy<Value = TimeInterval> {
    let weekdays = ranges(&["sunday", "monday", "wednesday", "friday", "saturday"]);
    let days = ranges(&["1", "5", "15", "28", "30", "31", "-1", "-3", "-15", "-31"]);
    let months = ranges(&["january", "february", "march", "10", "november", "12"]);
    let years = ranges(&["2011", "2017", "2018", "2026", "2027"]);
    (times(), weekdays, days, months, years, select(&ZONES)).prop_filter_map(
        "an interval that may be written",
        |(times, weekdays, days_of_month, months, years, zone)| {
            TimeInterval::try_from(RawTimeInterval {
                times,
                weekdays,
                days_of_month,
                months,
                years,
                location: Some(zone.to_owned()),
            })
            .ok()
        },
    )
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let near = (select(&CHANGES), -3 * 86_400_i64..86_400).prop_map(|(change, seconds)| {
        change.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
    });
    let far = (1_262_304_000_i64..1_893_456_000)
        .prop_map(|second| Timestamp::from_second(second).unwrap());
    prop_oneof![3 => near, 1 => far]
}

/// Looks at every minute, for so many minutes.
fn first_change(interval: &TimeInterval, at: Timestamp, minutes: i64) -> Option<Timestamp> {
    let now = interval.contains(at);
    let minute = at.as_second().div_euclid(60);
    (1..=minutes)
        .map(|passed| Timestamp::from_second((minute + passed) * 60).unwrap())
        .find(|instant| interval.contains(*instant) != now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn is_the_first_change(interval in interval(), at in instant()) {
        let minutes = 8 * 24 * 60;
        let seen_until = at + SignedDuration::from_mins(minutes - 1);
        let next = interval.next_change(at);
        prop_assert_eq!(
            next.filter(|next| *next <= seen_until),
            first_change(&interval, at, minutes).filter(|next| *next <= seen_until)
        );
        if let Some(next) = next {
            let just_before = next - SignedDuration::from_nanos(1);
            prop_assert!(next > at);
            prop_assert_ne!(interval.contains(next), interval.contains(at));
            prop_assert_eq!(interval.contains(just_before), interval.contains(at));
            prop_assert_eq!(interval.next_change(just_before), Some(next));
        }
    }
}

#[test_case(json!({"days_of_month": ["29"], "months": ["february"]}), "2026-01-01T00:00Z", None; "longer than 400 days")]
#[test_case(json!({}), "2026-01-01T00:00Z", None; "never")]
#[test_case(json!({"times": [{"start_time": "00:00", "end_time": "24:00"}], "location": "Europe/Berlin"}), "2026-01-01T00:00Z", None; "whole days")]
#[test_case(json!({"months": ["january"], "days_of_month": ["1"]}), "2026-01-02T00:00Z", Some("2027-01-01T00:00Z"); "once a year")]
#[test_case(json!({"years": ["2026"], "location": "Europe/Berlin"}), "2026-01-02T00:00Z", Some("2026-12-31T23:00Z"); "until the year's end")]
#[test_case(json!({"times": [{"start_time": "09:00", "end_time": "17:00"}], "weekdays": ["monday:friday"], "location": "Europe/Berlin"}),
    "2026-03-27T16:00Z", Some("2026-03-30T07:00Z"); "over the weekend on which the clocks change")]
#[test_case(json!({"times": [{"start_time": "02:00", "end_time": "02:30"}], "location": "Europe/Berlin"}),
    "2026-10-25T00:10Z", Some("2026-10-25T00:30Z"); "out of the first of two equal hours")]
#[test_case(json!({"times": [{"start_time": "02:00", "end_time": "02:30"}], "location": "Europe/Berlin"}),
    "2026-10-25T00:40Z", Some("2026-10-25T01:00Z"); "into the second of two equal hours")]
#[test_case(json!({"times": [{"start_time": "00:00", "end_time": "02:30"}], "location": "Europe/Berlin"}),
    "2026-03-29T00:10Z", Some("2026-03-29T01:00Z"); "when the clocks skip the end")]
#[test_case(json!({"times": [{"start_time": "02:10", "end_time": "02:30"}], "location": "Europe/Berlin"}),
    "2026-03-29T00:10Z", Some("2026-03-30T00:10Z"); "when the clocks skip it all")]
#[test_case(json!({"weekdays": ["friday"], "location": "Pacific/Apia"}),
    "2011-12-29T12:00Z", Some("2012-01-05T10:00Z"); "when the calendar skips a friday")]
fn is_where_the_calendar_says(interval: Value, at: &str, next: Option<&str>) {
    let interval: TimeInterval = serde_json::from_value(interval).unwrap();
    let at: Timestamp = at.parse().unwrap();
    let next = next.map(|next| next.parse::<Timestamp>().unwrap());
    assert_eq!(interval.next_change(at), next);
    assert_eq!(first_change(&interval, at, 400 * 24 * 60), next);
}

#[test]
fn looks_no_further_than_400_days() {
    let interval: TimeInterval = serde_json::from_value(json!({"years": ["2027"]})).unwrap();
    let change: Timestamp = "2027-01-01T00:00Z".parse().unwrap();
    let days = SignedDuration::from_hours(400 * 24);
    let just_too_early = change - days - SignedDuration::from_nanos(1);
    assert_eq!(interval.next_change(change - days), Some(change));
    assert_eq!(interval.next_change(just_too_early), None);
}

#[test]
fn holds_at_the_ends_of_time() {
    for zone in ZONES {
        let interval: TimeInterval = serde_json::from_value(
            json!({"times": [{"start_time": "10:00", "end_time": "10:01"}], "location": zone}),
        )
        .unwrap();
        assert!(interval.next_change(Timestamp::MIN).is_some(), "{zone}");
        let next = interval.next_change(Timestamp::MAX - SignedDuration::from_secs(30));
        assert_eq!(next, None, "{zone}");
        assert_eq!(interval.next_change(Timestamp::MAX), None, "{zone}");
    }
}
