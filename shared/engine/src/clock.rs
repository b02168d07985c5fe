//! Time and chance, as arguments: a simulation has its own.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

/// What time it is, and waiting.
pub trait Clock: Send + Sync {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

impl<C: Clock> Clock for &C {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        (**self).sleep(duration)
    }
}

/// How long to insist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// How often a record is read and a decision taken when the table stumbles or somebody else was
    /// faster. Few decide about the same at once, and each time one of them wins.
    pub attempts: u32,
    /// The longest pause before the second attempt.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 8,
            pause: Duration::from_millis(40),
        }
    }
}

/// Makes pauses that are never the same for two that collided; the same again from the same seed.
#[derive(Debug)]
pub(crate) struct Jitter(Mutex<Rng>);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Rng::with_seed(seed)))
    }

    /// Longer each time.
    pub(crate) fn pause(&self, patience: Patience, attempt: u32) -> Duration {
        let share = self.0.lock().unwrap_or_else(PoisonError::into_inner).f64();
        patience.pause.saturating_mul(attempt).mul_f64(share)
    }
}
