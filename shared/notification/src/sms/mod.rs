//! The text message: one segment of 160 characters that matter, and a link behind them where there is
//! room for one.

mod gsm;

pub use gsm::{septets, to_gsm};

use incident::{Notification, NotificationEvent};

use crate::links::{self, Links};
use crate::measured::Measured;
use crate::text;
use crate::wording;

/// What fits into one segment of the GSM 7-bit alphabet.
pub const SEGMENT: usize = 160;
/// What fits into each segment of a message that has several: a header tells which is which.
pub const PART: usize = 153;
/// The most segments that a message with a link may have.
pub const MOST_SEGMENTS: u8 = 3;

const SERVICE: usize = 30;
const SHORT_ID: usize = 6;
/// A link is worth a shorter text, but not one that says nothing.
const LEAST_WORDS: usize = 90;

/// Priority, event, service, title, and as much of value, time to answer by and short id as fits into one
/// segment. A link comes behind it if it fits into `segments` together with enough words.
#[must_use]
pub fn render(notification: &Notification, links: Option<&Links>, segments: u8) -> String {
    let most = match segments {
        0 | 1 => SEGMENT,
        many => usize::from(many.min(MOST_SEGMENTS)) * PART,
    };
    let link = links::page(notification, links).map(|link| link.url);
    if let Some(link) = link.filter(|link| to_gsm(link) == *link) {
        let room = most.saturating_sub(septets(link) + 1).min(SEGMENT);
        if room >= LEAST_WORDS {
            return format!("{}\n{link}", words(notification, room));
        }
    }
    words(notification, SEGMENT)
}

fn words(notification: &Notification, most: usize) -> String {
    let incident = &notification.incident;
    let word = wording::event_word(notification);
    let service = gsm::clip(&gsm::one_line(&incident.service), SERVICE);
    let head = format!("{} {word} {service}: ", incident.priority);
    let title = gsm::one_line(&wording::title(notification));
    let others = match wording::others(notification) {
        0 => String::new(),
        some => format!(" (+{some} more)"),
    };
    let id = format!("{others} #{}", short_id(notification));
    let deadline = deadline(notification);
    let value = measured(notification);
    // What people can do without goes first: the value, then the time, last the title's end.
    let tails = [format!("{value}{deadline}{id}"), format!("{deadline}{id}")];
    for tail in &tails {
        let whole = format!("{head}{title}{tail}");
        if septets(&whole) <= most {
            return whole;
        }
    }
    let tail = format!("{deadline}{id}");
    let room = most.saturating_sub(septets(&head) + septets(&tail));
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
        (None, Some(end)) if wording::is_over(notification) => {
            gsm::one_line_after(" After ", &wording::span(incident.opened_at, end))
        }
        (None, _) => String::new(),
    }
}

fn measured(notification: &Notification) -> String {
    // Who is called when others did not answer should know that, rather than the value.
    if notification.event == NotificationEvent::Escalated {
        return format!(
            " ({})",
            gsm::one_line(&text::clipped_line(&notification.reason, 60))
        );
    }
    notification
        .alerts
        .first()
        .and_then(|alert| alert.measurement.as_ref())
        .and_then(Measured::of)
        .and_then(|measured| {
            if wording::is_over(notification) {
                // The value is on the good side again: "0.4 % > 5 %" would be nonsense.
                measured.value
            } else {
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
