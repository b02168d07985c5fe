//! The rows of Alertmanager's own tables: what its time intervals contain and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use calendar::{RawTimeInterval, RawTimeRange, TimeInterval};
use jiff::Timestamp;
use serde_json::{Value, json};
use test_case::test_case;

fn read(interval: Value) -> Result<TimeInterval, String> {
    let raw: RawTimeInterval = serde_json::from_value(interval).map_err(|e| e.to_string())?;
    TimeInterval::try_from(raw).map_err(|e| e.to_string())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test_case(json!({}),
    &["2006-01-02T15:04Z", "2007-01-03T10:04Z", "2006-01-04T09:04Z"],
    &[]; "nothing given holds always")]
#[test_case(json!({"times": [{"start_time": "09:00", "end_time": "17:00"}], "weekdays": ["monday:friday"]}),
    &["2020-05-04T15:04Z", "2020-05-05T10:04Z", "2020-06-09T09:04Z"],
    &["2020-05-03T15:04Z", "2020-05-04T08:59Z", "2020-05-05T05:00Z"]; "nine to five on working days")]
#[test_case(json!({"days_of_month": ["4:6"], "months": ["april"], "years": ["2020"]}),
    &["2020-04-04T15:04Z", "2020-04-05T00:00Z", "2020-04-06T23:05Z"],
    &["2018-05-03T15:04Z", "2020-04-03T23:59Z", "2020-06-04T23:59Z", "2019-04-06T23:59Z", "2020-04-07T00:00Z"]; "easter 2020")]
#[test_case(json!({"days_of_month": ["-3:-1"]}),
    &["2020-01-31T15:04Z", "2020-01-30T15:04Z", "2020-01-29T15:04Z", "2020-06-30T00:00Z", "2020-02-29T23:05Z"],
    &["2018-05-03T15:04Z", "2020-01-27T15:04Z", "2020-04-03T23:59Z", "2020-06-04T23:59Z", "2019-04-06T23:59Z",
      "2020-04-07T00:00Z", "2020-03-01T00:00Z"]; "the last three days of each month")]
#[test_case(json!({"months": ["june"], "days_of_month": ["-31:-1", "1:31"]}),
    &["2020-06-30T00:00Z", "2020-06-01T00:00Z"],
    &["2020-05-31T00:00Z", "2020-07-01T00:00Z"]; "days out of bounds are clamped to the month")]
#[test_case(json!({"times": [{"start_time": "09:00", "end_time": "17:00"}], "weekdays": ["monday:friday"], "location": "Australia/Sydney"}),
    &["2021-04-06T13:00+10:00"],
    &["2021-04-06T13:00Z"]; "another time zone")]
#[test_case(json!({"times": [{"start_time": "09:00", "end_time": "17:00"}], "weekdays": ["monday:friday"], "months": ["11"], "location": "Australia/Sydney"}),
    &["2021-11-01T09:00+11:00", "2021-10-31T22:00Z"],
    &["2021-10-31T21:00Z"]; "another time zone in summer time")]
#[test_case(json!({"weekdays": ["monday:friday"], "times": [{"start_time": "09:00", "end_time": "17:00"}]}),
    &["2020-07-08T09:00Z", "2020-07-08T16:59Z", "2021-04-01T13:00Z"],
    &["2020-07-08T05:00Z", "2020-07-08T08:59Z"]; "business hours")]
#[test_case(json!({"weekdays": ["monday:friday", "sunday"], "months": ["january:march"], "days_of_month": ["-7:-1"],
        "years": ["2020:2025", "2030:2035"], "times": [{"start_time": "09:00", "end_time": "17:00"}]}),
    &["2021-01-27T09:00Z", "2021-01-28T16:59Z", "2021-01-29T13:00Z", "2025-03-31T13:00Z", "2035-01-31T13:00Z"],
    &["2021-01-30T13:00Z", "2021-04-01T13:00Z", "2026-01-30T13:00Z", "2035-01-31T17:01Z"]; "the last week of a month in the first quarter")]
