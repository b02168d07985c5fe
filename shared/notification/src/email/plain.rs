//! The text body: the same as the HTML, for terminals and screen readers.

use incident::{AlertSummary, Notification};

use super::TEXT_BYTES;
use crate::links::{self, Links};
use crate::measured::Measured;
use crate::text;
use crate::wording;

const LINE: usize = 1000;
const DESCRIPTION: usize = 4000;

/// The whole text.
pub(super) fn render(notification: &Notification, links: Option<&Links>) -> String {
    let mut out = wording::headline(notification, 400);
    out.push('\n');
    out.push_str(&text::clipped_line(&notification.reason, LINE));
    out.push_str("\n\n");
    summary(notification, links, &mut out);
    others(notification, links, &mut out);
    let mut shown = 0;
    for alert in &notification.alerts {
        let mut part = String::from("\n----------------------------------------\n");
        describe(alert, &mut part);
        if out.len() + part.len() > TEXT_BYTES {
            break;
        }
        out.push_str(&part);
        shown += 1;
    }
    let unshown = notification.alerts.len().saturating_sub(shown);
    let count = u64::try_from(unshown).unwrap_or_default() + u64::from(notification.alerts_omitted);
    if count > 0 {
        let more = wording::counted(count, "more alert");
        out.push_str(&format!("\nand {more} not shown here\n"));
    }
    out.push_str(&format!(
        "\n-- \nTocsin decided this at {} | {} | notification {}\n",
        wording::time(notification.at),
        text::clipped_line(&notification.incident.key, 200),
        text::clipped_line(&notification.id, 100),
    ));
    out
}

fn summary(notification: &Notification, links: Option<&Links>, out: &mut String) {
    let incident = &notification.incident;
    let mut fact = |name: &str, value: &str| pair(name, value, out);
    let expectation = wording::expectation(notification).map(|words| format!(": {words}"));
    fact(
        "Priority",
        &format!(
            "{}{}",
            wording::priority(incident.priority),
            expectation.unwrap_or_default()
        ),
    );
    fact("Service", &incident.service);
    fact("Category", &incident.category);
    if let Some(counts) = wording::counts(notification) {
        fact("Alerts", &counts);
    }
    fact("Since", &wording::time(incident.opened_at));
    if let Some(by) = wording::respond_by(notification) {
        fact("Answer by", &wording::time(by));
    }
    if let Some(end) = incident.resolved_at {
        let lasted = wording::span(incident.opened_at, end);
        fact("Until", &format!("{}, after {lasted}", wording::time(end)));
    }
    if let Some(step) = wording::escalation(notification) {
        fact("Escalation", &step);
    }
    if !notification.receiver.is_empty() {
        fact("Receiver", &notification.receiver);
    }
    if let Some(group) = wording::group(notification) {
        fact("Group", &group);
    }
    fact("Incident", incident.id.as_str());
    if let Some(page) = links::page(notification, links) {
        // As it is: a link that was clipped would be none.
        out.push_str(&format!("{:<12} {}\n", page.label, page.url));
    }
    let mut fact = |name: &str, value: &str| pair(name, value, out);
    for link in links::runbook(notification)
        .into_iter()
        .chain(links::console(notification))
    {
        fact(link.label, link.url);
    }
}

/// The other incidents of the message.
fn others(notification: &Notification, links: Option<&Links>, out: &mut String) {
    if notification.incidents.is_empty() {
        return;
    }
    out.push_str("\nIn the same message:\n");
    for incident in &notification.incidents {
        out.push_str(&format!(
            "  {} {} | {}: {} | {}\n",
            incident.priority,
            wording::status_word(incident.status),
            text::clipped_line(&incident.service, 60),
            text::clipped_line(&incident.title, 200),
            incident.id,
        ));
        if let Some(link) = links.and_then(|links| links.get(&incident.id)) {
            out.push_str(&format!("     {}\n", link.view_url));
        }
    }
}

fn describe(alert: &AlertSummary, out: &mut String) {
    let title = text::clipped_line(&alert.title, LINE);
    out.push_str(&format!(
        "[{}] {} {title}\n",
        alert.status.as_str(),
        alert.priority
    ));
    if !alert.description.trim().is_empty() {
        out.push_str(&text::clip(&text::lines(&alert.description), DESCRIPTION));
        out.push('\n');
    }
    out.push('\n');
    let mut fact = |name: &str, value: &str| pair(name, value, out);
    if let Some(measured) = alert.measurement.as_ref().and_then(Measured::of) {
        fact("Measured", &measured.sentence());
    }
    fact("Why", &alert.reason);
    if let Some(rule) = &alert.rule {
        fact("Rule", rule);
    }
    fact("Category", &alert.category);
    fact("Since", &wording::time(alert.starts_at));
    if let Some(end) = alert.ends_at {
        let lasted = wording::span(alert.starts_at, end);
        fact("Until", &format!("{}, after {lasted}", wording::time(end)));
    }
    fact("Source", &format!("{} | {}", alert.source, alert.kind));
    for (name, url) in [
        ("Runbook", &alert.runbook),
        ("AWS console", &alert.console_url),
    ] {
        if let Some(url) = url.as_deref().and_then(links::http_url) {
            fact(name, url);
        }
    }
    for (name, value) in alert.annotations.iter().chain(alert.labels.iter()) {
        fact(&format!("  {}", text::clipped_line(name, 120)), value);
    }
}

fn pair(name: &str, value: &str, out: &mut String) {
    out.push_str(&format!("{name:<12} {}\n", text::clipped_line(value, LINE)));
}
