//! E-mail.

use incident::Notification;
use notification::email::{self, Email};
use settings::Channel;
use store::DeliveryLog;

use super::recipients::{Round, Telling};
use crate::ports::{Ambient, Fault, Grant, Mailer, Sender, Sent};

/// Sends an e-mail to each address: SES refuses a message as a whole for one bad recipient.
#[derive(Debug)]
pub struct EmailSender<M, L> {
    /// Who sends: an address that SES has verified.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// SES.
    pub mailer: M,
    /// Who was told already.
    pub log: L,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<M: Mailer, L: DeliveryLog> Sender for EmailSender<M, L> {
    async fn send(&self, notification: &Notification, grant: Grant<'_>, attempt: u32) -> Sent {
        let letter = Letter {
            mailer: &self.mailer,
            from: &self.from,
            email: email::render(notification),
        };
        let round = Round {
            channel: Channel::Email,
            recipients: &self.to,
            log: &self.log,
            ambient: &self.ambient,
            incident: &notification.incident,
            grant,
            attempt,
        };
        Sent::Outcome(round.tell(&letter).await)
    }
}

struct Letter<'a, M> {
    mailer: &'a M,
    from: &'a str,
    email: Email,
}

impl<M: Mailer> Telling for Letter<'_, M> {
    async fn tell(&self, address: &str) -> Result<(), Fault> {
        self.mailer.mail(self.from, address, &self.email).await
    }
}
