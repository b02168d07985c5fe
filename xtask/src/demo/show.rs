//! The demo on the terminal.

use std::io::IsTerminal;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::arrivals::Arrival;
use super::field;

/// So many lines of a message are shown; of the webhook's document fewer, it is for programs.
const LINES: usize = 40;
const LINES_OF_WEBHOOK: usize = 12;
/// A line is cut after so many characters.
const WIDTH: usize = 140;

/// When the metric was put that changed the alarm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(SystemTime);

impl Clock {
    pub(super) fn start() -> Self {
        Self(SystemTime::now())
    }

    pub(super) fn elapsed(&self) -> Duration {
        // A clock that was set back in between shows as no time.
        self.0.elapsed().unwrap_or_default()
    }

    /// The time from the start to a moment in milliseconds since 1970.
    pub(super) fn until(&self, at_ms: i64) -> Duration {
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(at_ms).unwrap_or_default());
        at.duration_since(self.0).unwrap_or_default()
    }
}

/// The terminal.
#[derive(Debug)]
pub(super) struct Screen {
    colours: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            colours: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    pub(super) fn heading(&self, text: &str) {
        println!("\n{}", self.styled("1", text));
    }

    pub(super) fn line(&self, text: &str) {
        println!("  {text}");
    }

    pub(super) fn event(&self, clock: &Clock, kind: &str, text: &str) {
        self.stamped(clock.elapsed(), kind, text);
    }

    /// The classification with its reason, from the document that went to the webhook.
    pub(super) fn decision(&self, clock: &Clock, document: &Value) {
        let minutes = document
            .pointer("/incident/response_minutes")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let what = format!(
            "{} {}: {}, service {}, category {}; answer within {minutes} min",
            field(document, "/incident/priority"),
            field(document, "/event"),
            field(document, "/incident/title"),
            field(document, "/incident/service"),
            field(document, "/incident/category"),
        );
        self.stamped(clock.elapsed(), "decision", &what);
        let indent = " ".repeat(21);
        println!("{indent}because {}", field(document, "/alerts/0/reason"));
        println!("{indent}told because {}", field(document, "/reason"));
    }

    pub(super) fn arrival(&self, arrival: &Arrival) {
        self.stamped(
            arrival.after,
            arrival.channel,
            &format!("to {}", arrival.to),
        );
        let most = if arrival.channel == "webhook" {
            LINES_OF_WEBHOOK
        } else {
            LINES
        };
        for line in arrival.lines.iter().take(most) {
            println!("      {} {}", self.styled("2", "│"), cut(line));
        }
        if let Some(more) = arrival.lines.len().checked_sub(most)
            && more > 0
        {
            println!("      {} … {more} more lines", self.styled("2", "└"));
        }
    }

    /// What was sent where, and how long it took.
    pub(super) fn summary(&self, opened: &[Arrival], resolved: &[Arrival]) {
        self.heading("What was sent where, and how long after the metric");
        println!("  {:<12}{:>12}{:>12}   to", "channel", "breach", "recovery");
        let mut channels: Vec<(&str, &str)> = Vec::new();
        for arrival in opened.iter().chain(resolved) {
            if !channels
                .iter()
                .any(|(channel, _)| *channel == arrival.channel)
            {
                channels.push((arrival.channel, &arrival.to));
            }
        }
        for (channel, to) in channels {
            let after = |arrivals: &[Arrival]| {
                let first = arrivals.iter().find(|arrival| arrival.channel == channel);
                first.map_or_else(
                    || "–".to_owned(),
                    |arrival| format!("{:.2} s", arrival.after.as_secs_f64()),
                )
            };
            println!(
                "  {channel:<12}{:>12}{:>12}   {to}",
                after(opened),
                after(resolved)
            );
        }
    }

    fn stamped(&self, after: Duration, kind: &str, text: &str) {
        let stamp = format!("{:>+8.2} s", after.as_secs_f64());
        println!(
            "{} {} {text}",
            self.styled("2", &stamp),
            self.styled("1", &format!("{kind:<9}"))
        );
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}
