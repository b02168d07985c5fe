//! Refusals as problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): what is wrong,
//! where it stands, and what to do about it.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::answer::Answer;

/// Why a request is not carried out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// A word for machines; `urn:tocsin:problem:` and the word in JSON.
    #[serde(rename = "type", serialize_with = "urn")]
    pub kind: &'static str,
    /// The same in a few words, always the same ones.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
    /// Where the fault stands: `body`, `query`, `path` or `header`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The field, parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Box<str>>,
    /// After how many seconds to come again.
    #[serde(skip)]
    pub retry_after: Option<u64>,
    /// What a caller without credentials is to bring.
    #[serde(skip)]
    pub challenge: bool,
}

fn urn<S: Serializer>(word: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("urn:tocsin:problem:{word}"))
}

/// Where a fault stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the body.
    Body,
    /// Behind the question mark.
    Query,
    /// In the address.
    Path,
    /// In a header.
    Header,
}

impl Problem {
    /// A problem of some kind.
    #[must_use]
    pub fn new(
        status: u16,
        word: &'static str,
        title: &'static str,
        detail: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: word,
            title,
            status,
            detail: detail.into(),
            remedy: remedy.into(),
            place: None,
            field: None,
            retry_after: None,
            challenge: false,
        }
    }

    /// A value that cannot be used.
    #[must_use]
    pub fn invalid(
        place: Place,
        field: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(400, "invalid", "The request cannot be read", detail, remedy).at(place, field)
    }

    /// Something that is well written and that the core refuses.
    #[must_use]
    pub fn refused(
        field: &str,
        detail: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(422, "refused", "The act is refused", detail, remedy).at(Place::Body, field)
    }

    /// There is no such thing.
    #[must_use]
    pub fn unknown(detail: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self::new(404, "unknown", "There is no such thing", detail, remedy)
    }

    /// The caller is not known.
    #[must_use]
    pub fn unauthorized(detail: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        let title = "The caller is not known";
        let mut problem = Self::new(401, "unauthorized", title, detail, remedy);
        problem.challenge = true;
        problem
    }

    /// The caller is known and may not.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            403,
            "forbidden",
            "The caller may not do that",
            detail,
            remedy,
        )
    }

    /// Too much at once.
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        let title = "Too many requests";
        let detail = format!("there were too many requests; come again in {seconds} s");
        let remedy = "wait as long as Retry-After says";
        let mut problem = Self::new(429, "too-many-requests", title, detail, remedy);
        problem.retry_after = Some(seconds);
        problem
    }

    /// The table stumbles.
    #[must_use]
    pub fn unavailable() -> Self {
        let mut problem = Self::new(
            503,
            "unavailable",
            "The table does not answer",
            "the request was not carried out, or nobody knows",
            "try the same again in a few seconds",
        );
        problem.retry_after = Some(2);
        problem
    }

    /// Our own fault.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            500,
            "internal",
            "Something is wrong on our side",
            "the request was not carried out",
            "look at the log of the function incident-api",
        )
    }

    /// With the place of the fault.
    #[must_use]
    pub fn at(mut self, place: Place, field: impl Into<String>) -> Self {
        self.place = Some(place);
        self.field = Some(field.into().into_boxed_str());
        self
    }

    /// As an answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let body = serde_json::to_string(self).unwrap_or_default();
        let mut answer = Answer::of(self.status, "application/problem+json", body);
        if let Some(seconds) = self.retry_after {
            answer = answer.with("retry-after", seconds.to_string());
        }
        if self.challenge {
            answer = answer.with("www-authenticate", "Bearer realm=\"tocsin\"");
        }
        answer
    }
}
