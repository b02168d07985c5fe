//! The parts of Block Kit that are used, each built within Slack's limits.

use serde::Serialize;

use super::escape;

/// Slack's limits, in characters or pieces.
pub mod limits {
    /// Blocks in a message.
    pub const BLOCKS: usize = 50;
    /// Characters in a header.
    pub const HEADER: usize = 150;
    /// Characters in a section's text.
    pub const SECTION: usize = 3000;
    /// Fields in a section.
    pub const FIELDS: usize = 10;
    /// Characters in a field.
    pub const FIELD: usize = 2000;
    /// Elements in a context.
    pub const CONTEXT: usize = 10;
    /// Characters in a button.
    pub const BUTTON: usize = 75;
    /// Characters in a button's address.
    pub const URL: usize = 3000;
    /// Characters in what a button says to us.
    pub const VALUE: usize = 2000;
    /// Characters in the question that a button asks.
    pub const CONFIRM_TEXT: usize = 300;
    /// Characters in the fallback text; Slack recommends no more.
    pub const TEXT: usize = 4000;
}

/// A text object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Text {
    /// Without marks.
    PlainText {
        /// The escaped text.
        text: String,
        /// Whether `:colon:` words become pictures: never, for they may be part of a name.
        emoji: bool,
    },
    /// With Slack's marks.
    Mrkdwn {
        /// The escaped text, with our own marks.
        text: String,
        /// Whether Slack leaves bare addresses and names alone: always, or whoever writes an alarm's
        /// text could put a link or a mention into it. Our own `<…>` marks are read nevertheless.
        verbatim: bool,
    },
}

impl Text {
    /// Plain text of at most `most` characters, escaped here.
    #[must_use]
    pub fn plain(text: &str, most: usize) -> Self {
        Self::PlainText {
            text: escape::plain(text, most),
            emoji: false,
        }
    }

    /// Text that is already escaped and short enough.
    #[must_use]
    pub const fn marked(text: String) -> Self {
        Self::Mrkdwn {
            text,
            verbatim: true,
        }
    }

    /// What is shown.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::PlainText { text, .. } | Self::Mrkdwn { text, .. } => text,
        }
    }
}

/// A block.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Large and bold.
    Header {
        /// Plain text.
        text: Text,
    },
    /// A paragraph, or up to ten fields in two columns.
    Section {
        /// The paragraph.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
        /// The fields.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Text>,
    },
    /// Small print.
    Context {
        /// Its pieces.
        elements: Vec<Text>,
    },
    /// Buttons.
    Actions {
        /// The buttons.
        elements: Vec<Button>,
    },
    /// A line.
    Divider,
}

/// A button: it opens an address or says something to us. Slack tells us of a press in both cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "button")]
pub struct Button {
    /// What is on it.
    pub text: Text,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Names the button within the message.
    pub action_id: &'static str,
    /// What it says to us: see [`super::action_value`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `primary` is green, `danger` red.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<&'static str>,
    /// What is asked before it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
}

/// A question before a button counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confirm {
    /// In short.
    pub title: Text,
    /// In full.
    pub text: Text,
    /// The button that goes on.
    pub confirm: Text,
    /// The button that does not.
    pub deny: Text,
}

/// Blocks with a coloured bar at their side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attachment {
    /// `#rrggbb`.
    pub color: &'static str,
    /// What clients without blocks show.
    pub fallback: String,
    /// The blocks.
    pub blocks: Vec<Block>,
}
