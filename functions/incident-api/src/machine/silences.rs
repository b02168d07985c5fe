//! Silences: made, listed, ended.

use calendar::TimeInterval;
use compact_str::CompactString;
use credentials::bearer::Scope;
use engine::SilenceEntry;
use incident::{Silence, Via};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::Api;
use crate::fields::Fields;
use crate::machine::incidents::page_size;
use crate::once::Keeping;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::Visit;
use crate::{bearer, entropy};

/// The most matchers of a silence, and the longest texts: all silences share one item of the table.
const MATCHERS: usize = 20;
const MATCHER_BYTES: usize = 512;
const COMMENT_CHARS: usize = 500;
const TIMES: usize = 10;

impl<P: Ports> Api<P> {
    pub(crate) async fn list_silences(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let wanted = visit.request.parameter("state").unwrap_or("current");
        if !["current", "active", "pending", "expired", "all"].contains(&wanted) {
            let detail = "this is no state of a silence";
            let remedy = "write current (active or pending), active, pending, expired or all";
            return Err(Problem::invalid(Place::Query, "state", detail, remedy));
        }
        let silences = self.desk.silences().await?;
        let documents: Vec<Value> = silences
            .iter()
            .filter(|silence| {
                let state = state(silence, visit.now);
                wanted == "all" || wanted == state || (wanted == "current" && state != "expired")
            })
            .map(|silence| document(silence, visit.now))
            .collect();
        Ok(Answer::json(200, &json!({ "silences": documents })))
    }

    pub(crate) async fn show_silence_audit(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let limit = page_size(visit.request)?;
        let cursor = visit.request.parameter("cursor");
        let page = self.desk.silence_audit(limit, cursor).await?;
        let entry = |entry: &SilenceEntry| {
            json!({
                "at": entry.at, "by": entry.by, "ended": entry.ended,
                "silence": document(&entry.silence, entry.at),
            })
        };
        let entries: Vec<Value> = page.entries.iter().map(entry).collect();
        Ok(Answer::json(
            200,
            &json!({ "entries": entries, "unreadable": page.unreadable, "next": page.next }),
        ))
    }

    pub(crate) async fn show_silence(
        &self,
        visit: &Visit<'_>,
        id: &str,
    ) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let silences = self.desk.silences().await?;
        let found = silences.iter().find(|silence| silence.id == id);
        let silence = found.ok_or_else(|| {
            Problem::unknown(
                "there is no silence of this id",
                "look at GET /v1/silences?state=all",
            )
            .at(Place::Path, "id")
        })?;
        Ok(Answer::json(200, &document(silence, visit.now)))
    }

    pub(crate) async fn make_silence(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        let caller = self.caller(visit, Some(Scope::Silence)).await?;
        let mut fields = Fields::read(visit.body()?)?;
        let remedy = "write a list of 1 to 20 matchers such as [\"service=\\\"orders\\\"\"]";
        let matchers: Vec<CompactString> = fields.required("matchers", remedy)?;
        if matchers.is_empty() || matchers.len() > MATCHERS {
            let detail = format!("there are {} matchers", matchers.len());
            return Err(Problem::invalid(Place::Body, "matchers", detail, remedy));
        }
        if let Some(place) = matchers.iter().position(|text| text.len() > MATCHER_BYTES) {
            let detail = format!("this matcher has more than {MATCHER_BYTES} bytes");
            let field = format!("matchers[{place}]");
            return Err(Problem::invalid(Place::Body, field, detail, "shorten it"));
        }
        let remedy = "write an instant such as 2026-01-05T03:30:00Z";
        let starts_at = fields.optional("starts_at", remedy)?;
        let starts_at: Timestamp = starts_at.unwrap_or(visit.now).max(visit.now);
        let ends_at = fields
            .end("ends_at", "duration", starts_at)?
            .ok_or_else(|| {
                let detail = "neither `ends_at` nor `duration` is there";
                Problem::invalid(Place::Body, "duration", detail, "say how long, such as 2h")
            })?;
        let remedy = "write time intervals as in Alertmanager, such as \
                      [{\"weekdays\": [\"saturday\", \"sunday\"], \"location\": \"Asia/Kolkata\"}]";
        let times: Vec<TimeInterval> = fields.optional("times", remedy)?.unwrap_or_default();
        if times.len() > TIMES {
            let detail = format!("there are {} time intervals", times.len());
            let remedy = format!("write at most {TIMES}");
            return Err(Problem::invalid(Place::Body, "times", detail, remedy));
        }
        let remedy = "say why, in 1 to 500 characters";
        let comment: String = fields.required("comment", remedy)?;
        if !(1..=COMMENT_CHARS).contains(&comment.trim().chars().count()) {
            let detail = "the comment is empty or too long";
            return Err(Problem::invalid(Place::Body, "comment", detail, remedy));
        }
        let maintenance = fields.optional("maintenance", "write true or false")?;
        fields.finish("matchers, starts_at, ends_at, duration, times, comment and maintenance")?;
        let entropy = (self.entropy)().map_err(|_| Problem::internal())?;
        let silence = Silence {
            id: entropy::id("sil-", entropy).into(),
            matchers,
            starts_at,
            ends_at,
            times,
            maintenance: maintenance.unwrap_or_default(),
            created_by: bearer::actor(visit, &caller),
            created_at: visit.now,
            comment: comment.trim().to_owned(),
            warned: false,
        };
        self.once(visit, &caller, Keeping::ByTheWork, |ticket| async move {
            let made = |silence: &Silence| {
                let place = format!("/v1/silences/{}", silence.id);
                Answer::json(201, &document(silence, visit.now)).with("location", place)
            };
            let write = |silence: &Silence| ticket.remembers(&made(silence));
            let receipt = ticket.receipt(&write);
            let silence = self.desk.put_silence(silence, receipt.as_ref()).await?;
            visit.acted("silence", Via::Token);
            Ok(made(&silence))
        })
        .await
    }

    pub(crate) async fn end_silence(&self, visit: &Visit<'_>, id: &str) -> Result<Answer, Problem> {
        let caller = self.caller(visit, Some(Scope::Silence)).await?;
        let by = bearer::actor(visit, &caller);
        self.once(visit, &caller, Keeping::ByTheWork, |ticket| async move {
            let ended = |silence: &Silence| Answer::json(200, &document(silence, visit.now));
            let write = |silence: &Silence| ticket.remembers(&ended(silence));
            let receipt = ticket.receipt(&write);
            let silence = self.desk.end_silence(id, &by, receipt.as_ref()).await?;
            visit.acted("unsilence", Via::Token);
            Ok(ended(&silence))
        })
        .await
    }
}

fn state(silence: &Silence, now: Timestamp) -> &'static str {
    if silence.ends_at <= now {
        "expired"
    } else if silence.starts_at > now {
        "pending"
    } else {
        "active"
    }
}

fn document(silence: &Silence, now: Timestamp) -> Value {
    let mut document = json!(silence);
    if let Some(fields) = document.as_object_mut() {
        fields.insert("state".to_owned(), state(silence, now).into());
    }
    document
}
