//! How much one caller may ask for, and how often one address may present what is wrong.
//!
//! Token buckets in this instance's memory. A counter in the table would be exact over all instances
//! and would cost a write for every request that is refused: whoever floods us would be paid for by us,
//! and the table that alerts need would be asked more the worse it gets. The function's reserved
//! concurrency bounds the number of instances, so that limit times instances bounds the whole.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// So many at once…
    pub burst: f64,
    /// …and so many a second in the long run.
    pub per_second: f64,
}

/// A machine with a token.
pub const TOKEN: Rate = Rate {
    burst: 60.0,
    per_second: 5.0,
};
/// Whoever holds a link.
pub const LINK: Rate = Rate {
    burst: 30.0,
    per_second: 0.5,
};
/// An address, whatever it asks for. Slack and PagerDuty send for many people from few of them.
pub const ADDRESS: Rate = Rate {
    burst: 120.0,
    per_second: 20.0,
};
/// What an address presents wrongly, and nothing that verifies: a secret of 256 bits is not guessed at
/// any rate, so this keeps the log small.
pub const FAILURES: Rate = Rate {
    burst: 10.0,
    per_second: 0.1,
};

/// More callers than this are forgotten, those with the fullest buckets first.
const CALLERS: usize = 4_096;

/// Who is counted.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Caller {
    /// A machine's token, by its id.
    Token(String),
    /// A link, by a hash.
    Link(String),
    /// An address.
    Address(String),
    /// The failures of an address.
    Failures(String),
}

impl Caller {
    const fn rate(&self) -> Rate {
        match self {
            Self::Token(_) => TOKEN,
            Self::Link(_) => LINK,
            Self::Address(_) => ADDRESS,
            Self::Failures(_) => FAILURES,
        }
    }
}

/// The buckets of this instance.
#[derive(Debug, Default)]
pub struct Limits(Mutex<HashMap<Caller, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Bucket {
    fn fill(self, rate: Rate, now: Timestamp) -> f64 {
        let seconds = now.duration_since(self.at).as_secs_f64().max(0.0);
        (self.left + seconds * rate.per_second).min(rate.burst)
    }
}

impl Limits {
    /// Takes one from a caller's bucket.
    ///
    /// # Errors
    /// With the seconds after which there is one again.
    pub fn take(&self, caller: Caller, now: Timestamp) -> Result<(), u64> {
        let rate = caller.rate();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = buckets
            .get(&caller)
            .map_or(rate.burst, |bucket| bucket.fill(rate, now));
        if left < 1.0 {
            return Err(wait(rate, left));
        }
        if buckets.len() >= CALLERS && !buckets.contains_key(&caller) {
            forget(&mut buckets, now);
        }
        let left = left - 1.0;
        buckets.insert(caller, Bucket { left, at: now });
        Ok(())
    }
}

/// Whole seconds until there is one.
fn wait(rate: Rate, left: f64) -> u64 {
    let seconds = ((1.0 - left) / rate.per_second).ceil();
    // At most 1 / 0.1 seconds: no number is lost.
    (1..=60_u32)
        .find(|whole| f64::from(*whole) >= seconds)
        .map_or(60, u64::from)
}

/// Full buckets say nothing; if there are none, those that say the least go.
fn forget(buckets: &mut HashMap<Caller, Bucket>, now: Timestamp) {
    let share = |caller: &Caller, bucket: &Bucket| {
        let rate = caller.rate();
        bucket.fill(rate, now) / rate.burst
    };
    buckets.retain(|caller, bucket| share(caller, bucket) < 1.0);
    if buckets.len() >= CALLERS {
        let mut shares: Vec<f64> = buckets.iter().map(|(c, b)| share(c, b)).collect();
        shares.sort_by(f64::total_cmp);
        let median = shares.get(shares.len() / 2).copied().unwrap_or_default();
        buckets.retain(|caller, bucket| share(caller, bucket) < median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let limits = Limits::default();
        let caller = || Caller::Failures("203.0.113.9".to_owned());
        for _ in 0..10 {
            limits.take(caller(), second(0)).unwrap();
        }
        assert_eq!(limits.take(caller(), second(0)), Err(10));
        assert_eq!(limits.take(caller(), second(4)), Err(6));
        assert_eq!(limits.take(caller(), second(10)), Ok(()));
        assert_eq!(limits.take(caller(), second(10)), Err(10));
        let other = Caller::Failures("203.0.113.10".to_owned());
        assert_eq!(limits.take(other, second(0)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_offenders_are_remembered() {
        let limits = Limits::default();
        let offender = Caller::Failures("203.0.113.9".to_owned());
        for _ in 0..10 {
            limits.take(offender.clone(), second(0)).unwrap();
        }
        for number in 0..20_000 {
            limits
                .take(Caller::Address(number.to_string()), second(0))
                .unwrap();
        }
        assert!(limits.0.lock().unwrap().len() <= CALLERS);
        assert!(limits.take(offender, second(0)).is_err());
    }
}
