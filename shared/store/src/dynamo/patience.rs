//! How long to wait for what the table has left undone.

use std::time::Duration;

use crate::error::StoreError;

/// Rounds in a row without any progress before the caller is told.
const ROUNDS: u32 = 7;
const FIRST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_secs(1);

/// Waits between the rounds of a batch that the table does not finish at once.
///
/// DynamoDB asks for this itself: what it hands back unprocessed would be
/// throttled again at once. Errors are retried by the client, not here.
pub(super) struct Patience {
    operation: &'static str,
    fruitless: u32,
}

impl Patience {
    pub(super) const fn new(operation: &'static str) -> Self {
        Self {
            operation,
            fruitless: 0,
        }
    }

    /// Waits before the next round, the longer the less was done.
    pub(super) async fn wait(&mut self, progress: bool) -> Result<(), StoreError> {
        self.fruitless = if progress { 0 } else { self.fruitless + 1 };
        if self.fruitless >= ROUNDS {
            return Err(StoreError::Throttled {
                operation: self.operation,
                source: None,
            });
        }
        tokio::time::sleep(pause(self.fruitless)).await;
        Ok(())
    }
}

fn pause(fruitless: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(fruitless))
        .min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        let millis: Vec<u128> = (0..8).map(|n| pause(n).as_millis()).collect();
        assert_eq!(millis, [25, 50, 100, 200, 400, 800, 1000, 1000]);
    }
}
