//! The other incidents that a message is about.

use incident::{IncidentStatus, IncidentSummary, Notification};
use settings::Priority;

use super::markup::{MONO, SANS, escape, line};
use crate::links::Links;
use crate::wording;

/// So many bytes may all of them take: the alerts need room as well.
const BYTES: usize = 28_000;
const TITLE: usize = 160;

/// A part of the card that lists them; nothing if there are none.
pub(super) fn part(notification: &Notification, links: Option<&Links>) -> String {
    let mut rows = String::new();
    let mut shown = 0;
    for incident in &notification.incidents {
        let row = row(incident, links);
        if rows.len() + row.len() > BYTES {
            break;
        }
        rows.push_str(&row);
        shown += 1;
    }
    if notification.incidents.is_empty() {
        return rows;
    }
    if let Some(more @ 1..) = notification.incidents.len().checked_sub(shown) {
        let more = wording::counted(u64::try_from(more).unwrap_or_default(), "more incident");
        rows.push_str(&format!(
            "<tr><td class=\"soft\" colspan=\"2\" style=\"padding:6px 0;color:#5b6776;font:14px/20px {SANS}\">and {more}</td></tr>"
        ));
    }
    format!(
        "<tr><td class=\"pad line\" style=\"padding:18px 28px;border-top:1px solid #dde3ea\">\
         <p class=\"ink\" style=\"margin:0 0 8px;color:#1f2933;font:600 15px/22px {SANS}\">In the same message</p>\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"width:100%;border-collapse:collapse\">{rows}</table></td></tr>\n"
    )
}

fn row(incident: &IncidentSummary, links: Option<&Links>) -> String {
    let title = line(&incident.title, TITLE);
    let link = links.and_then(|links| links.get(&incident.id));
    let title = match link {
        Some(link) => format!(
            "<a class=\"link\" href=\"{}\" style=\"color:#1d5fbf\">{title}</a>",
            escape(&link.view_url)
        ),
        None => title,
    };
    format!(
        "<tr><td valign=\"top\" width=\"108\" style=\"width:108px;padding:6px 12px 6px 0;white-space:nowrap\">\
         <span style=\"display:inline-block;padding:0 8px;border-radius:10px;background:{};color:#ffffff;\
         font:600 12px/20px {SANS}\">{} {}</span></td>\
         <td class=\"ink\" valign=\"top\" dir=\"auto\" style=\"padding:6px 0;color:#1f2933;font:14px/20px {SANS};\
         word-break:break-word;overflow-wrap:anywhere\">{}: {title}<br>\
         <span class=\"soft\" style=\"color:#5b6776;font:12px/18px {MONO}\">{}</span></td></tr>",
        color(incident),
        incident.priority,
        wording::status_word(incident.status),
        line(&incident.service, 60),
        incident.id,
    )
}

/// Dark enough for white letters.
const fn color(incident: &IncidentSummary) -> &'static str {
    match (incident.status, incident.priority) {
        (IncidentStatus::Resolved, _) => "#177245",
        (IncidentStatus::Info, _) => "#475467",
        (IncidentStatus::Open, Priority::P1) => "#b42318",
        (IncidentStatus::Open, Priority::P2) => "#c2410c",
        (IncidentStatus::Open, Priority::P3) => "#8a5d00",
        (IncidentStatus::Open, Priority::P4) => "#1d5fbf",
    }
}
