//! The page of an incident.

use credentials::link::Purpose;
use jiff::Timestamp;
use notification::links::http_url;
use report::Why;

use super::forms::Buttons;
use super::html::Html;
use super::link::Opened;
use super::{alerts, forms};
use crate::answer::Answer;
use crate::api::Api;
use crate::ports::Ports;
use crate::problem::Problem;
use crate::view::{self, IncidentDocument};
use crate::visit::Visit;

/// So many entries of the timeline are on the page.
const ENTRIES: usize = 40;
/// So many earlier incidents are.
const EARLIER: usize = 5;
/// So many reasons are, for each alert and together.
const REASONS: usize = 12;

impl<P: Ports> Api<P> {
    pub(crate) async fn show_page(
        &self,
        visit: &Visit<'_>,
        token: &str,
    ) -> Result<Answer, Problem> {
        let opened = self.open(visit, token).await?;
        let view = self.known_incident(&opened.incident).await?;
        let silences = self.desk.silences().await?;
        let why = view::why(&view, &silences, self.desk.policy(), visit.now);
        let document = IncidentDocument::of(view, visit.now);
        let buttons = opened
            .claims
            .purpose
            .permits(Purpose::Act)
            .then(|| Buttons {
                keys: &opened.secret.link_keys,
                token,
                now: visit.now,
            });
        let done = visit.request.parameter("done");
        Ok(page(
            &document,
            why.as_ref(),
            buttons.as_ref(),
            &opened,
            token,
            done,
            visit.now,
        ))
    }
}

fn page(
    document: &IncidentDocument,
    why: Option<&Why>,
    buttons: Option<&Buttons<'_>>,
    opened: &Opened,
    token: &str,
    done: Option<&str>,
    now: Timestamp,
) -> Answer {
    let incident = &document.incident;
    let title = format!("{} {}", incident.priority, incident.title);
    Html::page(&title, 200, |html| {
        if let Some(done) = done.and_then(notice) {
            html.put("<p class=\"note\" role=\"status\">", done, "</p>\n");
        }
        heading(html, document);
        facts(html, document, now);
        if let Some(buttons) = buttons {
            forms::write(html, buttons, document);
        }
        alerts::write(html, document, now);
        if let Some(why) = why {
            reasons(html, why);
        }
        timeline(html, document, now);
        earlier(html, document);
        footer(html, opened, token, now);
    })
}

/// What a button has just done. The word comes from the address, so it only chooses one of these.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "acknowledge" => "You have taken it on.",
        "unacknowledge" => "You have given it back.",
        "resolve" => "It is resolved.",
        "comment" => "Your comment is noted.",
        "silence-1h" => "Silenced for an hour.",
        "silence-4h" => "Silenced for four hours.",
        "priority-P1" | "priority-P2" | "priority-P3" | "priority-P4" => "Its priority is changed.",
        _other => return None,
    })
}

fn heading(html: &mut Html, document: &IncidentDocument) {
    let incident = &document.incident;
    html.lit("<header>\n<p class=\"pills\">");
    html.lit(match incident.priority {
        settings::Priority::P1 => "<span class=\"pill p1\">",
        settings::Priority::P2 => "<span class=\"pill p2\">",
        settings::Priority::P3 => "<span class=\"pill p3\">",
        settings::Priority::P4 => "<span class=\"pill p4\">",
    });
    html.text(&format!(
        "{} {}",
        incident.priority,
        incident.priority.word()
    ));
    html.lit("</span>");
    if !document.is_open() {
        html.lit("<span class=\"pill ok\">resolved</span>");
    } else if document.acknowledged {
        html.lit("<span class=\"pill ok\">acknowledged</span>");
    } else {
        html.lit("<span class=\"pill p1\">open</span>");
    }
    html.put("</p>\n<h1>", &incident.title, "</h1>\n");
    html.put("<p class=\"soft\">", &incident.service, " · ");
    html.put("", &incident.category, " · ");
    html.put("", incident.id.as_str(), "</p>\n</header>\n");
}

fn facts(html: &mut Html, document: &IncidentDocument, now: Timestamp) {
    let incident = &document.incident;
    html.lit("<div class=\"card\"><dl>\n");
    match incident.resolved_at {
        Some(end) => {
            let lasted = view::span(incident.opened_at, end);
            html.put("<dt>Lasted</dt><dd><strong>", &lasted, "</strong>, until ");
            time(html, end, now);
        }
        None => {
            let open = view::span(incident.opened_at, now);
            html.put("<dt>Open for</dt><dd><strong>", &open, "</strong>, since ");
            time(html, incident.opened_at, now);
        }
    }
    html.lit("</dd>\n");
    promise(html, document, now);
    if let Some(ack) = document
        .acknowledgement
        .as_ref()
        .filter(|_| document.acknowledged)
    {
        html.put(
            "<dt>Taken by</dt><dd><strong>",
            &ack.by.who,
            "</strong> at ",
        );
        time(html, ack.at, now);
        if let Some(until) = ack.until {
            html.lit(", until ");
            time(html, until, now);
        }
        html.lit("</dd>\n");
    } else if document.is_open() {
        html.lit("<dt>Taken by</dt><dd><strong class=\"p1\">nobody</strong></dd>\n");
    }
    html.lit("<dt>Alerts</dt><dd>");
    html.text(&format!(
        "{} firing, {} over",
        incident.firing, incident.resolved
    ));
    html.lit("</dd>\n");
    if let Some(verdict) = &document.verdict {
        let kind = match verdict.kind {
            incident::VerdictKind::TruePositive => "real trouble",
            incident::VerdictKind::FalsePositive => "a false alarm",
        };
        html.put("<dt>Verdict</dt><dd>", kind, "");
        if !verdict.why.is_empty() {
            html.put(": ", &verdict.why, "");
        }
        html.put(
            " <span class=\"soft\">(",
            &verdict.by.who,
            ")</span></dd>\n",
        );
    }
    html.lit("</dl>");
    if let Some(runbook) = incident.runbook.as_deref().and_then(http_url) {
        html.put(
            "<p class=\"links\"><a rel=\"noreferrer\" href=\"",
            runbook,
            "\">Open the runbook</a></p>",
        );
    }
    html.lit("</div>\n");
}

