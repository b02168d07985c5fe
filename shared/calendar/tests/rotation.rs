//! Rotations: whose turn it is, whatever the clocks do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use calendar::{InvalidRotation, Override, Rotation, RotationKind, RotationSpec, Shift};
use jiff::civil::{DateTime, date};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use test_case::test_case;

use RotationKind::{Daily, Hourly, Weekly};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn spec(kind: RotationKind, start: &str, time_zone: &str) -> RotationSpec {
    RotationSpec {
        kind,
        shift_length: 1,
        start: start.parse().unwrap(),
        time_zone: time_zone.to_owned(),
        members: 3,
        overrides: Vec::new(),
    }
}

fn rotation(spec: RotationSpec) -> Rotation {
    Rotation::try_new(spec).unwrap()
}

#[test_case(Daily, "2026-01-01T09:00", "2026-01-01T08:00Z", 0, "2026-01-01T08:00Z", "2026-01-02T08:00Z"; "at the first hand-over")]
#[test_case(Daily, "2026-01-01T09:00", "2026-01-01T07:59Z", 2, "2025-12-31T08:00Z", "2026-01-01T08:00Z"; "before the first hand-over")]
#[test_case(Daily, "2026-01-01T09:00", "2025-12-01T12:00Z", 2, "2025-12-01T08:00Z", "2025-12-02T08:00Z"; "a month before the first hand-over")]
#[test_case(Daily, "2026-03-27T09:00", "2026-03-29T06:59Z", 1, "2026-03-28T08:00Z", "2026-03-29T07:00Z"; "a day of 23 hours")]
#[test_case(Daily, "2026-10-23T09:00", "2026-10-25T07:59Z", 1, "2026-10-24T07:00Z", "2026-10-25T08:00Z"; "a day of 25 hours")]
#[test_case(Daily, "2026-03-28T02:30", "2026-03-29T01:29Z", 0, "2026-03-28T01:30Z", "2026-03-29T01:30Z"; "a skipped hand-over is an hour later")]
#[test_case(Daily, "2026-03-28T02:30", "2026-03-29T01:30Z", 1, "2026-03-29T01:30Z", "2026-03-30T00:30Z"; "and the next is on time")]
#[test_case(Daily, "2026-10-24T02:30", "2026-10-25T00:30Z", 1, "2026-10-25T00:30Z", "2026-10-26T01:30Z"; "a hand-over that comes twice is the earlier")]
#[test_case(Weekly, "2026-03-23T09:00", "2026-03-30T06:59Z", 0, "2026-03-23T08:00Z", "2026-03-30T07:00Z"; "a week in which the clocks change")]
#[test_case(Hourly, "2026-03-29T00:00", "2026-03-29T01:30Z", 2, "2026-03-29T01:00Z", "2026-03-29T02:00Z"; "hours are real when the clocks skip one")]
#[test_case(Hourly, "2026-10-25T00:00", "2026-10-25T01:30Z", 0, "2026-10-25T01:00Z", "2026-10-25T02:00Z"; "hours are real when one comes twice")]
fn knows_the_shift(
    kind: RotationKind,
    start: &str,
    instant: &str,
    member: usize,
    from: &str,
    until: &str,
) {
    let rotation = rotation(spec(kind, start, "Europe/Berlin"));
    let shift = Shift {
        member,
        from: at(from),
        until: at(until),
        overridden: false,
    };
    assert_eq!(rotation.shift(at(instant)), shift);
    assert_eq!(rotation.on_call(at(instant)), member);
}

#[test]
fn a_turn_on_a_day_that_the_calendar_skips_has_no_time() {
    let rotation = rotation(spec(Daily, "2011-12-29T09:00", "Pacific/Apia"));
    let shifts = rotation.shifts(at("2011-12-29T19:00Z"), at("2012-01-01T00:00Z"));
    let members: Vec<usize> = shifts.iter().map(|shift| shift.member).collect();
    // 29 December, 31 December (the 30th was skipped, and its member with it), 1 January.
    assert_eq!(members, [0, 2, 0]);
    assert!(
        shifts
            .iter()
            .all(|shift| shift.until.duration_since(shift.from) == SignedDuration::from_hours(24))
    );
}

fn overridden(member: usize, from: &str, until: &str) -> Override {
    Override {
        from: at(from),
        until: at(until),
        member,
    }
}

#[test]
fn a_later_override_wins_and_the_rest_stays() {
    let rotation = rotation(RotationSpec {
        overrides: vec![
            overridden(2, "2026-01-01T12:00Z", "2026-01-02T12:00Z"),
            overridden(1, "2026-01-01T18:00Z", "2026-01-01T20:00Z"),
        ],
        ..spec(Daily, "2026-01-01T00:00", "UTC")
    });
    let shifts: Vec<String> = rotation
        .shifts(at("2026-01-01T00:00Z"), at("2026-01-02T13:00Z"))
        .iter()
        .map(|shift| {
            let mark = if shift.overridden { "!" } else { "" };
            format!("{}{mark} {} to {}", shift.member, shift.from, shift.until)
        })
        .collect();
    assert_eq!(
        shifts,
        [
            "0 2026-01-01T00:00:00Z to 2026-01-01T12:00:00Z",
            "2! 2026-01-01T12:00:00Z to 2026-01-01T18:00:00Z",
            "1! 2026-01-01T18:00:00Z to 2026-01-01T20:00:00Z",
            "2! 2026-01-01T20:00:00Z to 2026-01-02T12:00:00Z",
            "1 2026-01-02T12:00:00Z to 2026-01-03T00:00:00Z",
        ]
    );
}

