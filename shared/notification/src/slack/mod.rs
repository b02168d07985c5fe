//! Slack: a headline, and below it, with the priority's colour at its side, what and why.

mod actions;
mod block;
mod compose;
mod escape;
mod others;

pub use actions::{
    ACKNOWLEDGE, CONSOLE, OPEN_PAGE, RESOLVE, RUNBOOK, action_value, read_action_value,
};
pub use block::{Attachment, Block, Button, Confirm, Text, limits};
pub use compose::render;
pub use escape::{code, line, paragraph, plain};

use incident::{Notification, NotificationEvent};
use serde::Serialize;
use settings::Priority;

/// A message for `chat.postMessage` or an incoming webhook; still without its channel and thread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// What notifications on phones, and clients without blocks, show.
    pub text: String,
    /// The headline.
    pub blocks: Vec<Block>,
    /// The rest, with a bar in the priority's colour.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// Where a message of `chat.postMessage` goes.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The channel's id (or name).
    pub channel: &'a str,
    /// The incident's first message, to reply to.
    pub thread: Option<&'a str>,
}

#[derive(Serialize)]
struct PostMessage<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reply_broadcast: bool,
    unfurl_links: bool,
    unfurl_media: bool,
    text: &'a str,
    blocks: &'a [Block],
    #[serde(skip_serializing_if = "<[Attachment]>::is_empty")]
    attachments: &'a [Attachment],
}

impl Message {
    /// The body for an incoming webhook.
    ///
    /// # Errors
    /// Only if the message could not be written as JSON, which none of its parts can cause.
    pub fn webhook_body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The body for `chat.postMessage`.
    ///
    /// # Errors
    /// Only if the message could not be written as JSON, which none of its parts can cause.
    pub fn post_body(
        &self,
        place: Place<'_>,
        broadcast: bool,
    ) -> Result<String, serde_json::Error> {
        serde_json::to_string(&PostMessage {
            channel: place.channel,
            thread_ts: place.thread,
            reply_broadcast: broadcast && place.thread.is_some(),
            unfurl_links: false,
            unfurl_media: false,
            text: &self.text,
            blocks: &self.blocks,
            attachments: &self.attachments,
        })
    }
}

/// Whether a reply in the thread must be seen in the channel too: whatever asks for somebody, the end of an
/// incident, and the worsening of one for which people are expected at once.
#[must_use]
pub const fn broadcasts(notification: &Notification) -> bool {
    match notification.event {
        // Opened in a thread that is there: it fires again after its end was told.
        NotificationEvent::Opened
        | NotificationEvent::Resolved
        | NotificationEvent::Escalated
        | NotificationEvent::Reminder
        | NotificationEvent::Unacknowledged => true,
        NotificationEvent::Updated | NotificationEvent::Flapping => {
            match notification.incident.priority {
                Priority::P1 | Priority::P2 => true,
                Priority::P3 | Priority::P4 => false,
            }
        }
        NotificationEvent::Info | NotificationEvent::Acknowledged => false,
    }
}
