//! E-mail.

use credentials::link::Purpose;
use notification::email;
use settings::Channel;
use store::StreamLog;

use super::recipients::{Round, Telling};
use crate::ports::{Ambient, Fault, Mailer, Order, Sender, Sent};

/// Sends an e-mail to each address: SES refuses a message as a whole for one bad recipient.
#[derive(Debug)]
pub struct EmailSender<M, L> {
    /// Who sends: an address that SES has verified.
    pub from: String,
    /// Who gets it, unless the configuration says otherwise.
    pub to: Vec<String>,
    /// SES.
    pub mailer: M,
    /// Who was told already.
    pub log: L,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<M: Mailer, L: StreamLog> Sender for EmailSender<M, L> {
    async fn send(&self, order: Order<'_>) -> Sent {
        let letter = Letter {
            mailer: &self.mailer,
            from: &self.from,
            order,
        };
        let round = Round {
            channel: Channel::Email,
            recipients: if order.to.is_empty() {
                &self.to
            } else {
                order.to
            },
            log: &self.log,
            ambient: &self.ambient,
            order,
        };
        Sent::Outcome(round.tell(&letter).await)
    }
}

struct Letter<'a, M> {
    mailer: &'a M,
    from: &'a str,
    order: Order<'a>,
}

impl<M: Mailer> Telling for Letter<'_, M> {
    async fn tell(&self, address: &str) -> Result<(), Fault> {
        let links = self.order.links(Channel::Email, address, Purpose::Act);
        let email = email::render(self.order.notification, links.as_ref());
        self.mailer.mail(self.from, address, &email).await
    }
}
