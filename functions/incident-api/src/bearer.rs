//! Machines: who calls by which token, and what it may do.

use credentials::bearer::{AuthError, Caller, Scope, Token, TokenRecord, check, presented};
use incident::{Actor, Via};
use store::RecordStore;

use crate::api::Api;
use crate::limits;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::Visit;

/// What stands in the place of a token's record once it is revoked.
pub(crate) const REVOKED: &str = "revoked";

/// Where the record of a token lies.
#[must_use]
pub(crate) fn place(id: &str) -> String {
    format!("token/{id}")
}

/// The machine as the audit trail knows it.
#[must_use]
pub(crate) fn actor(visit: &Visit<'_>, caller: &Caller) -> Actor {
    visit.actor(
        &format!("{} (token {})", caller.name, caller.id),
        Via::Token,
    )
}

impl<P: Ports> Api<P> {
    /// Who calls, if they may do what needs `scope`.
    ///
    /// # Errors
    /// When the caller is not known, may not, or asks too often.
    pub(crate) async fn caller(
        &self,
        visit: &Visit<'_>,
        scope: Option<Scope>,
    ) -> Result<Caller, Problem> {
        let token = match presented(visit.request.header("authorization")) {
            Ok(token) => token,
            Err(error) => return Err(self.unknown_caller(visit, error)),
        };
        let caller = match self.look_up(visit, &token).await? {
            Ok(caller) => caller,
            Err(error) => return Err(self.unknown_caller(visit, error)),
        };
        let bucket = limits::Caller::Token(caller.id.to_string());
        self.limits
            .take(bucket, visit.now)
            .map_err(Problem::too_many)?;
        if let Some(scope) = scope {
            caller.require(scope).map_err(|forbidden| {
                visit.refused("token", "wrong_scope");
                Problem::forbidden(
                    forbidden.to_string(),
                    format!("use a token with the scope {scope} or admin"),
                )
                .at(Place::Header, "authorization")
            })?;
        }
        Ok(caller)
    }

    /// Tokens of the secret come first: without the table somebody can still ask who they are.
    async fn look_up(
        &self,
        visit: &Visit<'_>,
        token: &Token,
    ) -> Result<Result<Caller, AuthError>, Problem> {
        let id = token.id();
        let of = |tokens: &[TokenRecord]| tokens.iter().find(|record| record.id == *id).cloned();
        let secret = self.vault.secret(visit.now).await;
        let mut record = match &secret {
            Ok(secret) => of(&secret.tokens),
            Err(error) => {
                tracing::warn!(stage = "secret", error = %error, "only tokens of the table are known");
                None
            }
        };
        if record.is_none() {
            record = self.stored_token(id.as_str()).await?;
        }
        // A token may have been put into the secret since it was last read.
        if record.is_none()
            && let Some(secret) = self.vault.fresher(visit.now).await
        {
            record = of(&secret.tokens);
        }
        Ok(check(token, record, visit.now))
    }

    async fn stored_token(&self, id: &str) -> Result<Option<TokenRecord>, Problem> {
        let text = self.desk.store().get_text(&place(id)).await?;
        let text = text.filter(|text| text != REVOKED);
        Ok(text.and_then(|text| match serde_json::from_str(&text) {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(stage = "auth", token_id = id, error = %error, "a token's record cannot be read");
                None
            }
        }))
    }

    fn unknown_caller(&self, visit: &Visit<'_>, error: AuthError) -> Problem {
        let (why, remedy) = match error {
            AuthError::Missing => ("missing", "send `Authorization: Bearer tocsin_…`"),
            AuthError::Malformed => ("malformed", "send `Authorization: Bearer tocsin_…`"),
            AuthError::Refused => ("forged", "ask an admin for another token"),
            AuthError::Expired { .. } => ("expired", "ask an admin for another token"),
        };
        let problem = Problem::unauthorized(error.to_string(), remedy);
        let problem = problem.at(Place::Header, "authorization");
        self.refuse(visit, "token", why, problem)
    }

    /// The answer to what is presented wrongly: what is wrong with it, or to come again later where an
    /// address has presented too much of that. What verifies is not held back.
    pub(crate) fn refuse(
        &self,
        visit: &Visit<'_>,
        what: &'static str,
        why: &'static str,
        problem: Problem,
    ) -> Problem {
        visit.refused(what, why);
        let from = visit.request.from.as_str();
        // Whoever shows nothing guesses nothing.
        if why != "missing" {
            let failures = limits::Caller::Failures(from.to_owned());
            if let Err(seconds) = self.limits.take(failures, visit.now) {
                return Problem::too_many(seconds);
            }
        }
        tracing::warn!(
            stage = "auth",
            credential = what,
            reason = why,
            from,
            "credentials are refused"
        );
        problem
    }
}
