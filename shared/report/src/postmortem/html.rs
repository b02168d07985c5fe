//! The document as one HTML page: nothing is loaded and nothing runs.

use std::fmt::{self, Write as _};

use settings::Priority;

use super::document::{AlertStory, Figure, PostMortem, Promise};
use super::markup::{html as esc, link};
use crate::moment::Moment;
use crate::words;

/// The whole style: a column that fits a phone, light or dark as the reader likes it, and paper.
const STYLE: &str = include_str!("page.css");

impl PostMortem {
    /// The document as a self-contained HTML page without scripts.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        // Writing to a text in memory does not fail.
        let _ = self.page(&mut out);
        out
    }

    fn page(&self, out: &mut String) -> fmt::Result {
        let title = format!("{}: {}", self.incident.priority, self.incident.title);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
             <title>{}</title><style>{STYLE}</style></head>\n<body><main>\n",
            esc(&title)
        )?;
        self.header(out)?;
        self.tiles(out)?;
        self.lessons(out)?;
        self.history(out)?;
        self.alert_list(out)?;
        self.told_table(out)?;
        self.deed_list(out)?;
        self.earlier(out)?;
        write!(
            out,
            "<footer>Tocsin wrote this at {} · {} · times are UTC</footer>\n</main></body></html>\n",
            time(self.written_at),
            esc(&self.schema)
        )
    }

    fn header(&self, out: &mut String) -> fmt::Result {
        let incident = &self.incident;
        write!(
            out,
            "<header><p class=\"tags\"><span class=\"tag {}\">{} {}</span> <span class=\"tag {}\">{}</span></p>\
             <h1 dir=\"auto\">{}</h1><p class=\"lead\">{}</p>\n<dl class=\"facts\">",
            priority_class(incident.priority),
            incident.priority,
            incident.priority.word(),
            if incident.resolved_at.is_some() {
                "over"
            } else {
                "open"
            },
            esc(&incident.status),
            esc(&incident.title),
            esc(&self.summary)
        )?;
        fact(
            out,
            "Incident",
            &format!("<code>{}</code>", esc(&incident.id)),
        )?;
        fact(
            out,
            "Service",
            &format!("{}, {}", esc(&incident.service), esc(&incident.category)),
        )?;
        fact(out, "Opened", &time(incident.opened_at))?;
        let resolved = incident
            .resolved_at
            .map_or_else(|| "not yet".to_owned(), time);
        fact(out, "Resolved", &resolved)?;
        let verdict = self.verdict.as_ref().map(|verdict| {
            let why = if verdict.why.is_empty() { "" } else { ": " };
            format!(
                "{}, by {}{why}{}",
                esc(&verdict.kind),
                esc(&verdict.by),
                esc(&verdict.why)
            )
        });
        fact(
            out,
            "Verdict",
            &verdict.unwrap_or_else(|| "none".to_owned()),
        )?;
        let runbook = incident
            .runbook
            .as_deref()
            .and_then(link)
            .map(|url| format!("<a href=\"{0}\" rel=\"noreferrer\">{0}</a>", esc(url)));
        fact(
            out,
            "Runbook",
            &runbook.unwrap_or_else(|| "none".to_owned()),
        )?;
        out.write_str("</dl></header>\n")
    }

    fn tiles(&self, out: &mut String) -> fmt::Result {
        out.write_str("<section><h2>Figures</h2><ul class=\"tiles\">")?;
        for figure in &self.figures {
            tile(out, figure)?;
        }
        out.write_str("</ul></section>\n")
    }

    fn lessons(&self, out: &mut String) -> fmt::Result {
        out.write_str("<section><h2>What is to be learnt</h2>")?;
        if self.recommendations.is_empty() {
            out.write_str("<p>Nothing that the facts would show.</p>")?;
        } else {
            out.write_str("<ol class=\"lessons\">")?;
            for recommendation in &self.recommendations {
                write!(out, "<li><p><b>{}.</b></p><ul>", esc(&recommendation.what))?;
                for evidence in &recommendation.evidence {
                    write!(out, "<li>{}</li>", esc(evidence))?;
                }
                out.write_str("</ul></li>")?;
            }
            out.write_str("</ol>")?;
        }
        out.write_str("</section>\n")
    }

    fn history(&self, out: &mut String) -> fmt::Result {
        out.write_str("<section><h2>Timeline</h2>")?;
        if !self.timeline_complete {
            out.write_str("<p>Its beginning, or some of what was told, is forgotten.</p>")?;
        }
        out.write_str("<ol class=\"line\">")?;
        let mut day = String::new();
        for event in &self.timeline {
            let full = words::full(event.at.get());
            let (date, clock) = full.split_once(' ').unwrap_or(("", full.as_str()));
            if date != day {
                write!(out, "<li class=\"day\">{date}</li>")?;
                date.clone_into(&mut day);
            }
            write!(
                out,
                "<li class=\"{}\"><time datetime=\"{}\">{clock}</time><span><span dir=\"auto\">{}</span> <small>{}</small></span></li>",
                event.source.word(),
                event.at.get(),
                esc(&event.text),
                event.source.word()
            )?;
        }
        out.write_str("</ol></section>\n")
    }

    fn alert_list(&self, out: &mut String) -> fmt::Result {
        out.write_str("<section><h2>Alerts</h2><ul class=\"cards\">")?;
        for alert in &self.alerts {
            card(out, alert)?;
        }
        out.write_str("</ul>")?;
        if self.alerts_omitted > 0 {
            write!(out, "<p>and {} more</p>", self.alerts_omitted)?;
        }
        out.write_str("</section>\n")
    }

    fn told_table(&self, out: &mut String) -> fmt::Result {
        out.write_str("<section><h2>Who was told</h2>")?;
        if self.told.is_empty() {
            return out.write_str("<p>Nobody, so far as is remembered.</p></section>\n");
        }
        out.write_str(
            "<table><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Who</th><th scope=\"col\">How</th>\
             <th scope=\"col\">Event</th><th scope=\"col\">Why</th></tr></thead><tbody>",
        )?;
        for row in &self.told {
            write!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td dir=\"auto\">{}</td></tr>",
                time(row.at),
                esc(&row.receiver),
                esc(&row.channels.join(", ")),
                esc(&row.event_words()),
                esc(&row.reason)
            )?;
        }
        out.write_str("</tbody></table></section>\n")
    }

    fn deed_list(&self, out: &mut String) -> fmt::Result {
        out.write_str("<section><h2>Who did what</h2>")?;
        if self.deeds.is_empty() {
            return out.write_str("<p>Nobody did anything about it here.</p></section>\n");
        }
        out.write_str("<ul class=\"plain\">")?;
        for deed in &self.deeds {
            write!(
                out,
                "<li>{} <b>{}</b> <span dir=\"auto\">{}</span> <small>by {}</small></li>",
                time(deed.at),
                esc(&deed.who),
                esc(&deed.what),
                esc(&deed.via)
            )?;
        }
        out.write_str("</ul></section>\n")
    }

    fn earlier(&self, out: &mut String) -> fmt::Result {
        write!(
            out,
            "<section><h2>What was before</h2><p>{}</p>",
            esc(&self.similar.sentence())
        )?;
        if !self.similar.incidents.is_empty() {
            out.write_str("<ul class=\"plain\">")?;
            for earlier in &self.similar.incidents {
                let verdict = earlier
                    .verdict
                    .as_ref()
                    .map(|verdict| format!(", {}", esc(verdict)));
                write!(
                    out,
                    "<li>{} {} <span dir=\"auto\">{}</span> <small><code>{}</code>{}</small></li>",
                    time(earlier.opened_at),
                    earlier.priority,
                    esc(&earlier.title),
                    esc(&earlier.id),
                    verdict.unwrap_or_default()
                )?;
            }
            out.write_str("</ul>")?;
        }
        out.write_str("</section>\n")
    }
}

