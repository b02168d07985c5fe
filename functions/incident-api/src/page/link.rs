//! The link in the address: whether it is one of ours, and what it is for.

use std::sync::Arc;

use credentials::link::{Claims, ConfirmationError, LinkError, LinkKeys};
use incident::IncidentId;

use crate::api::Api;
use crate::limits;
use crate::once::digest;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::secret::ApiSecret;
use crate::visit::Visit;

/// A link that is right.
pub(super) struct Opened {
    pub(super) claims: Claims,
    pub(super) incident: IncidentId,
    /// What it was verified with, for the page's own confirmations.
    pub(super) secret: Arc<ApiSecret>,
}

impl<P: Ports> Api<P> {
    /// Verifies the link in an address.
    ///
    /// # Errors
    /// When it is forged or expired, or used too often.
    pub(super) async fn open(&self, visit: &Visit<'_>, token: &str) -> Result<Opened, Problem> {
        let verify = |keys: &LinkKeys| {
            keys.verify(token, visit.now)
                .map_err(ConfirmationError::Link)
        };
        self.verified(visit, token, verify).await
    }

    /// Verifies the link and the confirmation of a button.
    ///
    /// # Errors
    /// When one of them is forged or expired, or the link is for looking only or used too often.
    pub(super) async fn confirmed(
        &self,
        visit: &Visit<'_>,
        token: &str,
        action: &str,
        confirmation: &str,
    ) -> Result<Opened, Problem> {
        let verify =
            |keys: &LinkKeys| keys.check_confirmation(confirmation, token, action, visit.now);
        self.verified(visit, token, verify).await
    }

    async fn verified(
        &self,
        visit: &Visit<'_>,
        token: &str,
        verify: impl Fn(&LinkKeys) -> Result<Claims, ConfirmationError> + Send,
    ) -> Result<Opened, Problem> {
        let mut secret = self.secret(visit).await?;
        let mut verdict = verify(&secret.link_keys);
        let unknown = matches!(
            verdict,
            Err(ConfirmationError::UnknownKey | ConfirmationError::Link(LinkError::UnknownKey))
        );
        if unknown && let Some(fresher) = self.vault.fresher(visit.now).await {
            verdict = verify(&fresher.link_keys);
            secret = fresher;
        }
        let claims = verdict.map_err(|error| {
            let (why, problem) = refusal(error);
            self.refuse(visit, "link", why, problem)
        })?;
        let bucket = limits::Caller::Link(digest(&[token.as_bytes()]));
        self.limits
            .take(bucket, visit.now)
            .map_err(Problem::too_many)?;
        let incident = IncidentId::try_new(claims.incident.as_str()).map_err(|_| forged())?;
        Ok(Opened {
            claims,
            incident,
            secret,
        })
    }

    /// The function's secret.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn secret(&self, visit: &Visit<'_>) -> Result<Arc<ApiSecret>, Problem> {
        self.vault.secret(visit.now).await.map_err(|error| {
            tracing::error!(stage = "secret", error = %error, "nothing that is signed can be checked");
            Problem::unavailable()
        })
    }
}

fn forged() -> Problem {
    Problem::new(
        403,
        "link",
        "This link is not valid",
        "it is not one that Tocsin sent, or a part of it is missing",
        "open it from the message again, with all of its characters",
    )
    .at(Place::Path, "token")
}

fn refusal(error: ConfirmationError) -> (&'static str, Problem) {
    match error {
        ConfirmationError::Link(LinkError::Expired { at }) => (
            "expired",
            Problem::new(
                410,
                "link-expired",
                "This link has expired",
                format!("it was good until {}", at.strftime("%Y-%m-%d %H:%M UTC")),
                "open the link of a newer message, or ask the command line: tocsin incidents",
            )
            .at(Place::Path, "token"),
        ),
        ConfirmationError::Link(LinkError::Malformed) => ("malformed", forged()),
        ConfirmationError::Link(LinkError::UnknownKey) => ("unknown_key", forged()),
        ConfirmationError::Link(LinkError::Forged) => ("forged", forged()),
        ConfirmationError::ViewOnly => (
            "view_only",
            Problem::new(
                403,
                "view-only",
                "This link is for looking only",
                "whoever has it may look at the incident and not act on it",
                "act by a link that was sent to you, or with a token",
            )
            .at(Place::Path, "token"),
        ),
        ConfirmationError::Expired { .. } => (
            "confirmation_expired",
            Problem::new(
                410,
                "confirmation-expired",
                "The page was open too long",
                "nothing was done: its buttons work for 15 minutes",
                "go back to the incident, look at it anew and press again",
            )
            .at(Place::Body, "confirmation"),
        ),
        ConfirmationError::Malformed
        | ConfirmationError::UnknownKey
        | ConfirmationError::Forged => (
            "confirmation_forged",
            Problem::new(
                403,
                "confirmation",
                "Nothing was done",
                "this button does not belong to this link and this action",
                "go back to the incident and press its button",
            )
            .at(Place::Body, "confirmation"),
        ),
    }
}
