//! The document as text for a terminal.

use std::fmt::Write as _;

use super::document::{Coming, Place, Why, WhyAlert};
use crate::words;

impl Why {
    /// The document as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a text in memory does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let at = self.at.get();
        match &self.incident {
            Some(incident) => writeln!(
                out,
                "{} {} {}: {}",
                incident.id,
                incident.priority,
                incident.status,
                words::line(&incident.title)
            )?,
            None => writeln!(out, "no incident")?,
        }
        writeln!(out, "at {} UTC", words::full(at))?;
        sentences(out, "  ", &self.because)?;
        for alert in &self.alerts {
            write_alert(out, alert)?;
        }
        if self.omitted > 0 {
            writeln!(out, "\nand {} more alerts", self.omitted)?;
        }
        writeln!(out, "\nWhat comes next")?;
        if self.next.is_empty() {
            writeln!(out, "  nothing, unless something happens")?;
        }
        for coming in &self.next {
            write_coming(out, coming)?;
        }
        Ok(())
    }
}

fn write_alert(out: &mut String, alert: &WhyAlert) -> std::fmt::Result {
    let title = if alert.title.is_empty() {
        &alert.fingerprint
    } else {
        &alert.title
    };
    writeln!(out, "\nAlert {}", words::line(title))?;
    sentences(out, "  ", &alert.because)?;
    for place in &alert.places {
        write_place(out, place)?;
    }
    if !alert.passed_over.is_empty() {
        writeln!(out, "  Other routes do not have it")?;
        for passed in &alert.passed_over {
            writeln!(
                out,
                "    {}: {}",
                passed.route,
                words::line(&passed.because)
            )?;
        }
    }
    Ok(())
}

fn write_place(out: &mut String, place: &Place) -> std::fmt::Result {
    writeln!(out, "  Group {}", words::line(&place.group))?;
    let channels = if place.channels.is_empty() {
        "no channel".to_owned()
    } else {
        place.channels.join(", ")
    };
    writeln!(
        out,
        "    tells {} ({channels}): group_wait {}, group_interval {}, repeat_interval {}{}",
        place.receiver,
        place.group_wait,
        place.group_interval,
        place.repeat_interval,
        place
            .escalation
            .as_ref()
            .map(|escalation| format!(", escalation {escalation}"))
            .unwrap_or_default()
    )?;
    sentences(out, "    ", &place.because)?;
    for told in &place.told {
        writeln!(
            out,
            "    {} {} told {} by {}: {}",
            words::full(told.at.get()),
            told.event,
            told.receiver,
            words::list(&told.channels),
            words::line(&told.reason)
        )?;
    }
    if let Some(ladder) = &place.ladder {
        writeln!(out, "    Ladder {}: {}", ladder.escalation, ladder.sentence)?;
        for step in &ladder.taken {
            writeln!(
                out,
                "      {} step {} of round {} reached {}",
                words::full(step.at.get()),
                u64::from(step.step) + 1,
                u64::from(step.round) + 1,
                if step.to.is_empty() {
                    "nobody".to_owned()
                } else {
                    words::list(&step.to)
                }
            )?;
        }
    }
    Ok(())
}

fn write_coming(out: &mut String, coming: &Coming) -> std::fmt::Result {
    match coming.at {
        Some(at) => writeln!(out, "  {}  {}", words::full(at.get()), coming.sentence),
        None => writeln!(out, "  at some time        {}", coming.sentence),
    }
}

fn sentences(out: &mut String, indent: &str, sentences: &[String]) -> std::fmt::Result {
    for sentence in sentences {
        writeln!(out, "{indent}- {}", words::line(sentence))?;
    }
    Ok(())
}
