//! Exponential back-off with full jitter: anything between nothing and the ceiling, so that senders
//! that failed together do not come back together.

use jiff::SignedDuration;

/// How long to wait before the next attempt when the other side does not say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    base_millis: u64,
    cap_millis: u64,
}

/// Durations that make no back-off.
#[derive(Debug, thiserror::Error)]
#[error("a back-off's base must be at least one millisecond and no longer than its cap")]
pub struct InvalidBackoff;

impl Backoff {
    /// A visibility time-out counts whole seconds, and zero would mean "at once".
    const LEAST: u64 = 1000;

    /// The ceiling after the first attempt is `base`, doubles with each attempt and stops at `cap`.
    ///
    /// # Errors
    /// When `base` is under a millisecond or over `cap`.
    pub fn try_new(base: SignedDuration, cap: SignedDuration) -> Result<Self, InvalidBackoff> {
        let millis = |d: SignedDuration| u64::try_from(d.as_millis()).unwrap_or_default();
        let (base_millis, cap_millis) = (millis(base), millis(cap));
        if base_millis == 0 || base_millis > cap_millis {
            return Err(InvalidBackoff);
        }
        Ok(Self {
            base_millis,
            cap_millis,
        })
    }

    /// The wait after the given attempt (from 1), chosen by a random number over the whole range.
    #[must_use]
    pub fn delay(&self, attempt: u32, random: u64) -> SignedDuration {
        let doublings = attempt.saturating_sub(1).min(40);
        let ceiling = self
            .base_millis
            .saturating_mul(1_u64 << doublings)
            .min(self.cap_millis);
        // The upper half of the product is `ceiling` scaled by the random number, without bias.
        let scaled = (u128::from(ceiling) * u128::from(random)) >> 64;
        let millis = u64::try_from(scaled).unwrap_or(ceiling).max(Self::LEAST);
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

impl Default for Backoff {
    /// Two seconds, doubling up to five minutes: an alert must not wait longer than that.
    fn default() -> Self {
        Self {
            base_millis: 2000,
            cap_millis: 300_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case(1, 2)]
    #[test_case(2, 4)]
    #[test_case(5, 32)]
    #[test_case(9, 300; "the cap")]
    #[test_case(u32::MAX, 300; "no overflow")]
    fn the_ceiling_doubles_up_to_the_cap(attempt: u32, seconds: i64) {
        let longest = Backoff::default().delay(attempt, u64::MAX);
        assert_eq!(longest.as_millis(), i128::from(seconds) * 1000 - 1);
    }

    #[test_case(0, 1; "nothing set")]
    #[test_case(2, 1; "base over cap")]
    fn impossible_backoffs_are_refused(base: i64, cap: i64) {
        let seconds = SignedDuration::from_secs;
        assert!(Backoff::try_new(seconds(base), seconds(cap)).is_err());
    }

    proptest! {
        #[test]
        fn a_delay_is_never_zero_and_never_over_the_cap(attempt: u32, random: u64) {
            let delay = Backoff::default().delay(attempt, random);
            prop_assert!(delay >= SignedDuration::from_secs(1));
            prop_assert!(delay <= SignedDuration::from_secs(300));
        }
    }
}
