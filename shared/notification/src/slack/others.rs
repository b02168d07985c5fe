//! The other incidents that a message is about.

use incident::{IncidentStatus, IncidentSummary, Notification};

use super::block::limits;
use super::escape::{code, line};
use crate::links::Links;
use crate::wording;

const TITLE: usize = 120;

/// One line each, as many as fit into one section; the rest is counted. `None` when there are none.
pub(super) fn list(notification: &Notification, links: Option<&Links>) -> Option<String> {
    // Room for the line that counts the rest.
    const ROOM: usize = limits::SECTION - 60;
    let mut text = String::from("*In the same message*");
    let mut used = text.chars().count();
    let mut shown = 0;
    for incident in &notification.incidents {
        let entry = entry(incident, links);
        let width = entry.chars().count() + 1;
        if used + width > ROOM {
            break;
        }
        text.push('\n');
        text.push_str(&entry);
        used += width;
        shown += 1;
    }
    if notification.incidents.is_empty() {
        return None;
    }
    if let Some(more @ 1..) = notification.incidents.len().checked_sub(shown) {
        text.push_str(&format!("\n…and {more} more."));
    }
    Some(text)
}

fn entry(incident: &IncidentSummary, links: Option<&Links>) -> String {
    let symbol = match incident.status {
        IncidentStatus::Open => "🔥",
        IncidentStatus::Resolved => "✅",
        IncidentStatus::Info => "ℹ️",
    };
    let id = match links.and_then(|links| links.get(&incident.id)) {
        // The address has neither angle brackets nor quotes; a bar or an ampersand would end it or mean another.
        Some(link) if !link.view_url.contains(['|', '&']) => {
            format!("<{}|{}>", link.view_url, incident.id)
        }
        Some(_) | None => code(incident.id.as_str(), 40),
    };
    format!(
        "{symbol} *{}* {} · {}: {} {id}",
        incident.priority,
        wording::status_word(incident.status),
        line(&incident.service, 40),
        line(&incident.title, TITLE),
    )
}