/// Whether somebody answered within what was promised.
fn promise(html: &mut Html, document: &IncidentDocument, now: Timestamp) {
    let by = document.respond_by;
    match document.first_acknowledged_at {
        Some(at) => {
            let after = view::span(document.incident.opened_at, at);
            html.put("<dt>Answered</dt><dd>after ", &after, "");
            html.lit(if at <= by {
                ", as promised"
            } else {
                ", later than promised"
            });
            html.lit("</dd>\n");
        }
        None if !document.is_open() => {}
        None => {
            html.lit("<dt>Answer by</dt><dd>");
            time(html, by, now);
            if now <= by {
                html.put(" (in ", &view::span(now, by), ")");
            } else {
                html.put(
                    " <strong class=\"p1\">(",
                    &view::span(by, now),
                    " late)</strong>",
                );
            }
            html.lit("</dd>\n");
        }
    }
}

fn reasons(html: &mut Html, why: &Why) {
    html.lit("<h2>Why, and what comes next</h2>\n<div class=\"card\"><ul class=\"plain\">\n");
    for sentence in &why.because {
        html.put("<li>", &super::sentence(sentence), "</li>\n");
    }
    html.lit("</ul>\n");
    for alert in why.alerts.iter().take(3) {
        let title = if alert.title.is_empty() {
            "One alert"
        } else {
            &alert.title
        };
        html.put(
            "<details><summary>",
            title,
            "</summary><ul class=\"plain\">\n",
        );
        let places = alert.places.iter().flat_map(|place| &place.because);
        for sentence in alert.because.iter().chain(places).take(REASONS) {
            html.put("<li>", &super::sentence(sentence), "</li>\n");
        }
        html.lit("</ul></details>\n");
    }
    if !why.next.is_empty() {
        html.lit("<details open><summary>Next</summary><ul class=\"plain\">\n");
        for coming in why.next.iter().take(REASONS) {
            html.put("<li>", &super::sentence(&coming.sentence), "</li>\n");
        }
        html.lit("</ul></details>\n");
    }
    html.lit("</div>\n");
}

fn timeline(html: &mut Html, document: &IncidentDocument, now: Timestamp) {
    html.lit("<h2>What happened</h2>\n");
    if document.timeline.is_empty() {
        html.lit(
            "<p class=\"soft\">The details are forgotten; the audit trail still has them.</p>\n",
        );
        return;
    }
    html.lit("<ol class=\"card\">\n");
    for entry in document.timeline.iter().rev().take(ENTRIES) {
        html.lit("<li>");
        time(html, entry.at, now);
        html.put(" ", &entry.text, "</li>\n");
    }
    html.lit("</ol>\n");
    let more = document.timeline.len().saturating_sub(ENTRIES);
    if more > 0 {
        html.put(
            "<p class=\"soft\">and ",
            &more.to_string(),
            " earlier entries</p>\n",
        );
    }
}

fn earlier(html: &mut Html, document: &IncidentDocument) {
    if document.earlier.is_empty() {
        return;
    }
    html.lit("<h2>It was there before</h2>\n<ul class=\"plain card\">\n");
    for past in document.earlier.iter().take(EARLIER) {
        let lasted = view::span(past.opened_at, past.resolved_at);
        let day = past.opened_at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        html.put("<li>", &day, ", ").put("", &lasted, "");
        if let Some(verdict) = &past.verdict {
            let kind = match verdict.kind {
                incident::VerdictKind::TruePositive => "real trouble",
                incident::VerdictKind::FalsePositive => "a false alarm",
            };
            html.put(" – ", kind, "");
            if !verdict.why.is_empty() {
                html.put(": ", &verdict.why, "");
            }
        }
        html.put("<br><span class=\"soft\">", &past.title, "</span></li>\n");
    }
    html.lit("</ul>\n");
}

fn footer(html: &mut Html, opened: &Opened, token: &str, now: Timestamp) {
    html.put(
        "<footer class=\"soft\">\n<p>As of ",
        &now.strftime("%H:%M:%S UTC").to_string(),
        ". ",
    );
    html.put("<a href=\"/i/", token, "\">Look again</a></p>\n");
    html.put(
        "<p>This link was sent to ",
        opened.claims.who.as_str(),
        ". ",
    );
    html.lit(if opened.claims.purpose.permits(Purpose::Act) {
        "Whoever has it can act in that name until "
    } else {
        "Whoever has it can look until "
    });
    let until = opened
        .claims
        .expires_at
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string();
    html.put("", &until, ", so do not forward it.</p>\n</footer>\n");
}

/// `14:05 UTC`, with the date when it is another day.
pub(super) fn time(html: &mut Html, at: Timestamp, now: Timestamp) {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let shown = if day(at) == day(now) {
        at.strftime("%H:%M UTC").to_string()
    } else {
        at.strftime("%b %-d, %H:%M UTC").to_string()
    };
    html.put("<time datetime=\"", &at.to_string(), "\">")
        .put("", &shown, "</time>");
}
