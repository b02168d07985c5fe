//! Why something that was told is not what was expected, in words.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::compare::{Difference, fits_receiver, near, off};
use crate::expected::{Expected, ExpectedAlert};
use crate::seconds::Seconds;
use crate::show::{Line, LineAlert};

/// How far a notification is from an expectation; what is told to somebody else is farther than what
/// comes late, and other alerts lie between the two.
pub(crate) fn distance(row: &Expected, line: &Line) -> f64 {
    let receiver = if fits_receiver(row, line) { 0.0 } else { 1e9 };
    let step = match row.step {
        Some(step) if line.step != Some(step) => 1e6,
        Some(_) | None => 0.0,
    };
    let mut alerts: f64 = 0.0;
    if let Some(rows) = &row.alerts {
        let pairs = pair(rows, &line.alerts);
        for (row, alert) in &pairs.both {
            alerts += f64::from(u8::from(!differences(row, alert).is_empty())) * 10.0;
        }
        for _ in pairs
            .missing
            .iter()
            .map(|_| ())
            .chain(pairs.extra.iter().map(|_| ()))
        {
            alerts += 1e4;
        }
    }
    receiver + step + alerts + off(row, line).abs().min(1e5)
}

/// What differs.
pub(crate) fn why(row: &Expected, line: &Line) -> Vec<String> {
    let mut why = Vec::new();
    if !fits_receiver(row, line) {
        why.push(format!("{} was told", line.receiver));
    }
    if let Some(step) = row.step.filter(|step| line.step != Some(*step)) {
        why.push(match line.step {
            Some(told) => format!("it was step {told}, not {step}"),
            None => format!("no step of a ladder told it, where step {step} should"),
        });
    }
    let off = off(row, line);
    if off > 0.0 {
        why.push(format!("it came {} s too late", number(off)));
    } else if off < 0.0 {
        why.push(format!("it came {} s too early", number(-off)));
    }
    if let Some(rows) = &row.alerts {
        let pairs = pair(rows, &line.alerts);
        for row in pairs.missing {
            why.push(format!(
                "it lacks {} {}",
                labels(&row.labels),
                row.status.as_str()
            ));
        }
        for alert in pairs.extra {
            why.push(format!(
                "it names {} {} besides",
                labels(&alert.labels),
                alert.status.as_str()
            ));
        }
        for (row, alert) in pairs.both {
            why.extend(
                differences(row, alert)
                    .into_iter()
                    .map(|what| format!("{}: {what}", labels(&row.labels))),
            );
        }
    }
    why
}

/// Expected alerts and those that were told, by their labels.
struct Pairs<'a> {
    both: Vec<(&'a ExpectedAlert, &'a LineAlert)>,
    missing: Vec<&'a ExpectedAlert>,
    extra: Vec<&'a LineAlert>,
}

fn pair<'a>(rows: &'a [ExpectedAlert], alerts: &'a [LineAlert]) -> Pairs<'a> {
    let mut extra: Vec<&LineAlert> = alerts.iter().collect();
    let (mut both, mut missing) = (Vec::new(), Vec::new());
    for row in rows {
        match extra.iter().position(|alert| alert.labels == row.labels) {
            Some(place) => both.push((row, extra.remove(place))),
            None => missing.push(row),
        }
    }
    Pairs {
        both,
        missing,
        extra,
    }
}

fn differences(row: &ExpectedAlert, alert: &LineAlert) -> Vec<String> {
    let mut found = Vec::new();
    if row.status != alert.status {
        let (is, should) = (alert.status.as_str(), row.status.as_str());
        found.push(format!("is {is}, not {should}"));
    }
    let times = [
        ("starts_at", row.starts_at, Some(alert.starts_at)),
        ("ends_at", row.ends_at, alert.ends_at),
    ];
    for (name, expected, is) in times {
        if let Some(expected) = expected.filter(|expected| !near(Some(*expected), is)) {
            let is = is.map_or_else(|| "not said".to_owned(), number);
            found.push(format!("{name} is {is}, not {}", number(expected.get())));
        }
    }
    if let Some(expected) = row
        .annotations
        .as_ref()
        .filter(|it| **it != alert.annotations)
    {
        let (is, should) = (labels(&alert.annotations), labels(expected));
        found.push(format!("annotations are {is}, not {should}"));
    }
    found
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing {
                place,
                expected,
                nearest,
            } => {
                writeln!(f, "expect[{place}] was not told: {}", Row(expected))?;
                match nearest {
                    Some(nearest) => {
                        write!(f, "  nearest: {}", Told(&nearest.told))?;
                        for why in &nearest.why {
                            write!(f, "\n  why not: {why}")?;
                        }
                        Ok(())
                    }
                    None => f.write_str("  nobody was told anything"),
                }
            }
            Self::Unexpected { told } => {
                write!(
                    f,
                    "nothing expects: {}\n  it was told because {}",
                    Told(told),
                    told.reason
                )
            }
        }
    }
}

struct Row<'a>(&'a Expected);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected {
            receiver,
            from,
            until,
            alerts,
            step,
            to,
        } = self.0;
        let second = |at: &Seconds| number(at.get());
        let whom = receiver.as_ref().into_iter().chain(to);
        let whom: Vec<&str> = whom.map(String::as_str).collect();
        let whom = if whom.is_empty() {
            "anybody".to_owned()
        } else {
            whom.join(" or ")
        };
        write!(f, "{whom}, {} to {} s", second(from), second(until))?;
        if let Some(step) = step {
            write!(f, ", step {step}")?;
        }
        let named = alerts.iter().flatten();
        let named = named.map(|alert| (&alert.labels, alert.status.as_str()));
        list(f, named)
    }
}

struct Told<'a>(&'a Line);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0;
        write!(
            f,
            "{} by {} at {} s",
            line.receiver,
            line.channel,
            number(line.at)
        )?;
        if let Some(step) = line.step {
            write!(f, ", step {step}")?;
        }
        let named = line.alerts.iter();
        list(f, named.map(|alert| (&alert.labels, alert.status.as_str())))
    }
}

fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    alerts: impl Iterator<Item = (&'a BTreeMap<String, String>, &'a str)>,
) -> fmt::Result {
    const MOST: usize = 8;
    let mut left: usize = 0;
    for (place, (names, status)) in alerts.enumerate() {
        if place < MOST {
            let before = if place == 0 { ": " } else { ", " };
            write!(f, "{before}{} {status}", labels(names))?;
        } else {
            left += 1;
        }
    }
    if left > 0 {
        write!(f, " and {left} more")?;
    }
    Ok(())
}

fn labels(labels: &BTreeMap<String, String>) -> String {
    let mut text = String::from("{");
    for (place, (name, value)) in labels.iter().enumerate() {
        let before = if place == 0 { "" } else { ", " };
        let _ = write!(text, "{before}{name}={value}");
    }
    text.push('}');
    text
}

/// At most three digits behind the point.
fn number(number: f64) -> String {
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}
