//! Sentences that both renderings use.

use super::document::{AlertStory, EventSource, HoldPeriod, Similar, ToldRow};
use crate::words;

impl EventSource {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Person => "person",
            Self::Silence => "silence",
            Self::Incident => "incident",
            Self::Remediation => "remediation",
            Self::Group => "group",
            Self::Ladder => "ladder",
            Self::Notification => "notification",
        }
    }
}

impl ToldRow {
    /// The event, and the step of a ladder.
    pub(super) fn event_words(&self) -> String {
        match self.step {
            Some(step) => format!("{}, step {}", self.event, u64::from(step) + 1),
            None => self.event.clone(),
        }
    }
}

impl AlertStory {
    /// Its title, or what else names it.
    pub(super) fn name(&self) -> &str {
        if self.title.is_empty() {
            &self.fingerprint
        } else {
            &self.title
        }
    }

    /// From when to when it fired.
    pub(super) fn fired(&self) -> String {
        let from = self.from.get();
        let Some(until) = self.until.map(crate::Moment::get) else {
            return format!("fires since {}", words::full(from));
        };
        let how = if self.lapsed {
            "; its source never said that it was over"
        } else {
            ""
        };
        format!(
            "fired from {} to {}, for {}{how}",
            words::full(from),
            words::full(until),
            words::between(from, until)
        )
    }

    /// How it was classified.
    pub(super) fn classified(&self) -> String {
        let rule = self.rule.as_ref();
        let rule = rule.map_or_else(|| "no rule".to_owned(), |rule| format!("rule {rule}"));
        if self.reason.is_empty() {
            format!("classified by {rule}")
        } else {
            format!("classified by {rule}: {}", self.reason)
        }
    }
}

impl HoldPeriod {
    /// When and by what.
    pub(super) fn sentence(&self) -> String {
        let until = self.until.map_or_else(
            || "to its end or until now".to_owned(),
            |until| format!("to {}", words::full(until.get())),
        );
        format!(
            "held back from {} {until}, {}, in {}",
            words::full(self.from.get()),
            self.by,
            self.group
        )
    }
}

impl Similar {
    /// How often it was there.
    pub(super) fn sentence(&self) -> String {
        let times = |count: u32| match count {
            0 => "not once".to_owned(),
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        format!(
            "In the 30 days before, the same was there {}; the same service had this kind of trouble {}.",
            times(self.same),
            times(self.alike)
        )
    }
}
