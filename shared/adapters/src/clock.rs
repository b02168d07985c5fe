//! The clock of the process.

use std::time::Duration;

use engine::Clock;
use jiff::Timestamp;

/// The clock of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A seed that no two processes share.
#[must_use]
pub fn seed() -> u64 {
    fastrand::u64(..)
}
