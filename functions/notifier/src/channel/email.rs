//! E-mail.

use incident::Notification;
use notification::email;
use notification::outcome::{Outcome, judge_aws};

use crate::ports::{Ambient, Mailer, Sender, Sent};

/// Sends e-mail to everybody at once.
#[derive(Debug)]
pub struct EmailSender<M> {
    /// Who sends: an address that SES has verified.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// SES.
    pub mailer: M,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<M: Mailer> Sender for EmailSender<M> {
    async fn send(&self, notification: &Notification, _: Option<&str>, attempt: u32) -> Sent {
        let email = email::render(notification);
        Sent::Outcome(match self.mailer.mail(&self.from, &self.to, email).await {
            Ok(()) => Outcome::Delivered { reference: None },
            Err(fault) => judge_aws(fault.as_aws(), &self.ambient.situation(attempt)),
        })
    }
}
