//! The HTML body.

use alert_classification::Status;
use incident::{AlertSummary, Notification, NotificationEvent};
use settings::Priority;

use super::markup::{MONO, SANS, STYLE, button, escape, label, line, paragraph, row, table};
use super::{HTML_BYTES, others};
use crate::links::{self, Links};
use crate::measured::Measured;
use crate::text;
use crate::wording;

const TITLE: usize = 300;
const DESCRIPTION: usize = 2000;
const WHY: usize = 600;
/// How many labels or annotations of one alert are shown.
const PAIRS: usize = 40;

/// The whole document.
pub(super) fn render(notification: &Notification, links: Option<&Links>) -> String {
    let color = color(notification);
    let mut rows = format!(
        "{}{}{}",
        banner(notification, color),
        summary(notification, links, color),
        others::part(notification, links),
    );
    let mut shown = 0;
    for alert in &notification.alerts {
        let part = alert_part(alert);
        // The first one is always there: alone it is far below the limit.
        if shown > 0 && rows.len() + part.len() > HTML_BYTES - RESERVE {
            break;
        }
        rows.push_str(&part);
        shown += 1;
    }
    rows.push_str(&omitted(notification, shown));
    rows.push_str(&footer(notification));
    page(notification, &rows)
}

/// Room for the head of the document, the line about what is left out, and the footer.
const RESERVE: usize = 8_000;

fn page(notification: &Notification, rows: &str) -> String {
    let subject = escape(&wording::headline(notification, super::SUBJECT));
    let preview = line(&preview(notification), 200);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\
         <title>{subject}</title><style>{STYLE}</style></head>\n\
         <body class=\"page\" style=\"margin:0;padding:0;background:#eef1f4\">\
         <div style=\"display:none;max-height:0;overflow:hidden;opacity:0\">{preview}</div>\
         <table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" \
         border=\"0\" style=\"background:#eef1f4\"><tr><td class=\"gutter\" align=\"center\" \
         style=\"padding:24px 12px\">\n<table role=\"presentation\" class=\"card\" width=\"600\" \
         cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"width:100%;max-width:600px;\
         background:#ffffff;border:1px solid #dde3ea;border-radius:10px;border-collapse:separate;\
         overflow:hidden\">\n{rows}</table>\n</td></tr></table></body></html>\n"
    )
}