#[test_case(json!({"weekdays": ["monday:wednesday", "saturday", "sunday"], "times": [{"start_time": "13:00", "end_time": "15:00"}],
        "days_of_month": ["1", "10", "20:-1"], "years": ["2020:2023"], "months": ["january:march"]}),
    &["2021-01-10T13:00Z", "2021-01-30T14:24Z"],
    &["2021-01-09T13:00Z", "2021-01-20T12:59Z", "2021-02-02T13:00Z"]; "every field")]
#[test_case(json!({"days_of_month": ["30:31"], "years": ["2020:2023"], "months": ["february"]}),
    &[],
    &["2021-02-28T13:00Z"]; "a range after the month's end is not moved into it")]
#[test_case(json!({"times": [{"start_time": "00:00", "end_time": "09:00"}, {"start_time": "17:00", "end_time": "24:00"}], "location": "Australia/Sydney"}),
    &["2024-01-01T00:00+11:00", "2024-01-06T17:00+11:00", "2024-01-01T10:00Z", "2024-01-06T10:00Z"],
    &["2024-01-01T09:00+11:00", "2024-01-06T10:00+11:00"]; "evenings in sydney")]
#[test_case(json!({"weekdays": ["saturday", "sunday"], "location": "Australia/Sydney"}),
    &["2024-01-06T10:00+11:00", "2024-01-06T17:00+11:00", "2024-01-06T10:00Z"],
    &["2024-01-01T00:00+11:00", "2024-01-01T09:00+11:00", "2024-01-01T10:00Z"]; "weekends in sydney")]
// From here on rows of our own.
#[test_case(json!({"days_of_month": ["-1"], "location": "Europe/Berlin"}),
    &["2026-03-31T12:00+02:00", "2026-10-31T12:00+01:00"],
    &["2026-03-30T12:00+02:00"]; "the last day of a month in which the clocks change")]
#[test_case(json!({"times": [{"start_time": "02:00", "end_time": "03:00"}], "location": "Europe/Berlin"}),
    &["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-03-28T01:30Z"],
    &["2026-03-29T00:59Z", "2026-03-29T01:00Z", "2026-10-25T02:00Z"]; "an hour that comes twice or never")]
#[test_case(json!({"times": [{"start_time": "09:00", "end_time": "17:00"}], "location": "Local"}),
    &["2026-01-01T09:00Z"],
    &["2026-01-01T17:00Z"]; "the machine's zone is utc")]
fn contains(interval: Value, inside: &[&str], outside: &[&str]) {
    let interval = read(interval).unwrap();
    for text in inside {
        assert!(interval.contains(at(text)), "{text} is outside");
    }
    for text in outside {
        assert!(!interval.contains(at(text)), "{text} is inside");
    }
}

#[test_case(json!([{"start_time": "00:00", "end_time": "24:00"}]); "the whole day")]
#[test_case(json!([{"start_time": "01:35", "end_time": "17:39"}]); "odd minutes")]
#[test_case(json!([{"start_time": "09:35", "end_time": "09:39"}]); "a few minutes")]
fn writes_the_times_that_it_reads(times: Value) {
    let interval = Value::from_iter([("times", times)]);
    let read = read(interval.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), interval);
}

#[test_case(json!({"days_of_month": ["1:-1"]}), json!({"days_of_month": ["1:-1"]}); "negative days")]
#[test_case(json!({"months": ["January:december"]}), json!({"months": ["january:december"]}); "any case")]
#[test_case(json!({"months": ["5", "6:july"]}), json!({"months": ["may", "june:july"]}); "months by number")]
#[test_case(json!({"years": ["2020:2022"], "location": "Australia/Sydney"}), json!({"years": ["2020:2022"], "location": "Australia/Sydney"}); "a location")]
#[test_case(json!({"weekdays": ["monday:monday", "SUNDAY"]}), json!({"weekdays": ["monday", "sunday"]}); "a range of one")]
#[test_case(json!({}), json!({}); "nothing")]
#[test_case(json!({"weekdays": ["monday:friday", "sunday"], "times": [{"start_time": "09:00", "end_time": "17:00"}],
    "days_of_month": ["1", "-7:-1"], "months": ["january:march"], "years": ["2020:2025", "2030"], "location": "Local"}),
    json!({"weekdays": ["monday:friday", "sunday"], "times": [{"start_time": "09:00", "end_time": "17:00"}],
    "days_of_month": ["1", "-7:-1"], "months": ["january:march"], "years": ["2020:2025", "2030"], "location": "Local"}); "everything")]
