//! The ranges of a time interval: days of the week and month, months, years, minutes of a day.

use jiff::civil::Date;

use crate::RawTimeRange;

/// What is wrong with a value, and what to write instead.
pub(crate) type Complaint = (String, String);

/// What the numbers of a range count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    Weekday,
    DayOfMonth,
    Month,
    Year,
}

/// Both ends belong to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Range {
    pub(crate) begin: i16,
    pub(crate) end: i16,
}

const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// No month is shorter: what is backwards in such a month need not be in a longer one.
const SHORTEST_MONTH: i16 = 28;

impl Unit {
    /// Reads `begin:end`, or one value that is both.
    pub(crate) fn read(self, text: &str) -> Result<Range, Complaint> {
        let lower = text.to_lowercase();
        let mut parts = lower.split(':');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        if parts.next().is_some() {
            return Err((
                format!("`{}` has more than one colon", shown(text)),
                self.example(),
            ));
        }
        let begin = self.number(first)?;
        let end = second.map_or(Ok(begin), |second| self.number(second))?;
        let range = Range { begin, end };
        self.complain_if_backwards(range, text)?;
        Ok(range)
    }

    /// Writes what it reads.
    pub(crate) fn write(self, range: Range) -> String {
        if range.begin == range.end {
            self.name(range.begin)
        } else {
            format!("{}:{}", self.name(range.begin), self.name(range.end))
        }
    }

    fn number(self, text: &str) -> Result<i16, Complaint> {
        let named = |names: &[&str], first: i16| {
            let at = names.iter().position(|name| *name == text)?;
            Some(i16::try_from(at).ok()? + first)
        };
        let counted = text.parse::<i16>().ok();
        let (number, what) = match self {
            Self::Weekday => (named(&WEEKDAYS, 0), "day of the week"),
            Self::DayOfMonth => (
                counted.filter(|day| *day != 0 && (-31..=31).contains(day)),
                "day of the month",
            ),
            Self::Month => (
                named(&MONTHS, 1).or(counted.filter(|month| (1..=12).contains(month))),
                "month",
            ),
            Self::Year => (counted.filter(|year| (0..=9999).contains(year)), "year"),
        };
        number.ok_or_else(|| (format!("`{}` is no {what}", shown(text)), self.example()))
    }

    fn example(self) -> String {
        match self {
            Self::Weekday => "write a name or two, such as sunday or monday:friday",
            Self::DayOfMonth => "write 1 to 31, -1 to -31 from the month's end, or two of them, such as 1:5 or -3:-1",
            Self::Month => "write a name or 1 to 12, or two of them, such as may or january:march",
            Self::Year => "write a year or two, such as 2030 or 2024:2026",
        }
        .to_owned()
    }

    fn complain_if_backwards(self, range: Range, text: &str) -> Result<(), Complaint> {
        let Range { begin, end } = range;
        let part = |begin, end| self.write(Range { begin, end });
        let backwards = format!("`{}` ends before it begins", shown(text));
        match self {
            Self::Weekday if begin > end => Err((
                backwards,
                format!(
                    "the week begins on sunday, write {} and {}",
                    part(begin, 6),
                    part(0, end)
                ),
            )),
            Self::Month if begin > end => Err((
                backwards,
                format!("write {} and {}", part(begin, 12), part(1, end)),
            )),
            Self::Year if begin > end => Err((backwards, format!("write {}", part(end, begin)))),
            Self::DayOfMonth if begin < 0 && end > 0 => Err((
                format!(
                    "`{}` begins counted from the month's end and ends counted from its beginning",
                    shown(text)
                ),
                format!("write {} and {}", part(begin, -1), part(1, end)),
            )),
            Self::DayOfMonth if from_beginning(begin) > from_beginning(end) => {
                let remedy = match (begin < 0, end < 0) {
                    (true, _) => format!("write {}", part(end, begin)),
                    (false, false) => format!("write {} and {}", part(begin, 31), part(1, end)),
                    (false, true) => format!("to reach the month's end write {}", part(begin, 31)),
                };
                Err((backwards, remedy))
            }
            Self::Weekday | Self::DayOfMonth | Self::Month | Self::Year => Ok(()),
        }
    }

    fn name(self, number: i16) -> String {
        let named = |names: &[&str], first: i16| {
            let name = usize::try_from(number - first)
                .ok()
                .and_then(|at| names.get(at).copied());
            name.map_or_else(|| number.to_string(), ToOwned::to_owned)
        };
        match self {
            Self::Weekday => named(&WEEKDAYS, 0),
            Self::Month => named(&MONTHS, 1),
            Self::DayOfMonth | Self::Year => number.to_string(),
        }
    }
}

