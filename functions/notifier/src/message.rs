//! What is in a message of the queue.

use incident::Notification;

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

/// The notification in a body: SNS delivers it raw.
///
/// # Errors
/// When it is none.
pub fn read(body: &str) -> Result<Notification, Unreadable> {
    let notification: Notification = serde_json::from_str(body)?;
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