#[test]
fn kinds_are_written_in_small_letters() {
    let kinds = serde_json::to_string(&[Hourly, Daily, Weekly]).unwrap();
    assert_eq!(kinds, r#"["hourly","daily","weekly"]"#);
    let read: [RotationKind; 3] = serde_json::from_str(&kinds).unwrap();
    assert_eq!(read, [Hourly, Daily, Weekly]);
}

#[test]
fn an_empty_time_has_no_shifts() {
    let rotation = rotation(spec(Daily, "2026-01-01T09:00", "UTC"));
    let noon = at("2026-01-01T12:00Z");
    assert_eq!(rotation.shifts(noon, noon), []);
}

#[test_case(RotationSpec { shift_length: 0, ..spec(Daily, "2026-01-01T09:00", "UTC") },
    "`shift_length` is 0: write how many hours, days or weeks a shift lasts, at least 1"; "no length")]
#[test_case(RotationSpec { members: 0, ..spec(Daily, "2026-01-01T09:00", "UTC") },
    "there are no members: name at least one"; "no members")]
#[test_case(spec(Daily, "2026-01-01T09:00", "Berlin"), "`time_zone` is wrong"; "no time zone")]
#[test_case(spec(Daily, "9999-12-31T09:00", "UTC"),
    "`start` 9999-12-31T09:00:00 is out of range: write a date between the years 1 and 9998"; "at the end of all calendars")]
#[test_case(RotationSpec { overrides: vec![overridden(3, "2026-01-01T18:00Z", "2026-01-01T20:00Z")], ..spec(Daily, "2026-01-01T09:00", "UTC") },
    "`overrides[0].member` is 3, but there are 3 members, counted from 0"; "an override by nobody")]
#[test_case(RotationSpec { overrides: vec![overridden(1, "2026-01-01T20:00Z", "2026-01-01T20:00Z")], ..spec(Daily, "2026-01-01T09:00", "UTC") },
    "`overrides[0]` ends at 2026-01-01T20:00:00Z, which is not after 2026-01-01T20:00:00Z: swap the two, or remove it"; "an override of no time")]
fn refuses(spec: RotationSpec, why: &str) {
    assert_eq!(Rotation::try_new(spec).unwrap_err().to_string(), why);
}

#[test]
fn the_reason_says_which_time_zone_was_meant() {
    let Err(InvalidRotation::TimeZone(unknown)) =
        Rotation::try_new(spec(Daily, "2026-01-01T09:00", "Berlin"))
    else {
        panic!("there is no such time zone");
    };
    assert_eq!(
        unknown.to_string(),
        "`Berlin` is no time zone: write Europe/Berlin"
    );
}

#[test_case(Hourly, 1)]
#[test_case(Daily, 1)]
#[test_case(Weekly, u32::MAX)]
fn answers_at_the_ends_of_time(kind: RotationKind, shift_length: u32) {
    for zone in ["UTC", "Pacific/Apia", "America/New_York"] {
        for start in ["0001-01-01T00:00", "2026-03-29T02:30", "9998-12-31T23:59"] {
            let rotation = rotation(RotationSpec {
                shift_length,
                ..spec(kind, start, zone)
            });
            for instant in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
                let shift = rotation.shift(instant);
                assert!(shift.member < 3);
                assert!(shift.from <= instant && instant <= shift.until);
                let longest = SignedDuration::from_hours(48);
                assert!(kind == Weekly || shift.until.duration_since(shift.from) <= longest);
            }
        }
    }
}

const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Berlin",
    "America/Havana",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Pacific/Apia",
];

