//! `Idempotency-Key`: the same request with the same key is carried out once.

use credentials::bearer::Caller;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::RecordStore;

use crate::answer::Answer;
use crate::api::Api;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::Visit;

/// The header.
pub(crate) const HEADER: &str = "idempotency-key";
/// How long a key is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The longest key.
const CHARS: usize = 255;

/// What is remembered of a request that was answered.
#[derive(Serialize, Deserialize)]
struct Remembered {
    request: String,
    status: u16,
    kind: String,
    body: String,
}

impl<P: Ports> Api<P> {
    /// Does the work, unless the caller's key says that it was done before; then gives the answer of
    /// that time. What holds a secret is not remembered: `secret`.
    ///
    /// # Errors
    /// The work's, and when the key is misused or its first request was not answered.
    pub(crate) async fn once(
        &self,
        visit: &Visit<'_>,
        caller: &Caller,
        secret: bool,
        work: impl Future<Output = Result<Answer, Problem>> + Send,
    ) -> Result<Answer, Problem> {
        let Some(key) = visit.request.header(HEADER) else {
            return work.await;
        };
        if key.is_empty() || key.len() > CHARS {
            let detail = format!("the key has {} bytes", key.len());
            let remedy = "write 1 to 255 bytes, for example a UUID";
            return Err(Problem::invalid(Place::Header, HEADER, detail, remedy));
        }
        let store = self.desk.store();
        let name = format!("idempotency/{}/{}", caller.id, digest(&[key.as_bytes()]));
        let request = fingerprint(visit)?;
        let until = visit.now.checked_add(KEPT).unwrap_or(visit.now);
        if !store.remember_once(&name, visit.now, until).await? {
            return replay(store.get_text(&name).await?, &request);
        }
        let answer = work.await.unwrap_or_else(|problem| problem.answer());
        if answer.status < 500 && !secret {
            let remembered = Remembered {
                request,
                status: answer.status,
                kind: answer.header("content-type").unwrap_or_default().to_owned(),
                body: answer.body.clone(),
            };
            // The act is done: an answer that is not remembered only makes its repetition a conflict.
            let text = serde_json::to_string(&remembered).unwrap_or_default();
            if let Err(error) = store.put_text(&name, &text, Some(until)).await {
                tracing::warn!(stage = "once", error = %error, "an answer is not remembered");
            }
        }
        Ok(answer)
    }
}

fn replay(text: Option<String>, request: &str) -> Result<Answer, Problem> {
    let remembered = text.and_then(|text| serde_json::from_str::<Remembered>(&text).ok());
    match remembered {
        None => Err(Problem::new(
            409,
            "unanswered",
            "The first request with this key was not answered",
            "the first request with this key is still being carried out, has failed, or answered a secret",
            "look whether it was carried out, then use another key",
        )
        .at(Place::Header, HEADER)),
        Some(known) if known.request != request => Err(Problem::new(
            422,
            "key-reused",
            "The key belongs to another request",
            "this key was used before with another method, address or body",
            "use a key of its own for each request",
        )
        .at(Place::Header, HEADER)),
        Some(known) => Ok(Answer::of(known.status, &known.kind, known.body)
            .with("idempotency-replayed", "true")),
    }
}

fn fingerprint(visit: &Visit<'_>) -> Result<String, Problem> {
    let method = format!("{:?}", visit.request.method);
    let path = visit.request.path.join("/");
    Ok(digest(&[method.as_bytes(), path.as_bytes(), visit.body()?]))
}

/// The hash of some parts, each with its length in front of it.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