fn writes_what_it_reads(interval: Value, written: Value) {
    let first = read(interval).unwrap();
    let text = serde_json::to_value(&first).unwrap();
    assert_eq!(text, written);
    assert_eq!(read(written).unwrap(), first);
    assert_eq!(serde_json::from_value::<TimeInterval>(text).unwrap(), first);
}

#[test_case(json!({"times": [{"start_time": "17:31", "end_time": "17:31"}]}),
    "times[0].end_time: `17:31` is not after `17:31`: for the whole day write 00:00 to 24:00"; "start is end")]
#[test_case(json!({"times": [{"start_time": "12:30", "end_time": "24:01"}]}),
    "times[0].end_time: `24:01` is no time of day: write HH:MM with two digits each, 00:00 to 24:00"; "after midnight")]
#[test_case(json!({"times": [{"start_time": "09:30", "end_time": "07:41"}]}),
    "times[0].end_time: `07:41` is not after `09:30`: to cross midnight write two ranges, 09:30 to 24:00 and 00:00 to 07:41"; "backwards")]
#[test_case(json!({"times": [{"start_time": "24:00", "end_time": "17:41"}]}),
    "times[0].end_time: `17:41` is not after `24:00`: write 00:00 to 17:41"; "starts at the day's end")]
#[test_case(json!({"times": [{"start_time": "14:03"}]}),
    "missing field `end_time`"; "no end")]
#[test_case(json!({"times": [{"start_time": "01:99", "end_time": "23:59"}]}),
    "times[0].start_time: `01:99` is no time of day: write HH:MM with two digits each, 00:00 to 24:00"; "start is no time")]
#[test_case(json!({"times": [{"start_time": "00:00", "end_time": "99:99"}]}),
    "times[0].end_time: `99:99` is no time of day: write HH:MM with two digits each, 00:00 to 24:00"; "end is no time")]
#[test_case(json!({"weekdays": ["friday:monday"]}),
    "weekdays[0]: `friday:monday` ends before it begins: the week begins on sunday, write friday:saturday and sunday:monday"; "weekdays backwards")]
#[test_case(json!({"weekdays": ["blurgsday:flurgsday"]}),
    "weekdays[0]: `blurgsday` is no day of the week: write a name or two, such as sunday or monday:friday"; "no weekday")]
#[test_case(json!({"weekdays": ["1:3"]}),
    "weekdays[0]: `1` is no day of the week: write a name or two, such as sunday or monday:friday"; "weekdays by number")]
#[test_case(json!({"weekdays": ["-2:-1"]}),
    "weekdays[0]: `-2` is no day of the week: write a name or two, such as sunday or monday:friday"; "weekdays by negative number")]
#[test_case(json!({"days_of_month": ["0"]}),
    "days_of_month[0]: `0` is no day of the month: write 1 to 31, -1 to -31 from the month's end, or two of them, such as 1:5 or -3:-1"; "day 0")]
#[test_case(json!({"days_of_month": ["-50:-20"]}),
    "days_of_month[0]: `-50` is no day of the month: write 1 to 31, -1 to -31 from the month's end, or two of them, such as 1:5 or -3:-1"; "day -50")]
#[test_case(json!({"days_of_month": ["1:50"]}),
    "days_of_month[0]: `50` is no day of the month: write 1 to 31, -1 to -31 from the month's end, or two of them, such as 1:5 or -3:-1"; "day 50")]
#[test_case(json!({"days_of_month": ["-15:5"]}),
    "days_of_month[0]: `-15:5` begins counted from the month's end and ends counted from its beginning: write -15:-1 and 1:5"; "from the end to the beginning")]
