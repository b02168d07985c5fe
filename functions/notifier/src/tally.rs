//! What became of each message, as a metric and a log line at once.

use lambda_support::metrics::Metrics;
use notification::outcome::Failure;
use settings::Channel;

/// What became of one message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// The channel has it.
    Sent,
    /// It need not be sent, for this reason.
    Suppressed(&'static str),
    /// It is tried again.
    Retried(Failure),
    /// It waits: nothing was tried.
    Waits,
    /// It was given up and lies where a person will look.
    DeadLettered(Failure),
    /// It was to be given up, but not even that worked. It stays in the queue.
    Kept(Failure),
}

impl Fate {
    /// Whether SQS has to keep the message.
    pub(crate) const fn keeps(&self) -> bool {
        match self {
            Self::Retried(_) | Self::Waits | Self::Kept(_) => true,
            Self::Sent | Self::Suppressed(_) | Self::DeadLettered(_) => false,
        }
    }
}

/// The counters of one invocation: each is there, even if nothing was counted.
pub(crate) fn metrics(channel: Channel) -> Metrics {
    let mut metrics = Metrics::new("notifier").dimension("channel", channel.as_str());
    for name in [SENT, SUPPRESSED, RETRIED, DEAD_LETTERED] {
        metrics.count(name, 0);
    }
    metrics
}

const SENT: &str = "NotificationsSent";
const SUPPRESSED: &str = "NotificationsSuppressed";
const RETRIED: &str = "NotificationsRetried";
const DEAD_LETTERED: &str = "NotificationsDeadLettered";

/// Counts a fate.
pub(crate) fn count(metrics: &mut Metrics, fate: &Fate) {
    let (name, reason) = match fate {
        Fate::Sent => (SENT, None),
        Fate::Suppressed(reason) => (SUPPRESSED, Some(*reason)),
        Fate::Retried(failure) | Fate::Kept(failure) => (RETRIED, Some(failure.cause.as_str())),
        Fate::DeadLettered(failure) => (DEAD_LETTERED, Some(failure.cause.as_str())),
        Fate::Waits => return,
    };
    metrics.count(name, 1);
    if let Some(reason) = reason {
        metrics.count_by(name, "reason", reason, 1);
    }
}