/// What Alertmanager compares, to the day: a negative day counts from 28, not from 29.
const fn from_beginning(day: i16) -> i16 {
    if day < 0 { SHORTEST_MONTH + day } else { day }
}

impl Range {
    pub(crate) fn contains(self, number: i16) -> bool {
        (self.begin..=self.end).contains(&number)
    }

    /// Whether a day of the month is in it, in the month that it is a day of.
    pub(crate) fn contains_day(self, date: Date) -> bool {
        let days = i16::from(date.days_in_month());
        let resolved = |day: i16| if day < 0 { days + day + 1 } else { day };
        let (begin, end) = (resolved(self.begin), resolved(self.end));
        // A range that begins after the month's end is not moved into it.
        begin <= days && (begin..=end.min(days)).contains(&i16::from(date.day()))
    }
}

/// Minutes of a day, from the first up to, but not including, the last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TimeRange {
    pub(crate) start: u16,
    pub(crate) end: u16,
}

/// The field of a time range that a complaint is about.
pub(crate) type TimeField = &'static str;

impl TimeRange {
    pub(crate) fn read(raw: &RawTimeRange) -> Result<Self, Vec<(TimeField, Complaint)>> {
        let (start, end) = match (minute(&raw.start_time), minute(&raw.end_time)) {
            (Ok(start), Ok(end)) => (start, end),
            (start, end) => {
                let start = start.err().map(|complaint| ("start_time", complaint));
                let end = end.err().map(|complaint| ("end_time", complaint));
                return Err(start.into_iter().chain(end).collect());
            }
        };
        if start < end {
            return Ok(Self { start, end });
        }
        let remedy = match (start, end) {
            (start, end) if start == end => "for the whole day write 00:00 to 24:00".to_owned(),
            (1440, _) => format!("write 00:00 to {}", clock(end)),
            (_, 0) => format!("write {} to 24:00", clock(start)),
            (_, _) => format!(
                "to cross midnight write two ranges, {} to 24:00 and 00:00 to {}",
                clock(start),
                clock(end)
            ),
        };
        let problem = format!("`{}` is not after `{}`", clock(end), clock(start));
        Err(vec![("end_time", (problem, remedy))])
    }

    pub(crate) fn write(self) -> RawTimeRange {
        RawTimeRange {
            start_time: clock(self.start),
            end_time: clock(self.end),
        }
    }

    pub(crate) fn contains(self, minute: u16) -> bool {
        (self.start..self.end).contains(&minute)
    }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Reads `HH:MM`, both of two digits, up to 24:00.
fn minute(text: &str) -> Result<u16, Complaint> {
    let two_digits = |part: &str| {
        let is = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is.then(|| part.parse::<u16>().ok()).flatten()
    };
    let read = || {
        let (hours, minutes) = text.split_once(':')?;
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let of_day = hours * 60 + minutes;
        (minutes < 60 && of_day <= 1440).then_some(of_day)
    };
    read().ok_or_else(|| {
        (
            format!("`{}` is no time of day", shown(text)),
            "write HH:MM with two digits each, 00:00 to 24:00".to_owned(),
        )
    })
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::{Range, Unit};
    use jiff::civil::date;
    use std::ops::RangeInclusive;
    use test_case::test_case;

    // Alertmanager's own table has this row; it cannot be written in a file.
    #[test_case(30, 6, true; "the last day of june")]
    #[test_case(1, 6, true; "the first day of june")]
    fn days_out_of_bounds_are_clamped_to_the_month(day: i8, month: i8, inside: bool) {
        let all = Range {
            begin: -31,
            end: 31,
        };
        assert_eq!(all.contains_day(date(2020, month, day)), inside);
    }

    // Whatever two values are written, in whatever order.
    #[test_case(Unit::Weekday, 0..=6)]
    #[test_case(Unit::DayOfMonth, -31..=31)]
    #[test_case(Unit::Month, 1..=12)]
    #[test_case(Unit::Year, 2020..=2030)]
    fn what_a_remedy_says_to_write_may_be_written(unit: Unit, numbers: RangeInclusive<i16>) {
        let numbers = || {
            numbers
                .clone()
                .filter(|number| *number != 0 || unit != Unit::DayOfMonth)
        };
        for (begin, end) in numbers().flat_map(|begin| numbers().map(move |end| (begin, end))) {
            let text = format!("{}:{}", unit.name(begin), unit.name(end));
            let Err((_, remedy)) = unit.read(&text) else {
                continue;
            };
            let (_, ranges) = remedy.split_once("write ").unwrap();
            for range in ranges.split(" and ") {
                assert!(unit.read(range).is_ok(), "{text}: {remedy}");
            }
        }
    }
}
