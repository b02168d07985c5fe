//! Builds an alert with everything bounded, so that one event can never fill a message or an item.

use std::borrow::Cow;

use compact_str::CompactString;
use jiff::Timestamp;

use crate::alert::{Alert, Measurement, Status};
use crate::labels::{Fingerprint, Labels};

const TITLE_CHARS: usize = 200;
const DESCRIPTION_CHARS: usize = 2_000;
const NAME_BYTES: usize = 128;
const LABEL_BYTES: usize = 512;
const ANNOTATION_CHARS: usize = 1_000;
const LABELS: usize = 40;
const ANNOTATIONS: usize = 40;

/// An alert in the making.
pub(crate) struct Draft {
    pub(crate) source: CompactString,
    pub(crate) kind: CompactString,
    pub(crate) status: Status,
    title: String,
    description: String,
    labels: Labels,
    annotations: Labels,
    /// Names of the labels that tell this problem from others; all labels when there is none.
    identity: &'static [&'static str],
    pub(crate) measurement: Option<Measurement>,
    pub(crate) starts_at: Option<Timestamp>,
    pub(crate) changed_at: Timestamp,
    pub(crate) console_url: Option<String>,
    pub(crate) fired_anew: bool,
    /// Most events other than alarms have no end that is always told.
    pub(crate) lifetime_minutes: Option<u32>,
}

/// A day: long enough for what goes on to be told again, short enough not to hide the next one.
const LIFETIME_MINUTES: u32 = 24 * 60;

impl Draft {
    pub(crate) fn new(source: &str, kind: &str, status: Status, changed_at: Timestamp) -> Self {
        Self {
            source: label_value(source),
            kind: label_value(kind),
            status,
            title: String::new(),
            description: String::new(),
            labels: Labels::with_capacity(10),
            annotations: Labels::new(),
            identity: &[],
            measurement: None,
            starts_at: None,
            changed_at,
            console_url: None,
            fired_anew: false,
            lifetime_minutes: Some(LIFETIME_MINUTES),
        }
    }

    pub(crate) fn title(&mut self, title: impl AsRef<str>) {
        self.title = one_line(title.as_ref(), TITLE_CHARS);
    }

    pub(crate) fn has_title(&self) -> bool {
        !self.title.is_empty()
    }

    pub(crate) fn description(&mut self, text: &str) {
        self.description = cut(text.trim(), DESCRIPTION_CHARS).into_owned();
    }

    pub(crate) fn label(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && (self.labels.len() < LABELS || self.labels.get(name).is_some()) {
            self.labels.set(label_name(name), label_value(value));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.labels.get(name).or_else(|| self.annotations.get(name))
    }

    pub(crate) fn annotation(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && self.annotations.len() < ANNOTATIONS {
            self.annotations
                .set(label_name(name), &*cut(value, ANNOTATION_CHARS));
        }
    }

    pub(crate) const fn identity(&mut self, names: &'static [&'static str]) {
        self.identity = names;
    }

    pub(crate) fn finish(mut self) -> Alert {
        if self.title.is_empty() {
            self.title = one_line(&self.kind, TITLE_CHARS);
        }
        if self.title.is_empty() {
            "An event without a name".clone_into(&mut self.title);
        }
        if self.labels.get("alertname").is_none() {
            let name = self.kind.clone();
            self.labels.set("alertname", name);
        }
        let fingerprint = if self.identity.is_empty() {
            Fingerprint::of(self.labels.iter())
        } else {
            let chosen = self.labels.iter();
            Fingerprint::of(chosen.filter(|(name, _)| self.identity.contains(name)))
        };
        let resolved = self.status == Status::Resolved;
        Alert {
            source: self.source,
            kind: self.kind,
            status: self.status,
            title: self.title,
            description: self.description,
            labels: self.labels,
            annotations: self.annotations,
            measurement: self.measurement,
            starts_at: self
                .starts_at
                .filter(|start| *start <= self.changed_at)
                .unwrap_or(self.changed_at),
            ends_at: resolved.then_some(self.changed_at),
            changed_at: self.changed_at,
            fingerprint,
            fired_anew: self.fired_anew && self.status == Status::Firing,
            lifetime_minutes: self
                .lifetime_minutes
                .filter(|_| self.status == Status::Firing),
            console_url: self.console_url.filter(|url| url.len() <= 2_000),
        }
    }
}

/// The first `limit` characters, with an ellipsis when more were there.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    // A byte is at least as many characters, so the common case need not count.
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
            Cow::Owned(kept + "…")
        }
    }
}

/// One line of at most `limit` characters: control characters and runs of space become one space.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    // Most lines are short, plain ASCII already.
    let plain = |pair: &[u8]| !matches!(pair, [b' ', b' ']);
    if text.len() <= limit
        && text.bytes().all(|b| (b' '..0x7f).contains(&b))
        && text.as_bytes().windows(2).all(plain)
    {
        return text.trim().to_owned();
    }
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    let mut line = String::with_capacity(text.len().min(limit * 4));
    let mut chars = 0;
    let mut gap = false;
    for c in text.chars() {
        if !is_plain(c) {
            gap = chars > 0;
            continue;
        }
        if chars + usize::from(gap) + 1 > limit {
            let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
            return kept.trim_end().to_owned() + "…";
        }
        if gap {
            line.push(' ');
            chars += 1;
            gap = false;
        }
        line.push(c);
        chars += 1;
    }
    line
}

/// A label's value, at most 512 bytes. What is longer keeps its beginning and ends in the
/// fingerprint of the whole, so that two long values stay two values.
fn label_value(value: &str) -> CompactString {
    if value.len() <= LABEL_BYTES {
        return value.into();
    }
    let whole = Fingerprint::of([("", value)]);
    let head: CompactString = value
        .char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= LABEL_BYTES - 20)
        .map(|(_, c)| c)
        .collect();
    compact_str::format_compact!("{head}…{whole}")
}

fn label_name(name: &str) -> CompactString {
    if name.len() <= NAME_BYTES {
        return name.into();
    }
    let whole = Fingerprint::of([("", name)]);
    let head: CompactString = name
        .char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= NAME_BYTES - 20)
        .map(|(_, c)| c)
        .collect();
    compact_str::format_compact!("{head}…{whole}")
}

#[cfg(test)]
mod tests {
    use super::{cut, label_value, one_line};
    use test_case::test_case;

    #[test_case("a\nb\t c\r\n", 10, "a b c"; "controls become one space")]
    #[test_case("abcdef", 4, "abc…"; "cut")]
    #[test_case("abcd", 4, "abcd"; "exactly")]
    #[test_case("äöüß", 4, "äöüß"; "characters not bytes")]
    #[test_case("  x", 4, "x"; "leading")]
    fn makes_one_line(text: &str, limit: usize, expected: &str) {
        assert_eq!(one_line(text, limit), expected);
    }

    #[test]
    fn cuts_by_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }

    #[test]
    fn long_values_stay_apart() {
        let (a, b) = ("x".repeat(2_000) + "a", "x".repeat(2_000) + "b");
        assert_ne!(label_value(&a), label_value(&b));
        assert!(label_value(&a).len() <= 512);
    }
}