fn start() -> impl Strategy<Value = DateTime> {
    let day = (2010..2030_i16, 1..=12_i8, 1..=28_i8);
    let time = prop_oneof![
        select(vec![
            (0, 0),
            (0, 30),
            (1, 30),
            (2, 0),
            (2, 15),
            (2, 30),
            (9, 0)
        ]),
        (0..24_i8, 0..60_i8),
    ];
    (day, time).prop_map(|((year, month, day), (hour, minute))| {
        date(year, month, day).at(hour, minute, 0, 0)
    })
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // 2010 to 2030.
    (1_262_304_000_i64..1_893_456_000).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn overrides(near: Timestamp, members: usize) -> impl Strategy<Value = Vec<Override>> {
    let given = (-600_i64..600, 1_i64..400, 0..members).prop_map(move |(after, hours, member)| {
        let from = near + SignedDuration::from_hours(after);
        let until = from + SignedDuration::from_hours(hours);
        Override {
            from,
            until,
            member,
        }
    });
    vec(given, 0..6)
}

/// A rotation without its overrides, the overrides, and an instant near them.
fn case() -> impl Strategy<Value = (RotationSpec, Vec<Override>, Timestamp)> {
    let kind = select(vec![Hourly, Daily, Weekly]);
    (
        kind,
        1..40_u32,
        start(),
        select(&ZONES),
        1..5_usize,
        instant(),
    )
        .prop_flat_map(|(kind, shift_length, start, time_zone, members, at)| {
            let spec = RotationSpec {
                kind,
                shift_length,
                start,
                time_zone: time_zone.to_owned(),
                members,
                overrides: Vec::new(),
            };
            (Just(spec), overrides(at, members), Just(at))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn shifts_leave_no_gap_and_agree_with_who_is_on_call((spec, overrides, at) in case()) {
        let plain = rotation(spec.clone());
        let rotation = rotation(RotationSpec { overrides: overrides.clone(), ..spec });
        let (from, until) = (at - SignedDuration::from_hours(400), at + SignedDuration::from_hours(900));
        let shifts = rotation.shifts(from, until);
        prop_assert!(shifts.first().unwrap().from <= from);
        prop_assert!(shifts.last().unwrap().from < until);
        prop_assert!(shifts.last().unwrap().until >= until);
        for pair in shifts.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
        }
        for shift in &shifts {
            prop_assert!(shift.from < shift.until);
            let last = shift.until - SignedDuration::from_nanos(1);
            for instant in [shift.from, shift.from + (last.duration_since(shift.from) / 2), last] {
                prop_assert_eq!(rotation.shift(instant), *shift);
                prop_assert_eq!(rotation.on_call(instant), shift.member);
                // The last override in the list that holds decides, and without one whose turn it is.
                let decides = overrides.iter().rfind(|given| given.from <= instant && instant < given.until);
                prop_assert_eq!(shift.overridden, decides.is_some());
                let member = decides.map_or_else(|| plain.on_call(instant), |given| given.member);
                prop_assert_eq!(shift.member, member);
            }
        }
    }

    #[test]
    fn hand_overs_are_at_one_local_time_and_turns_go_round((spec, _, at) in case()) {
        let zone = TimeZone::get(&spec.time_zone).unwrap();
        let rotation = rotation(spec.clone());
        let units = match spec.kind { Hourly => 1, Daily => 24, Weekly => 7 * 24 };
        let length = SignedDuration::from_hours(units * i64::from(spec.shift_length));
        let shifts = rotation.shifts(at, at + length * 12);
        for shift in &shifts {
            if spec.kind == Hourly {
                prop_assert_eq!(shift.until.duration_since(shift.from), length);
                continue;
            }
            let local = zone.to_datetime(shift.from);
            let mut meant = local.date().to_datetime(spec.start.time());
            if local.time() != spec.start.time() {
                // Half past eleven at night may be skipped into the next day.
                if local < meant {
                    meant = meant.yesterday().unwrap();
                }
                let skipped = zone.to_ambiguous_timestamp(meant);
                let gap = matches!(skipped.offset(), AmbiguousOffset::Gap { .. });
                prop_assert!(gap);
                prop_assert_eq!(skipped.later().unwrap(), shift.from);
            }
            let days_of = |meant: DateTime| spec.start.duration_until(meant).as_hours() / 24;
            let before = meant.yesterday().unwrap();
            if days_of(meant).rem_euclid(length.as_hours() / 24) != 0 {
                // The day that Samoa skipped: its hand-over is a day later, at the same time.
                prop_assert_eq!(zone.to_timestamp(before).unwrap(), shift.from);
                meant = before;
            }
            let days = days_of(meant);
            let turn = days.div_euclid(length.as_hours() / 24);
            prop_assert_eq!(turn.rem_euclid(i64::try_from(spec.members).unwrap()), i64::try_from(shift.member).unwrap());
            prop_assert_eq!(days.rem_euclid(length.as_hours() / 24), 0);
        }
        if spec.time_zone != "Pacific/Apia" {
            for pair in shifts.windows(2) {
                prop_assert_eq!(pair[1].member, (pair[0].member + 1) % spec.members);
            }
        }
    }

    #[test]
    fn the_first_hand_over_is_at_the_start_and_to_the_first((spec, _, _) in case()) {
        let start = TimeZone::get(&spec.time_zone).unwrap().to_timestamp(spec.start).unwrap();
        let rotation = rotation(spec.clone());
        let before = rotation.shift(start - SignedDuration::from_nanos(1));
        prop_assert_eq!(before.until, start);
        // The calendar may skip the very day of the start.
        if spec.time_zone != "Pacific/Apia" {
            prop_assert_eq!(rotation.on_call(start), 0);
            prop_assert_eq!(rotation.shift(start).from, start);
            prop_assert_eq!(before.member, spec.members - 1);
        }
    }
}
