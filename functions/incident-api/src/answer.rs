//! What the function answers: always with headers that let no cache, frame or other site have it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// An answer in payload format 2.0.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What comes on top of the headers that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// For answers that no browser should make a page of.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

impl Answer {
    /// A document.
    #[must_use]
    pub fn json(status: u16, document: &impl Serialize) -> Self {
        match serde_json::to_string(document) {
            Ok(body) => Self::of(status, "application/json", body),
            Err(error) => {
                tracing::error!(stage = "answer", error = %error, "an answer cannot be written");
                Problem::internal().answer()
            }
        }
    }

    /// A text of some type.
    #[must_use]
    pub fn of(status: u16, kind: &str, body: String) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", kind.to_owned()),
                ("content-security-policy", NO_PAGE.to_owned()),
            ],
            body,
        }
    }

    /// A page with its own policy.
    #[must_use]
    pub fn page(status: u16, policy: String, html: String) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", "text/html; charset=utf-8".to_owned()),
                ("content-security-policy", policy),
            ],
            body: html,
        }
    }

    /// Nothing to say.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// "Look there": what a form is answered with, so that reloading does not post again.
    #[must_use]
    pub fn see_other(place: String) -> Self {
        Self::empty(303).with("location", place)
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A header of it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What Lambda makes an HTTP answer of. `HEAD` gets no body.
    #[must_use]
    pub fn event(&self, head: bool) -> Value {
        let mut headers: Map<String, Value> = [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
            ("strict-transport-security", "max-age=63072000"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
        for (name, value) in &self.headers {
            headers.insert((*name).to_owned(), value.as_str().into());
        }
        json!({
            "statusCode": self.status,
            "headers": headers,
            "body": if head { "" } else { &self.body },
            "isBase64Encoded": false,
        })
    }
}
