//! How much memory a function should have, from how much it used: a hint for people, once a day.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::finding::{Finding, Measurement, SOURCE};
use crate::state::{Memory, State, begin};

/// What kind of finding it is.
pub const KIND: &str = "Right-size hint";
/// A day in which the function ran in fewer hours says too little.
const HOURS: u32 = 6;
/// Lambda's smallest size.
const SMALLEST: u32 = 128;
/// The peak gets a quarter on top of it, and the sum is rounded up to this.
const STEP: u32 = 64;
/// Above this share of its memory a function is near its death.
const TIGHT_PERCENT: u32 = 90;

/// What a function should have, if that is something else than it has.
#[must_use]
pub fn right_size(memory: Memory) -> Option<u32> {
    if memory.size == 0 || memory.hours.count_ones() < HOURS {
        return None;
    }
    let wanted = memory.used.saturating_add(memory.used.div_ceil(4));
    let wanted = wanted
        .div_ceil(STEP)
        .saturating_mul(STEP)
        .clamp(SMALLEST, 10_240);
    let tight = memory.used.saturating_mul(100) >= memory.size.saturating_mul(TIGHT_PERCENT);
    // Less memory is less processor too: only a size that is halved at least is worth a try.
    let wasteful = wanted.saturating_mul(2) <= memory.size;
    (tight && wanted > memory.size || wasteful).then_some(wanted)
}

/// Hints about the day before today, for the functions that ran in it. The same state gives the same hints.
#[must_use]
pub fn hints(state: &State, now: Timestamp, zone: &TimeZone) -> Vec<Finding> {
    let today = zone.to_datetime(now).date();
    let Some((yesterday, ended)) = today.yesterday().ok().zip(begin(today, zone)) else {
        return Vec::new();
    };
    let label = compact_str::format_compact!("{yesterday}");
    let known = state.memory.iter().filter_map(|(function, days)| {
        let memory = *days.get(&label)?;
        Some(hint(function, memory, right_size(memory)?, ended))
    });
    known.collect()
}

fn hint(function: &CompactString, memory: Memory, wanted: u32, at: Timestamp) -> Finding {
    let Memory { size, used, .. } = memory;
    let more = wanted > size;
    let title = if more {
        format!(
            "Lambda function {function} should have more memory: {wanted} MB instead of {size} MB"
        )
    } else {
        format!(
            "Lambda function {function} could have less memory: {wanted} MB instead of {size} MB"
        )
    };
    let description = format!(
        "It used {used} MB of {size} MB at most. {}",
        if more {
            "A little more would have killed it."
        } else {
            "Less memory means less processor: try it with AWS Lambda Power Tuning before."
        }
    );
    let labels = [
        ("rule", "lambda-right-size"),
        ("FunctionName", function.as_str()),
        ("direction", if more { "more" } else { "less" }),
    ];
    Finding {
        schema: "tocsin.finding/1",
        title,
        source: SOURCE,
        kind: KIND,
        status: "info",
        description,
        labels: labels
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        annotations: BTreeMap::new(),
        measurement: Measurement {
            value: u64::from(used),
            threshold: u64::from(size),
            comparison: if more { ">=" } else { "<" },
            unit: "Megabytes",
        },
        starts_at: at,
        changed_at: at,
    }
}

#[cfg(test)]
mod tests {
    use super::right_size;
    use crate::state::Memory;
    use test_case::test_case;

    #[test_case(1024, 200, 8, Some(256); "far too large")]
    #[test_case(512, 200, 8, Some(256); "half is enough")]
    #[test_case(512, 300, 8, None; "a smaller one would not be half")]
    #[test_case(128, 60, 24, None; "there is none smaller")]
    #[test_case(256, 250, 8, Some(320); "nearly all of it")]
    #[test_case(1024, 200, 5, None; "too few hours")]
    #[test_case(10_240, 10_200, 8, None; "there is none larger")]
    fn advises(size: u32, used: u32, hours: u32, expected: Option<u32>) {
        let memory = Memory {
            size,
            used,
            hours: (1 << hours) - 1,
        };
        assert_eq!(right_size(memory), expected);
    }
}