/// What the list of messages shows behind the subject.
fn preview(notification: &Notification) -> String {
    let measured = notification
        .alerts
        .first()
        .and_then(|alert| alert.measurement.as_ref())
        .and_then(Measured::of)
        .map(|measured| measured.sentence());
    let parts = [
        measured,
        wording::expectation(notification),
        Some(notification.reason.clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn banner(notification: &Notification, color: &str) -> String {
    let priority = notification.incident.priority;
    let deadline = wording::respond_by(notification)
        .map(|by| format!("answer by {}", wording::clock(by)))
        .unwrap_or_default();
    format!(
        "<tr><td class=\"pad\" bgcolor=\"{color}\" style=\"background:{color};padding:13px 28px\">{}</td></tr>\n",
        table(&format!(
            "<tr><td style=\"color:#ffffff;font:700 15px/20px {SANS};letter-spacing:.3px\">{priority} {} \
             &nbsp;·&nbsp; {}</td><td align=\"right\" style=\"color:#ffffff;font:14px/20px {SANS}\">{deadline}</td></tr>",
            priority.word().to_uppercase(),
            match wording::others(notification) {
                0 => wording::event_word(notification).to_owned(),
                some => format!(
                    "{} &nbsp;·&nbsp; +{}",
                    wording::event_word(notification),
                    wording::counted(some, "incident")
                ),
            },
        ))
    )
}

fn summary(notification: &Notification, links: Option<&Links>, color: &str) -> String {
    let incident = &notification.incident;
    let mut facts = String::new();
    let mut fact = |name: &str, value: &str| facts.push_str(&row(name, value));
    let expectation = wording::expectation(notification).map(|words| format!(": {words}"));
    fact(
        "Priority",
        &format!(
            "<b>{}</b>{}",
            wording::priority(incident.priority),
            expectation.unwrap_or_default()
        ),
    );
    fact("Service", &line(&incident.service, 200));
    fact("Category", &line(&incident.category, 200));
    if let Some(counts) = wording::counts(notification) {
        fact("Alerts", &counts);
    }
    fact("Since", &wording::time(incident.opened_at));
    if let Some(by) = wording::respond_by(notification) {
        fact("Answer by", &format!("<b>{}</b>", wording::time(by)));
    }
    if let Some(end) = incident.resolved_at {
        let lasted = wording::span(incident.opened_at, end);
        fact("Until", &format!("{}, after {lasted}", wording::time(end)));
    }
    if let Some(step) = wording::escalation(notification) {
        fact("Escalation", &line(&step, 300));
    }
    if !notification.receiver.is_empty() {
        fact("Receiver", &line(&notification.receiver, 200));
    }
    if let Some(group) = wording::group(notification) {
        fact("Group", &line(&group, 600));
    }
    fact(
        "Incident",
        &format!("<span style=\"font-family:{MONO}\">{}</span>", incident.id),
    );
    format!(
        "<tr><td class=\"pad\" style=\"padding:24px 28px 14px\">\
         <h1 class=\"ink title\" dir=\"auto\" style=\"margin:0 0 8px;color:#1f2933;font:700 24px/30px {SANS};\
         overflow-wrap:anywhere\">{}</h1><p class=\"soft\" style=\"margin:0 0 16px;color:#5b6776;\
         font:15px/22px {SANS}\">{}</p>{}{}</td></tr>\n",
        escape(&text::clip(&wording::title(notification), TITLE)),
        line(&notification.reason, WHY),
        table(&facts),
        buttons(notification, links, color),
    )
}

fn buttons(notification: &Notification, links: Option<&Links>, color: &str) -> String {
    let page = links::page(notification, links);
    let cells: String = page
        .into_iter()
        .chain(links::runbook(notification))
        .chain(links::console(notification))
        .enumerate()
        .map(|(n, link)| button(link.label, link.url, color, n == 0))
        .collect();
    if cells.is_empty() {
        return String::new();
    }
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" class=\"buttons\" \
         style=\"margin-top:16px\"><tr>{cells}</tr></table>"
    )
}

/// One alert: what, what was measured, the source's words, why, and its labels.
fn alert_part(alert: &AlertSummary) -> String {
    let mut body = format!(
        "<p class=\"ink\" dir=\"auto\" style=\"margin:0 0 12px;color:#1f2933;font:600 16px/22px {SANS};\
         overflow-wrap:anywhere\">{} <span style=\"white-space:nowrap\">{}</span> &nbsp;{}</p>",
        pill(alert.status),
        alert.priority,
        line(&alert.title, TITLE)
    );
    if let Some(measured) = alert.measurement.as_ref().and_then(Measured::of) {
        body.push_str(&measurement(&measured));
    }
    if !alert.description.trim().is_empty() {
        body.push_str(&format!(
            "<p class=\"ink\" dir=\"auto\" style=\"margin:0 0 12px;color:#1f2933;font:14px/21px {SANS};\
             overflow-wrap:anywhere\">{}</p>",
            paragraph(&alert.description, DESCRIPTION)
        ));
    }
    body.push_str(&table(&alert_facts(alert)));
    let pairs = pairs(alert);
    if !pairs.is_empty() {
        body.push_str("<div style=\"height:8px;line-height:8px\">&nbsp;</div>");
        body.push_str(&table(&pairs));
    }
    format!(
        "<tr><td class=\"pad line\" style=\"padding:20px 28px;border-top:1px solid #dde3ea\">{body}</td></tr>\n"
    )
}

fn measurement(measured: &Measured) -> String {
    let value = measured.value.as_deref().unwrap_or("no value");
    let mut against = String::new();
    if let Some(threshold) = &measured.threshold {
        against.push_str(&format!("alarm when {}", escape(threshold)));
    }
    if let Some(window) = &measured.window {
        against.push_str(&format!("<br>over {}", escape(window)));
    }
    format!(
        "<table role=\"presentation\" class=\"box\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"margin:0 0 12px;background:#f4f6f8;border:1px solid #dde3ea;border-radius:8px;\
         border-collapse:separate\"><tr><td class=\"ink\" style=\"padding:10px 16px;color:#1f2933;\
         font:700 22px/28px {SANS};white-space:nowrap\">{}</td><td class=\"soft\" style=\"padding:10px 16px 10px 0;color:#5b6776;\
         font:13px/18px {SANS}\">{against}</td></tr></table>",
        escape(value),
    )
}

fn alert_facts(alert: &AlertSummary) -> String {
    let rule = alert.rule.as_deref().map(|rule| {
        format!(
            " <span class=\"soft\" style=\"color:#5b6776;display:inline-block\">(rule {})</span>",
            line(rule, 200)
        )
    });
    let mut facts = row(
        "Why",
        &format!("{}{}", line(&alert.reason, WHY), rule.unwrap_or_default()),
    );
    facts.push_str(&row("Category", &line(&alert.category, 200)));
    facts.push_str(&row("Since", &wording::time(alert.starts_at)));
    if let Some(end) = alert.ends_at {
        let lasted = wording::span(alert.starts_at, end);
        facts.push_str(&row(
            "Until",
            &format!("{}, after {lasted}", wording::time(end)),
        ));
    }
    facts.push_str(&row(
        "Source",
        &line(&format!("{} · {}", alert.source, alert.kind), 300),
    ));
    let links: Vec<String> = [
        ("runbook", &alert.runbook),
        ("AWS console", &alert.console_url),
    ]
    .into_iter()
    .filter_map(|(words, url)| Some((words, links::http_url(url.as_deref()?)?)))
    .map(|(words, url)| {
        let url = escape(url);
        format!("<a class=\"link\" href=\"{url}\" style=\"color:#1d5fbf\">{words}</a>")
    })
    .collect();
    if !links.is_empty() {
        facts.push_str(&row("Links", &links.join(" &nbsp;·&nbsp; ")));
    }
    facts
}

fn pairs(alert: &AlertSummary) -> String {
    let all = alert.annotations.iter().chain(alert.labels.iter());
    let count = alert.annotations.len() + alert.labels.len();
    let mut rows: String = all
        .take(PAIRS)
        .map(|(name, value)| label(name, value))
        .collect();
    if let Some(more @ 1..) = count.checked_sub(PAIRS) {
        rows.push_str(&label("…", &format!("{more} more, in the text version")));
    }
    rows
}

fn pill(status: Status) -> String {
    let color = match status {
        Status::Firing => "#b42318",
        Status::Resolved => "#177245",
        Status::Info => "#475467",
    };
    format!(
        "<span style=\"display:inline-block;padding:0 8px;border-radius:10px;background:{color};\
         color:#ffffff;font:600 12px/20px {SANS}\">{}</span>",
        status.as_str()
    )
}

fn omitted(notification: &Notification, shown: usize) -> String {
    let unshown = notification.alerts.len().saturating_sub(shown);
    let count = u64::try_from(unshown).unwrap_or_default() + u64::from(notification.alerts_omitted);
    if count == 0 {
        return String::new();
    }
    format!(
        "<tr><td class=\"pad line soft\" style=\"padding:16px 28px;border-top:1px solid #dde3ea;color:#5b6776;\
         font:14px/20px {SANS}\">and {} not shown here</td></tr>\n",
        wording::counted(count, "more alert")
    )
}

fn footer(notification: &Notification) -> String {
    format!(
        "<tr><td class=\"pad line soft\" style=\"padding:14px 28px 18px;border-top:1px solid #dde3ea;\
         color:#5b6776;font:12px/18px {SANS};overflow-wrap:anywhere\">Tocsin decided this at {} · {} · notification {}</td></tr>\n",
        wording::time(notification.at),
        line(&notification.incident.key, 200),
        line(&notification.id, 100),
    )
}

/// Dark enough for white letters.
const fn color(notification: &Notification) -> &'static str {
    if wording::is_over(notification) {
        return "#177245";
    }
    match (notification.event, notification.incident.priority) {
        (NotificationEvent::Info, _) => "#475467",
        (NotificationEvent::Flapping, _) => "#6941c6",
        (NotificationEvent::Acknowledged, _) => "#0e7090",
        (_, Priority::P1) => "#b42318",
        (_, Priority::P2) => "#c2410c",
        (_, Priority::P3) => "#8a5d00",
        (_, Priority::P4) => "#1d5fbf",
    }
}