fn fact(out: &mut String, name: &str, value: &str) -> fmt::Result {
    write!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>")
}

fn tile(out: &mut String, figure: &Figure) -> fmt::Result {
    let (took, promised) = figure.values();
    let class = match figure.promise {
        Promise::Met => "met",
        Promise::Missed => "missed",
        Promise::Pending | Promise::Needless | Promise::None => "calm",
    };
    let against = if promised.is_empty() {
        "nothing was promised".to_owned()
    } else {
        format!("<b>{}</b>, promised {promised}", figure.promise.words())
    };
    write!(
        out,
        "<li class=\"{class}\"><h3>{}</h3><p class=\"took\">{took}</p><p>{against}</p><p><small>{}</small></p></li>",
        figure.name.title(),
        figure.name.about()
    )
}

fn card(out: &mut String, alert: &AlertStory) -> fmt::Result {
    write!(
        out,
        "<li><h3 dir=\"auto\"><span class=\"tag {}\">{}</span> {}</h3><p>{}</p><p>{}</p>",
        priority_class(alert.priority),
        alert.priority,
        esc(alert.name()),
        esc(&alert.fired()),
        esc(&alert.classified())
    )?;
    for held in &alert.held {
        write!(out, "<p class=\"held\">{}</p>", esc(&held.sentence()))?;
    }
    out.write_str("</li>")
}

fn time(at: Moment) -> String {
    format!(
        "<time datetime=\"{}\">{}</time>",
        at.get(),
        words::full(at.get())
    )
}

const fn priority_class(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "p1",
        Priority::P2 => "p2",
        Priority::P3 => "p3",
        Priority::P4 => "p4",
    }
}
