//! What an invocation brings: timers and the tick.

use engine::timers::TimerMessage;
use incident::RecordName;
use jiff::Timestamp;
use lambda_support::batch::Record;

/// One message of the queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    /// The schedule's tick: look at everything that was left behind.
    Tick,
    /// A record is due.
    Timer(RecordName, Timestamp),
    /// Nobody knows what it means; it goes to the dead-letter queue.
    Unknown,
}

impl Message {
    pub(crate) fn read(record: &Record) -> Self {
        if adapters::is_tick(&record.body) {
            return Self::Tick;
        }
        let timer = serde_json::from_str::<TimerMessage>(&record.body).ok();
        timer
            .and_then(|timer| Some(Self::Timer(timer.name()?, timer.due)))
            .unwrap_or(Self::Unknown)
    }
}
