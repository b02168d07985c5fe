//! Text messages.

use incident::Notification;
use notification::outcome::{Failure, Outcome, judge_aws};
use notification::sms;

use crate::ports::{Ambient, Sender, Sent, Texter};

/// Sends a text message to each number.
#[derive(Debug)]
pub struct SmsSender<T> {
    /// Numbers in E.164.
    pub to: Vec<String>,
    /// SNS.
    pub texter: T,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<T: Texter> Sender for SmsSender<T> {
    /// One number that fails must not keep the others from being told, so all are tried.
    ///
    /// A retry tells all of them again: twice is better than never at night.
    async fn send(&self, notification: &Notification, _: Option<&str>, attempt: u32) -> Sent {
        let text = sms::render(notification);
        let mut failed = Vec::new();
        for number in &self.to {
            if let Err(fault) = self.texter.text(number, &text).await {
                failed.push(judge_aws(fault.as_aws(), &self.ambient.situation(attempt)));
            }
        }
        Sent::Outcome(worst(failed, self.to.len()))
    }
}

/// What can still work is tried again first; only then what cannot is given up.
fn worst(failed: Vec<Outcome>, recipients: usize) -> Outcome {
    let count = failed.len();
    let of_all = |failure: Failure| Failure {
        detail: format!("{count} of {recipients} recipients: {}", failure.detail),
        ..failure
    };
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Retry { .. } => 2,
        Outcome::Permanent(_) => 1,
        Outcome::Delivered { .. } => 0,
    };
    match failed.into_iter().max_by_key(rank) {
        Some(Outcome::Retry { after, failure }) => Outcome::Retry {
            after,
            failure: of_all(failure),
        },
        Some(Outcome::Permanent(failure)) => Outcome::Permanent(of_all(failure)),
        Some(Outcome::Delivered { .. }) | None => Outcome::Delivered { reference: None },
    }
}