#[test_case(json!({"days_of_month": ["10:-25"]}),
    "days_of_month[0]: `10:-25` ends before it begins: to reach the month's end write 10:31"; "days always backwards")]
#[test_case(json!({"months": ["martius:june"]}),
    "months[0]: `martius` is no month: write a name or 1 to 12, or two of them, such as may or january:march"; "begin is no month")]
#[test_case(json!({"months": ["march:junius"]}),
    "months[0]: `junius` is no month: write a name or 1 to 12, or two of them, such as may or january:march"; "end is no month")]
#[test_case(json!({"months": ["december:january"]}),
    "months[0]: `december:january` ends before it begins: write december and january"; "months backwards")]
#[test_case(json!({"years": ["2022:2020"]}),
    "years[0]: `2022:2020` ends before it begins: write 2020:2022"; "years backwards")]
// From here on rows of our own.
#[test_case(json!({"times": [{"start_time": "22:00", "end_time": "00:00"}]}),
    "times[0].end_time: `00:00` is not after `22:00`: write 22:00 to 24:00"; "until midnight")]
#[test_case(json!({"times": [{"start_time": "9:00", "end_time": "17:00"}]}),
    "times[0].start_time: `9:00` is no time of day: write HH:MM with two digits each, 00:00 to 24:00"; "one digit")]
#[test_case(json!({"months": ["january:13"]}),
    "months[0]: `13` is no month: write a name or 1 to 12, or two of them, such as may or january:march"; "month 13")]
#[test_case(json!({"years": ["2020:2021:2022"]}),
    "years[0]: `2020:2021:2022` has more than one colon: write a year or two, such as 2030 or 2024:2026"; "two colons")]
#[test_case(json!({"days_of_month": ["20:5"]}),
    "days_of_month[0]: `20:5` ends before it begins: write 20:31 and 1:5"; "days backwards")]
#[test_case(json!({"days_of_month": ["-1:-3"]}),
    "days_of_month[0]: `-1:-3` ends before it begins: write -3:-1"; "negative days backwards")]
#[test_case(json!({"location": "Berlin"}),
    "location: `Berlin` is no time zone: write Europe/Berlin"; "a city")]
#[test_case(json!({"weekdays": ["friday:sunday"], "years": ["soon"], "times": [{"start_time": "x", "end_time": "y"}]}),
    "times[0].start_time: `x` is no time of day: write HH:MM with two digits each, 00:00 to 24:00; \
     times[0].end_time: `y` is no time of day: write HH:MM with two digits each, 00:00 to 24:00; \
     weekdays[0]: `friday:sunday` ends before it begins: the week begins on sunday, write friday:saturday and sunday; \
     years[0]: `soon` is no year: write a year or two, such as 2030 or 2024:2026"; "all faults together")]
#[test_case(json!({"weekdays": []}),
    "an empty list: write at least one range, or leave the field out when it should hold always"; "an empty list")]
#[test_case(json!({"time_zone": "UTC"}),
    "unknown field `time_zone`, expected one of `times`, `weekdays`, `days_of_month`, `months`, `years`, `location`"; "an unknown field")]
fn refuses(interval: Value, why: &str) {
    assert_eq!(read(interval).unwrap_err(), why);
}

#[test]
fn an_interval_made_in_code_may_leave_its_lists_empty() {
    let raw = RawTimeInterval {
        times: vec![RawTimeRange {
            start_time: "09:00".to_owned(),
            end_time: "17:00".to_owned(),
        }],
        ..RawTimeInterval::default()
    };
    assert!(
        TimeInterval::try_from(raw)
            .unwrap()
            .contains(at("2026-01-01T09:00Z"))
    );
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_knows_the_fields_and_no_others() {
    let schema = schemars::schema_for!(RawTimeInterval).to_value();
    assert_eq!(schema["title"], "TimeInterval");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["weekdays"]["minItems"], 1);
    assert_eq!(schema.get("required"), None);
    assert_eq!(
        schema["$defs"]["TimeRange"]["required"],
        json!(["start_time", "end_time"])
    );
}
