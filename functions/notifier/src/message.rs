//! What is in a message of the queue.

use incident::Notification;
use serde::Deserialize;

/// The part of the schema's name that must be the same for us to understand the document.
const SCHEMA: &str = "tocsin.notification/1";

/// Why a body is no notification.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or not the document.
    #[error("the body is no notification: {0}")]
    Document(#[from] serde_json::Error),
    /// A document of another version.
    #[error(
        "the body has the schema `{0}`, and this sender reads `{SCHEMA}`: deploy both together"
    )]
    Schema(String),
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
}

/// The notification in a body: the document itself, or what SNS put around it without raw delivery.
///
/// # Errors
/// When it is neither.
pub fn read(body: &str) -> Result<Notification, Unreadable> {
    let inner = serde_json::from_str::<Envelope>(body)
        .ok()
        .filter(|envelope| envelope.kind == "Notification")
        .map(|envelope| envelope.message);
    let notification: Notification = serde_json::from_str(inner.as_deref().unwrap_or(body))?;
    // A later minor version only adds fields, and those are ignored.
    let version = notification.schema.strip_prefix(SCHEMA);
    if version.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
        Ok(notification)
    } else {
        Err(Unreadable::Schema(
            notification.schema.chars().take(64).collect(),
        ))
    }
}
