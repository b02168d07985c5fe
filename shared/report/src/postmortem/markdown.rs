//! The document as Markdown.

use std::fmt::{self, Write as _};

use super::document::{AlertStory, Figure, PostMortem};
use super::markup::{link, markdown as md};
use crate::words;

impl PostMortem {
    /// The document as Markdown (`CommonMark` with tables).
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a text in memory does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        self.head(out)?;
        writeln!(
            out,
            "\n## Figures\n\n| figure | took | promised | |\n|---|---|---|---|"
        )?;
        for figure in &self.figures {
            let (took, promised) = figure.values();
            writeln!(
                out,
                "| {}, {} | {took} | {promised} | {} |",
                figure.name.title(),
                figure.name.about(),
                figure.promise.words()
            )?;
        }
        self.learnt(out)?;
        writeln!(out, "\n## Timeline\n")?;
        if !self.timeline_complete {
            writeln!(
                out,
                "Its beginning, or some of what was told, is forgotten.\n"
            )?;
        }
        writeln!(out, "| time (UTC) | what | known from |\n|---|---|---|")?;
        for event in &self.timeline {
            writeln!(
                out,
                "| {} | {} | {} |",
                words::full(event.at.get()),
                md(&event.text),
                event.source.word()
            )?;
        }
        writeln!(out, "\n## Alerts\n")?;
        for alert in &self.alerts {
            write_alert(out, alert)?;
        }
        if self.alerts_omitted > 0 {
            writeln!(out, "\nand {} more", self.alerts_omitted)?;
        }
        self.people(out)?;
        self.before(out)
    }

    fn head(&self, out: &mut String) -> fmt::Result {
        let incident = &self.incident;
        writeln!(out, "# {}: {}\n", incident.priority, md(&incident.title))?;
        writeln!(out, "{}\n", md(&self.summary))?;
        writeln!(out, "- Incident: {}", md(&incident.id))?;
        writeln!(
            out,
            "- Service: {}, {}",
            md(&incident.service),
            md(&incident.category)
        )?;
        writeln!(
            out,
            "- Priority: {} ({})",
            incident.priority,
            incident.priority.word()
        )?;
        writeln!(
            out,
            "- Opened: {} UTC",
            words::full(incident.opened_at.get())
        )?;
        match incident.resolved_at {
            Some(at) => writeln!(out, "- Resolved: {} UTC", words::full(at.get()))?,
            None => writeln!(out, "- Resolved: not yet")?,
        }
        match &self.verdict {
            Some(verdict) => {
                let why = if verdict.why.is_empty() {
                    String::new()
                } else {
                    format!(": {}", md(&verdict.why))
                };
                writeln!(
                    out,
                    "- Verdict: {}, by {}{why}",
                    verdict.kind,
                    md(&verdict.by)
                )?;
            }
            None => writeln!(out, "- Verdict: none")?,
        }
        match incident.runbook.as_deref().and_then(link) {
            Some(url) => writeln!(out, "- Runbook: <{url}>"),
            None => writeln!(out, "- Runbook: none"),
        }
    }

    fn learnt(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n## What is to be learnt\n")?;
        if self.recommendations.is_empty() {
            writeln!(out, "Nothing that the facts would show.")?;
        }
        for recommendation in &self.recommendations {
            writeln!(out, "- **{}.**", md(&recommendation.what))?;
            for fact in &recommendation.evidence {
                writeln!(out, "  - {}", md(fact))?;
            }
        }
        Ok(())
    }

    fn people(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n## Who was told\n")?;
        if self.told.is_empty() {
            writeln!(out, "Nobody, so far as is remembered.")?;
        } else {
            writeln!(
                out,
                "| time (UTC) | who | how | event | why |\n|---|---|---|---|---|"
            )?;
        }
        for row in &self.told {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                words::full(row.at.get()),
                md(&row.receiver),
                md(&row.channels.join(", ")),
                md(&row.event_words()),
                md(&row.reason)
            )?;
        }
        writeln!(out, "\n## Who did what\n")?;
        if self.deeds.is_empty() {
            writeln!(out, "Nobody did anything about it here.")?;
        }
        for deed in &self.deeds {
            let at = words::full(deed.at.get());
            writeln!(
                out,
                "- {at} {} {} (by {})",
                md(&deed.who),
                md(&deed.what),
                md(&deed.via)
            )?;
        }
        Ok(())
    }

    fn before(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "\n## What was before\n\n{}\n",
            md(&self.similar.sentence())
        )?;
        for earlier in &self.similar.incidents {
            let opened = words::full(earlier.opened_at.get());
            let verdict = earlier
                .verdict
                .as_ref()
                .map(|verdict| format!(", {}", md(verdict)));
            writeln!(
                out,
                "- {} {opened} {}: {}{}",
                md(&earlier.id),
                earlier.priority,
                md(&earlier.title),
                verdict.unwrap_or_default()
            )?;
        }
        let written = words::full(self.written_at.get());
        writeln!(out, "\n{} · written {written} UTC", md(&self.schema))
    }
}

fn write_alert(out: &mut String, alert: &AlertStory) -> fmt::Result {
    writeln!(out, "- **{}** ({})", md(alert.name()), alert.priority)?;
    writeln!(out, "  - {}", md(&alert.fired()))?;
    writeln!(out, "  - {}", md(&alert.classified()))?;
    for held in &alert.held {
        writeln!(out, "  - {}", md(&held.sentence()))?;
    }
    Ok(())
}

impl Figure {
    /// What it took and what was promised, in words.
    pub(super) fn values(&self) -> (String, String) {
        let span = |seconds| words::span(jiff::SignedDuration::from_secs(seconds));
        let took = self.seconds.map_or_else(|| "not yet".to_owned(), span);
        (took, self.promised_seconds.map(span).unwrap_or_default())
    }
}
