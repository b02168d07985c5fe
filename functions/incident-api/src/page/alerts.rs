//! The alerts of an incident, with what was measured and where to look.

use incident::AlertPhase;
use jiff::Timestamp;
use notification::links::http_url;
use notification::measured::Measured;

use super::html::Html;
use super::show::time;
use crate::view::{AlertDocument, IncidentDocument, span};

/// So many alerts are on the page, and so many labels of each.
const ALERTS: usize = 12;
const LABELS: usize = 30;

pub(super) fn write(html: &mut Html, document: &IncidentDocument, now: Timestamp) {
    if document.alerts.is_empty() {
        return;
    }
    html.lit("<h2>Alerts</h2>\n");
    for alert in document.alerts.iter().take(ALERTS) {
        one(html, alert, now);
    }
    let more = document.alerts.len().saturating_sub(ALERTS) + document.alerts_omitted;
    if more > 0 {
        html.put(
            "<p class=\"soft\">and ",
            &more.to_string(),
            " more alerts</p>\n",
        );
    }
}

fn one(html: &mut Html, alert: &AlertDocument, now: Timestamp) {
    html.lit("<article class=\"card\">\n<h3>");
    html.text(if alert.title.is_empty() {
        "(no room for its title)"
    } else {
        &alert.title
    });
    html.lit("</h3>\n<p>");
    match (alert.status, alert.ends_at) {
        (AlertPhase::Firing, _) => {
            let since = span(alert.starts_at, now);
            html.put(
                "<strong class=\"p1\">firing</strong> for ",
                &since,
                ", since ",
            );
            time(html, alert.starts_at, now);
        }
        (AlertPhase::Resolved, Some(end)) => {
            html.lit("<span class=\"ok\">over</span> since ");
            time(html, end, now);
        }
        (AlertPhase::Resolved, None) => {
            html.lit("<span class=\"ok\">over</span>");
        }
    }
    html.lit("</p>\n");
    if let Some(measured) = alert.measurement.as_ref().and_then(Measured::of) {
        html.put("<p class=\"value\">", &measured.sentence(), "</p>\n");
    }
    if !alert.description.is_empty() {
        html.put("<p>", &alert.description, "</p>\n");
    }
    links(html, alert);
    html.lit("<details><summary>Labels and priority</summary><div>");
    html.put("<p>", alert.priority.as_str(), "");
    if !alert.reason.is_empty() {
        html.put(": ", &alert.reason, "");
    }
    html.lit("</p>\n<ul class=\"labels\">");
    for (name, value) in alert.labels.iter().take(LABELS) {
        html.put("<li>", name, "=").put("", value, "</li>");
    }
    html.lit("</ul></div></details>\n</article>\n");
}

fn links(html: &mut Html, alert: &AlertDocument) {
    let runbook = alert.runbook.as_deref().and_then(http_url);
    let console = alert.console_url.as_deref().and_then(http_url);
    if runbook.is_none() && console.is_none() {
        return;
    }
    html.lit("<p class=\"links\">");
    if let Some(url) = runbook {
        html.put("<a rel=\"noreferrer\" href=\"", url, "\">Runbook</a>");
    }
    if let Some(url) = console {
        html.put("<a rel=\"noreferrer\" href=\"", url, "\">AWS console</a>");
    }
    html.lit("</p>\n");
}
