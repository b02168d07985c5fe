//! Tokens: made, listed, revoked. A token is shown once, when it is made; its hash is what is kept.

use credentials::TokenName;
use credentials::bearer::{Caller, Scope, Scopes, Token, TokenId, TokenRecord};
use incident::Via;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Note, Page, RecordStore, Transaction};

use super::incidents::page_size;
use crate::answer::Answer;
use crate::api::Api;
use crate::bearer::{self, REVOKED};
use crate::fields::Fields;
use crate::once::Keeping;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::Visit;

/// Where what was done about tokens is noted, newest last.
const TRAIL: &str = "AUDIT#TOKENS";
/// A token that was revoked or has expired is remembered so long.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A line of the trail: what is known about a token, without its hash.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    id: TokenId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<TokenName>,
    #[serde(default)]
    scopes: Scopes,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    at: Timestamp,
    revoked: bool,
    by: incident::Actor,
}

impl<P: Ports> Api<P> {
    pub(crate) async fn make_token(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        let caller = self.caller(visit, Some(Scope::Admin)).await?;
        let mut fields = Fields::read(visit.body()?)?;
        let remedy = "write 1 to 120 characters that say who uses it";
        let name: TokenName = fields.required("name", remedy)?;
        let remedy = "write a list of read, act, silence and admin";
        let scopes: Scopes = fields.required("scopes", remedy)?;
        if scopes.iter().next().is_none() {
            let detail = "a token without scopes may do nothing";
            return Err(Problem::invalid(Place::Body, "scopes", detail, remedy));
        }
        let expires_at = fields.end("expires_at", "expires_in", visit.now)?;
        if expires_at.is_some_and(|at| at <= visit.now) {
            let detail = "it would expire at once";
            let remedy = "give a time to come";
            return Err(Problem::invalid(Place::Body, "expires_at", detail, remedy));
        }
        fields.finish("name, scopes, expires_at and expires_in")?;
        let by = bearer::actor(visit, &caller);
        self.once(visit, &caller, Keeping::Secret, |_ticket| async move {
            let entropy = (self.entropy)().map_err(|error| {
                tracing::error!(stage = "tokens", error = %error, "there is no randomness");
                Problem::internal()
            })?;
            let token = Token::from_entropy(entropy);
            let record = TokenRecord::of(&token, name, scopes, visit.now, expires_at);
            let text = serde_json::to_string(&record).map_err(|_| Problem::internal())?;
            let line = Line {
                id: record.id.clone(),
                name: Some(record.name.clone()),
                scopes: record.scopes.clone(),
                expires_at,
                at: visit.now,
                revoked: false,
                by,
            };
            // First the trail: a token that nobody knows of must not exist.
            self.note_token(&line).await?;
            let place = bearer::place(record.id.as_str());
            self.desk
                .store()
                .put_text(&place, &text, expires_at.map(forgotten))
                .await?;
            visit.acted("make_token", Via::Token);
            let answer = json!({
                "token": token.expose(), "id": record.id, "name": record.name,
                "scopes": record.scopes, "expires_at": expires_at,
            });
            Ok(Answer::json(201, &answer))
        })
        .await
    }

    pub(crate) async fn list_tokens(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Admin)).await?;
        let limit = page_size(visit.request)?;
        let after = visit.request.parameter("cursor");
        let page = self
            .desk
            .store()
            .notes(TRAIL, Page { limit, after })
            .await?;
        let lines = page.notes.iter();
        let lines = lines.filter_map(|note| serde_json::from_str::<Line>(&note.body).ok());
        let entries: Vec<Value> = lines.map(|line| json!(line)).collect();
        Ok(Answer::json(
            200,
            &json!({ "entries": entries, "next": page.next }),
        ))
    }

    pub(crate) async fn revoke_token(
        &self,
        visit: &Visit<'_>,
        id: &str,
    ) -> Result<Answer, Problem> {
        let caller = self.caller(visit, Some(Scope::Admin)).await?;
        let unknown = || {
            let detail = "there is no token of this id in the table";
            let remedy = "look at GET /v1/tokens; a token of the secret is taken out of the secret";
            Problem::unknown(detail, remedy).at(Place::Path, "id")
        };
        let id = TokenId::try_new(id).map_err(|_| unknown())?;
        let place = bearer::place(id.as_str());
        let text = self
            .desk
            .store()
            .get_text(&place)
            .await?
            .ok_or_else(unknown)?;
        if text != REVOKED {
            self.revoke(visit, &caller, id, &place, &text).await?;
        }
        Ok(Answer::empty(204))
    }

    async fn revoke(
        &self,
        visit: &Visit<'_>,
        caller: &Caller,
        id: TokenId,
        place: &str,
        text: &str,
    ) -> Result<(), Problem> {
        let until = forgotten(visit.now);
        // First the effect: a token that is noted as revoked must not work.
        self.desk
            .store()
            .put_text(place, REVOKED, Some(until))
            .await?;
        let record: Option<TokenRecord> = serde_json::from_str(text).ok();
        let line = Line {
            id,
            name: record.as_ref().map(|record| record.name.clone()),
            scopes: record.map(|record| record.scopes).unwrap_or_default(),
            expires_at: None,
            at: visit.now,
            revoked: true,
            by: bearer::actor(visit, caller),
        };
        self.note_token(&line).await?;
        visit.acted("revoke_token", Via::Token);
        Ok(())
    }

    async fn note_token(&self, line: &Line) -> Result<(), Problem> {
        let body = serde_json::to_string(line).map_err(|_| Problem::internal())?;
        let sort = format!(
            "{} {} {}",
            line.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
            line.id,
            line.revoked
        );
        let note = Note {
            partition: TRAIL,
            sort: &sort,
            body: &body,
            keep_until: None,
        };
        let transaction = Transaction {
            notes: &[note],
            ..Transaction::default()
        };
        Ok(self.desk.store().commit(transaction).await?)
    }
}

fn forgotten(at: Timestamp) -> Timestamp {
    at.checked_add(KEPT).unwrap_or(Timestamp::MAX)
}
