//! When a message that failed is handed out again.
//!
//! The queue would do it after its visibility timeout, which is six times the function's: too long for
//! a P1 that lost a race. So it is told to do it sooner, and later each time.

use crate::event::Message;

/// The shortest wait, after the first attempt.
const SHORTEST: i32 = 2;
/// The longest wait: the queue's own visibility timeout.
const LONGEST: i32 = 120;

/// A message that is to be handed out again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Again {
    /// What the queue knows it by since it was handed out.
    pub receipt_handle: String,
    /// In how many seconds.
    pub seconds: i32,
}

/// The queue that messages come from.
pub trait Backlog: Send + Sync {
    /// Sees to it that messages are handed out again in so many seconds.
    fn again(&self, messages: &[Again]) -> impl Future<Output = Result<(), NotPostponed>> + Send;
}

/// Why the queue does not do it; its own timeout does it then, only later.
#[derive(Debug, thiserror::Error)]
#[error("{count} messages keep the visibility timeout of their queue")]
pub struct NotPostponed {
    /// How many messages.
    pub count: usize,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Again {
    /// Of a message that failed; none of one that no queue handed out.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        let handle = &message.receipt_handle;
        (!handle.is_empty()).then(|| Self {
            receipt_handle: handle.clone(),
            seconds: wait(message.attempt),
        })
    }
}

/// Doubles each time.
fn wait(attempt: u32) -> i32 {
    let doubled = 1_i32.checked_shl(attempt.saturating_sub(1).min(16));
    let wait = doubled.map_or(LONGEST, |times| SHORTEST.saturating_mul(times));
    wait.clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RECEIVES;

    #[test]
    fn the_waits_double_and_end_with_the_visibility_timeout() {
        let waits: Vec<i32> = (0..=9).map(wait).collect();
        assert_eq!(waits, [2, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
        assert_eq!(wait(u32::MAX), LONGEST);
    }

    #[test]
    fn a_message_is_tried_for_twenty_minutes() {
        let seconds: i32 = (1..=RECEIVES).map(wait).sum();
        assert!((1_200..1_260).contains(&seconds), "{seconds}");
    }

    #[test]
    fn the_template_agrees() {
        let template = include_str!("../../../template.yaml");
        let (_, queue) = template.split_once("  IngestQueue:\n").unwrap();
        let (queue, _) = queue.split_once("\n\n").unwrap();
        for line in [
            format!("VisibilityTimeout: {LONGEST} "),
            format!("maxReceiveCount: {RECEIVES} "),
        ] {
            assert!(queue.contains(&line), "{line} is not in {queue}");
        }
    }
}
