//! The text message: one segment of 160 characters that matter.

mod gsm;

pub use gsm::{septets, to_gsm};

use incident::{Notification, NotificationEvent};

use crate::wording::{self, Measured};

/// What fits into one segment of the GSM 7-bit alphabet.
pub const SEGMENT: usize = 160;

const SERVICE: usize = 30;
const SHORT_ID: usize = 6;

/// Priority, event, service, title, and as much of value, time to answer by and short id as fits.
#[must_use]
pub fn render(notification: &Notification) -> String {
    let incident = &notification.incident;
    let word = wording::event_word(notification.event);
    let service = gsm::clip(&gsm::one_line(&incident.service), SERVICE);
    let head = format!("{} {word} {service}: ", incident.priority);
    let title = gsm::one_line(&wording::title(notification));
    let id = format!(" #{}", short_id(notification));
    let deadline = deadline(notification);
    let value = measured(notification);
    // What people can do without goes first: the value, then the time, last the title's end.
    let tails = [format!("{value}{deadline}{id}"), format!("{deadline}{id}")];
    for tail in &tails {
        let whole = format!("{head}{title}{tail}");
        if septets(&whole) <= SEGMENT {
            return whole;
        }
    }
    let tail = format!("{deadline}{id}");
    let room = SEGMENT.saturating_sub(septets(&head) + septets(&tail));
    format!("{head}{}{tail}", gsm::clip(&title, room))
}

/// The last six digits of the incident's id: enough to find it among those of a day.
#[must_use]
pub fn short_id(notification: &Notification) -> &str {
    let id = notification.incident.id.as_str();
    id.len()
        .checked_sub(SHORT_ID)
        .and_then(|at| id.get(at..))
        .unwrap_or(id)
}

fn deadline(notification: &Notification) -> String {
    let incident = &notification.incident;
    match (wording::respond_by(notification), incident.resolved_at) {
        (Some(by), _) => gsm::one_line_after(" Answer by ", &wording::clock(by)),
        (None, Some(end)) if notification.event == NotificationEvent::Resolved => {
            gsm::one_line_after(" After ", &wording::span(incident.opened_at, end))
        }
        (None, _) => String::new(),
    }
}

fn measured(notification: &Notification) -> String {
    notification
        .alerts
        .first()
        .and_then(|alert| alert.measurement.as_ref())
        .and_then(Measured::of)
        .and_then(|measured| match notification.event {
            // The value is on the good side again: "0.4 % > 5 %" would be nonsense.
            NotificationEvent::Resolved => measured.value,
            NotificationEvent::Opened | NotificationEvent::Updated | NotificationEvent::Info => {
                Some(measured.short())
            }
        })
        // An alarm's title has its numbers: 160 characters have no room to say them twice.
        .filter(|measured| !says(&notification.incident.title, measured))
        .map(|measured| format!(" ({})", gsm::one_line(&measured)))
        .unwrap_or_default()
}

/// Whether all the numbers of `measured` stand in the title already, with or without their units.
fn says(title: &str, measured: &str) -> bool {
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let mut numbers = measured.split(' ').filter(is_number).peekable();
    numbers.peek().is_some() && numbers.all(|number| title.split(' ').any(|word| word == number))
}
