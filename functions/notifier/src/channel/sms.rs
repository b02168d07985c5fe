//! Text messages.

use incident::Notification;
use notification::sms;
use settings::Channel;
use store::DeliveryLog;

use super::recipients::{Round, Telling};
use crate::ports::{Ambient, Fault, Grant, Sender, Sent, Texter};

/// Sends a text message to each number.
#[derive(Debug)]
pub struct SmsSender<T, L> {
    /// Numbers in E.164.
    pub to: Vec<String>,
    /// SNS.
    pub texter: T,
    /// Who was told already.
    pub log: L,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<T: Texter, L: DeliveryLog> Sender for SmsSender<T, L> {
    async fn send(&self, notification: &Notification, grant: Grant<'_>, attempt: u32) -> Sent {
        let text = Text {
            texter: &self.texter,
            text: sms::render(notification),
        };
        let round = Round {
            channel: Channel::Sms,
            recipients: &self.to,
            log: &self.log,
            ambient: &self.ambient,
            incident: &notification.incident,
            grant,
            attempt,
        };
        Sent::Outcome(round.tell(&text).await)
    }
}

struct Text<'a, T> {
    texter: &'a T,
    text: String,
}

impl<T: Texter> Telling for Text<'_, T> {
    async fn tell(&self, number: &str) -> Result<(), Fault> {
        self.texter.text(number, &self.text).await
    }
}
