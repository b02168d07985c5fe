//! The e-mail: everything that is known, as HTML and as text.
//!
//! Mail clients know little CSS, load nothing from elsewhere and cut what is over 102 KB, so the HTML
//! is tables with inline styles, without pictures, and ends before that.

mod html;
mod markup;
mod others;
mod plain;

use incident::Notification;
use settings::Priority;

use crate::links::Links;
use crate::wording;

/// The longest subject.
pub const SUBJECT: usize = 200;
/// Gmail cuts HTML after 102 KB; this leaves room for what SES adds.
pub const HTML_BYTES: usize = 96_000;
/// SES takes messages of up to 40 MB; nobody reads one that is larger than this.
pub const TEXT_BYTES: usize = 1_000_000;

/// A message, still without its sender and recipients.
#[derive(Clone, Debug, PartialEq)]
pub struct Email {
    /// One line.
    pub subject: String,
    /// For most clients.
    pub html: String,
    /// For the others, and for people who prefer it.
    pub text: String,
    /// Names and values of further headers: ASCII, on one line.
    pub headers: Vec<(&'static str, String)>,
}

/// The e-mail for a notification.
#[must_use]
pub fn render(notification: &Notification, links: Option<&Links>) -> Email {
    Email {
        subject: wording::headline(notification, SUBJECT),
        html: html::render(notification, links),
        text: plain::render(notification, links),
        headers: headers(notification),
    }
}

/// All messages of one incident refer to a first message that never existed, which is enough for
/// clients to show them as one conversation, whichever of them arrives first. A message about several
/// incidents is in the conversation of its most urgent one; naming the others too would make one
/// conversation of all of them for ever.
fn headers(notification: &Notification) -> Vec<(&'static str, String)> {
    let root = format!("<{}@tocsin.invalid>", notification.incident.id);
    let importance = match notification.incident.priority {
        Priority::P1 | Priority::P2 => "high",
        Priority::P3 => "normal",
        Priority::P4 => "low",
    };
    vec![
        ("In-Reply-To", root.clone()),
        ("References", root),
        ("Importance", importance.to_owned()),
        // Keeps out-of-office answers from coming back.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Tocsin-Incident", notification.incident.id.to_string()),
        ("X-Tocsin-Event", notification.event.as_str().to_owned()),
    ]
}
