//! Text messages.

use credentials::link::Purpose;
use notification::sms;
use settings::Channel;
use store::StreamLog;

use super::recipients::{Round, Telling};
use crate::ports::{Ambient, Fault, Order, Sender, Sent, Texter};

/// Sends a text message to each number.
#[derive(Debug)]
pub struct SmsSender<T, L> {
    /// Numbers in E.164, unless the configuration says otherwise.
    pub to: Vec<String>,
    /// How many segments a message with a link may have.
    pub segments: u8,
    /// SNS.
    pub texter: T,
    /// Who was told already.
    pub log: L,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<T: Texter, L: StreamLog> Sender for SmsSender<T, L> {
    async fn send(&self, order: Order<'_>) -> Sent {
        let text = Text {
            texter: &self.texter,
            segments: self.segments,
            order,
        };
        let round = Round {
            channel: Channel::Sms,
            recipients: if order.to.is_empty() {
                &self.to
            } else {
                order.to
            },
            log: &self.log,
            ambient: &self.ambient,
            order,
        };
        Sent::Outcome(round.tell(&text).await)
    }
}

struct Text<'a, T> {
    texter: &'a T,
    segments: u8,
    order: Order<'a>,
}

impl<T: Texter> Telling for Text<'_, T> {
    async fn tell(&self, number: &str) -> Result<(), Fault> {
        let links = self.order.links(Channel::Sms, number, Purpose::Act);
        let text = sms::render(self.order.notification, links.as_ref(), self.segments);
        self.texter.text(number, &text).await
    }
}
