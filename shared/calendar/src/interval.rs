//! A checked time interval: which instants are in it, and when that changes.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::range::{Complaint, Range, TimeRange, Unit};
use crate::{Fault, InvalidTimeInterval, RawTimeInterval, zone};

/// When something holds, exactly as Prometheus Alertmanager says, with two exceptions: in the
/// month in which the clocks go forward Alertmanager counts a day too few, so that `-1` is the
/// day before the last (here it is the last in every month); and what could never hold or is
/// ambiguous (month 13, an empty list) is refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawTimeInterval", into = "RawTimeInterval")]
pub struct TimeInterval {
    times: Vec<TimeRange>,
    weekdays: Vec<Range>,
    days_of_month: Vec<Range>,
    months: Vec<Range>,
    years: Vec<Range>,
    location: Option<String>,
    zone: TimeZone,
}

const SECONDS_PER_DAY: i64 = 86_400;
/// More than a leap year: whatever changes once a year is seen.
const HORIZON: SignedDuration = SignedDuration::from_hours(400 * 24);

impl TimeInterval {
    /// Whether an instant is in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.holds(self.zone.to_offset(at).to_datetime(at))
    }

    /// The first instant after `at` at which [`contains`](Self::contains) has another answer
    /// than at `at`, when there is one within 400 days.
    #[must_use]
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        let now = self.contains(at);
        let last = at.saturating_add(HORIZON).ok()?;
        let edges = self.edges();
        let mut offset = self.zone.to_offset(at);
        let mut after = at;
        // Between two transitions local time runs as fast as real time, and each local time
        // comes once. At a transition it jumps, so that the answer may change there, too.
        for transition in self.zone.following(at) {
            let (jump, next_offset) = (transition.timestamp(), transition.offset());
            if jump > last {
                break;
            }
            let found = self.change_between(after, jump, offset, now, &edges);
            if found.is_some() {
                return found;
            }
            (after, offset) = (jump, next_offset);
            if self.holds(offset.to_datetime(jump)) != now {
                return Some(jump);
            }
        }
        let end = last.saturating_add(SignedDuration::from_nanos(1)).ok()?;
        self.change_between(after, end, offset, now, &edges)
    }

    /// The first change after one instant and before another, with one offset all the time.
    fn change_between(
        &self,
        after: Timestamp,
        before: Timestamp,
        offset: Offset,
        now: bool,
        edges: &[u16],
    ) -> Option<Timestamp> {
        let mut date = offset.to_datetime(after).date();
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        let mut midnight = seconds_between(DateTime::constant(1970, 1, 1, 0, 0, 0, 0), midnight)
            - i64::from(offset.seconds());
        loop {
            let day_holds = self.day_holds(date);
            // Nothing begins on a day that is not in it, so its edges need no look.
            if day_holds || now {
                for edge in edges {
                    // An instant that cannot be told is before or after all time.
                    let Ok(instant) = Timestamp::from_second(midnight + i64::from(*edge) * 60)
                    else {
                        continue;
                    };
                    if instant >= before {
                        return None;
                    }
                    if instant > after && (day_holds && self.minute_holds(*edge)) != now {
                        return Some(instant);
                    }
                }
            }
            midnight += SECONDS_PER_DAY;
            date = date.tomorrow().ok()?;
            if midnight > before.as_second() {
                return None;
            }
        }
    }

    fn holds(&self, local: DateTime) -> bool {
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        self.minute_holds(minute) && self.day_holds(local.date())
    }

    fn minute_holds(&self, minute: u16) -> bool {
        self.times.is_empty() || self.times.iter().any(|range| range.contains(minute))
    }

    fn day_holds(&self, date: Date) -> bool {
        let weekday = i16::from(date.weekday().to_sunday_zero_offset());
        holds(&self.years, |range| range.contains(date.year()))
            && holds(&self.months, |range| {
                range.contains(i16::from(date.month()))
            })
            && holds(&self.weekdays, |range| range.contains(weekday))
            && holds(&self.days_of_month, |range| range.contains_day(date))
    }

    /// The minutes of a day at which the answer may change, in order.
    fn edges(&self) -> Vec<u16> {
        let ends = self.times.iter().flat_map(|range| [range.start, range.end]);
        let mut edges: Vec<u16> = std::iter::once(0)
            .chain(ends)
            .filter(|edge| *edge < 1440)
            .collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

fn holds(ranges: &[Range], holds: impl Fn(Range) -> bool) -> bool {
    ranges.is_empty() || ranges.iter().any(|range| holds(*range))
}

fn seconds_between(from: DateTime, until: DateTime) -> i64 {
    from.duration_until(until).as_secs()
}

impl TryFrom<RawTimeInterval> for TimeInterval {
    type Error = InvalidTimeInterval;

    fn try_from(raw: RawTimeInterval) -> Result<Self, Self::Error> {
        let mut faults = Vec::new();
        let mut complain = |field: String, (problem, remedy): Complaint| {
            faults.push(Fault {
                field,
                problem,
                remedy,
            });
        };
        let mut times = Vec::new();
        for (at, range) in raw.times.iter().enumerate() {
            match TimeRange::read(range) {
                Ok(range) => times.push(range),
                Err(complaints) => {
                    for (field, complaint) in complaints {
                        complain(format!("times[{at}].{field}"), complaint);
                    }
                }
            }
        }
        let mut read = |field: &str, unit: Unit, texts: &[String]| {
            let mut ranges = Vec::new();
            for (at, text) in texts.iter().enumerate() {
                match unit.read(text) {
                    Ok(range) => ranges.push(range),
                    Err(complaint) => complain(format!("{field}[{at}]"), complaint),
                }
            }
            ranges
        };
        let weekdays = read("weekdays", Unit::Weekday, &raw.weekdays);
        let days_of_month = read("days_of_month", Unit::DayOfMonth, &raw.days_of_month);
        let months = read("months", Unit::Month, &raw.months);
        let years = read("years", Unit::Year, &raw.years);
        // `Local` is the time zone of the machine, and a function's machine has UTC.
        let zone = match raw.location.as_deref() {
            None | Some("" | "Local") => TimeZone::UTC,
            Some(name) => zone::find(name).unwrap_or_else(|unknown| {
                let problem = format!("`{}` is no time zone", unknown.name);
                complain("location".to_owned(), (problem, unknown.remedy));
                TimeZone::UTC
            }),
        };
        if !faults.is_empty() {
            return Err(InvalidTimeInterval::new(faults));
        }
        Ok(Self {
            times,
            weekdays,
            days_of_month,
            months,
            years,
            location: raw.location,
            zone,
        })
    }
}

impl From<TimeInterval> for RawTimeInterval {
    fn from(interval: TimeInterval) -> Self {
        let write = |unit: Unit, ranges: Vec<Range>| -> Vec<String> {
            ranges.into_iter().map(|range| unit.write(range)).collect()
        };
        Self {
            times: interval.times.into_iter().map(TimeRange::write).collect(),
            weekdays: write(Unit::Weekday, interval.weekdays),
            days_of_month: write(Unit::DayOfMonth, interval.days_of_month),
            months: write(Unit::Month, interval.months),
            years: write(Unit::Year, interval.years),
            location: interval.location,
        }
    }
}
