//! How answers are shown: tables and short texts for a person, documents for a program.

use std::io::{IsTerminal as _, Write as _};

use serde_json::Value;

use super::Failure;
use crate::table;

/// How answers are shown.
#[derive(clap::Args)]
pub(crate) struct View {
    /// The API's document instead of a table
    #[arg(long)]
    json: bool,
}

impl View {
    /// Whether a program reads.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Writes a document.
    ///
    /// # Errors
    /// When there is nowhere to write to.
    pub(crate) fn document(&self, document: &Value) -> Result<(), Failure> {
        writeln!(std::io::stdout(), "{document:#}")?;
        Ok(())
    }

    /// Writes a table, or a word in its place when it is empty.
    ///
    /// # Errors
    /// When there is nowhere to write to.
    pub(crate) fn table(
        &self,
        head: &[&str],
        rows: &[Vec<String>],
        nothing: &str,
    ) -> Result<(), Failure> {
        if rows.is_empty() {
            eprintln!("{nothing}");
            return Ok(());
        }
        let mut text = Vec::new();
        table::write(&mut text, head, rows)?;
        self.text(&String::from_utf8_lossy(&text))
    }

    /// Writes lines; a priority that begins one is coloured.
    ///
    /// # Errors
    /// When there is nowhere to write to.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        let is_coloured = is_coloured(std::io::stdout().is_terminal(), |name| {
            std::env::var(name).ok()
        });
        let mut out = std::io::stdout().lock();
        for line in text.lines() {
            if is_coloured {
                writeln!(out, "{}", painted(line.trim_end()))?;
            } else {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}

/// Whether colours are wanted: on a terminal that can, unless somebody minds (<https://no-color.org>).
fn is_coloured(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    is_set("CLICOLOR_FORCE") || (is_terminal && variable("TERM").is_some_and(|term| term != "dumb"))
}

/// The line with its priority in a colour.
fn painted(line: &str) -> String {
    let colours = [("P1", "1;31"), ("P2", "33"), ("P3", "36"), ("P4", "2")];
    let text = line.trim_start();
    let indent = " ".repeat(line.len() - text.len());
    colours
        .iter()
        .find_map(|(priority, colour)| {
            let rest = text.strip_prefix(priority)?;
            (rest.is_empty() || rest.starts_with(' '))
                .then(|| format!("{indent}\u{1b}[{colour}m{priority}\u{1b}[0m{rest}"))
        })
        .unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(true, &[("TERM", "xterm")], true; "a terminal")]
    #[test_case(false, &[("TERM", "xterm")], false; "a pipe")]
    #[test_case(true, &[("TERM", "dumb")], false; "a terminal that cannot")]
    #[test_case(true, &[("TERM", "xterm"), ("NO_COLOR", "1")], false; "somebody minds")]
    #[test_case(true, &[("TERM", "xterm"), ("NO_COLOR", "")], true; "nobody minds")]
    #[test_case(false, &[("CLICOLOR_FORCE", "1")], true; "forced")]
    #[test_case(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false; "minding is stronger")]
    fn colours_are_for_terminals(is_terminal: bool, set: &[(&str, &str)], coloured: bool) {
        let find = |name: &str| {
            let (_, value) = set.iter().find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        };
        assert_eq!(is_coloured(is_terminal, find), coloured);
    }

    #[test]
    fn only_a_priority_that_begins_a_line_is_painted() {
        assert_eq!(painted("P1  open"), "\u{1b}[1;31mP1\u{1b}[0m  open");
        assert_eq!(painted("  P4"), "  \u{1b}[2mP4\u{1b}[0m");
        assert_eq!(painted("P10 open"), "P10 open");
        assert_eq!(painted("PRIORITY"), "PRIORITY");
    }
}
