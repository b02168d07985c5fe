//! Which address means what.

use crate::problem::{Place, Problem};
use crate::request::{Method, Request};

/// Every address, as the OpenAPI document writes it. A test holds both against each other.
pub const ROUTES: &[(&str, &str)] = &[
    ("get", "/health"),
    ("get", "/health/detailed"),
    ("get", "/healthz"),
    ("get", "/openapi.json"),
    ("get", "/v1/incidents"),
    ("get", "/v1/incidents/{id}"),
    ("get", "/v1/incidents/{id}/why"),
    ("get", "/v1/incidents/{id}/audit"),
    ("post", "/v1/incidents/{id}/acknowledge"),
    ("post", "/v1/incidents/{id}/unacknowledge"),
    ("post", "/v1/incidents/{id}/resolve"),
    ("post", "/v1/incidents/{id}/comment"),
    ("post", "/v1/incidents/{id}/priority"),
    ("get", "/v1/silences"),
    ("post", "/v1/silences"),
    ("get", "/v1/silences/audit"),
    ("get", "/v1/silences/{id}"),
    ("delete", "/v1/silences/{id}"),
    ("get", "/v1/oncall"),
    ("get", "/v1/whoami"),
    ("get", "/v1/tokens"),
    ("post", "/v1/tokens"),
    ("delete", "/v1/tokens/{id}"),
    ("get", "/i/{token}"),
    ("post", "/i/{token}/{action}"),
    ("post", "/slack/actions"),
    ("post", "/pagerduty/webhook"),
];

/// What is asked for. The texts are the caller's, unchecked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// Whether the function runs.
    Health,
    /// The same, in the shape of the health check draft.
    OwnHealth,
    /// How everything is that is watched.
    Watched,
    /// What all this is.
    OpenApi,
    /// A list of incidents.
    Incidents,
    /// One incident.
    Incident(String),
    /// Why somebody was told of it or nobody.
    Why(String),
    /// Who did what about it.
    Audit(String),
    /// Something is done about it.
    Act(String, ActName),
    /// A list of silences.
    Silences,
    /// A silence is made.
    PutSilence,
    /// Who made and ended silences.
    SilenceAudit,
    /// One silence.
    Silence(String),
    /// It is ended.
    EndSilence(String),
    /// Who is on call.
    OnCall,
    /// Who asks.
    WhoAmI,
    /// A list of tokens.
    Tokens,
    /// A token is made.
    MakeToken,
    /// A token is revoked.
    RevokeToken(String),
    /// The page of an incident.
    Page(String),
    /// A button of it.
    Press(String, String),
    /// A button in Slack.
    Slack,
    /// What PagerDuty tells.
    PagerDuty,
}

/// What machines do about an incident.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ActName {
    /// To take it on.
    Acknowledge,
    /// To give it back.
    Unacknowledge,
    /// To end it.
    Resolve,
    /// To note something.
    Comment,
    /// To raise or lower it.
    Priority,
}

impl ActName {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "acknowledge" => Self::Acknowledge,
            "unacknowledge" => Self::Unacknowledge,
            "resolve" => Self::Resolve,
            "comment" => Self::Comment,
            "priority" => Self::Priority,
            _unknown => return None,
        })
    }
}

impl Route {
    /// Reads an address.
    ///
    /// # Errors
    /// When there is nothing there, or nothing that this method does.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        // What there is at an address, by method.
        let (get, post, delete) = match path.as_slice() {
            ["health"] => (Some(Self::OwnHealth), None, None),
            ["health", "detailed"] => (Some(Self::Watched), None, None),
            ["healthz"] => (Some(Self::Health), None, None),
            ["openapi.json"] => (Some(Self::OpenApi), None, None),
            ["v1", "incidents"] => (Some(Self::Incidents), None, None),
            ["v1", "incidents", id] => (Some(Self::Incident((*id).to_owned())), None, None),
            ["v1", "incidents", id, "why"] => (Some(Self::Why((*id).to_owned())), None, None),
            ["v1", "incidents", id, "audit"] => (Some(Self::Audit((*id).to_owned())), None, None),
            ["v1", "incidents", id, act] => {
                let act = ActName::of(act).map(|act| Self::Act((*id).to_owned(), act));
                (None, act, None)
            }
            ["v1", "silences"] => (Some(Self::Silences), Some(Self::PutSilence), None),
            ["v1", "silences", "audit"] => (Some(Self::SilenceAudit), None, None),
            ["v1", "silences", id] => (
                Some(Self::Silence((*id).to_owned())),
                None,
                Some(Self::EndSilence((*id).to_owned())),
            ),
            ["v1", "oncall"] => (Some(Self::OnCall), None, None),
            ["v1", "whoami"] => (Some(Self::WhoAmI), None, None),
            ["v1", "tokens"] => (Some(Self::Tokens), Some(Self::MakeToken), None),
            ["v1", "tokens", id] => (None, None, Some(Self::RevokeToken((*id).to_owned()))),
            ["i", token] => (Some(Self::Page((*token).to_owned())), None, None),
            ["i", token, action] => {
                let press = Self::Press((*token).to_owned(), (*action).to_owned());
                (None, Some(press), None)
            }
            ["slack", "actions"] => (None, Some(Self::Slack), None),
            ["pagerduty", "webhook"] => (None, Some(Self::PagerDuty), None),
            _elsewhere => (None, None, None),
        };
        let allowed: Vec<&str> = [
            (get.is_some(), "GET, HEAD"),
            (post.is_some(), "POST"),
            (delete.is_some(), "DELETE"),
        ]
        .into_iter()
        .filter_map(|(is, name)| is.then_some(name))
        .collect();
        let allowed = allowed.join(", ");
        let found = match request.method {
            Method::Get | Method::Head => get,
            Method::Post => post,
            Method::Delete => delete,
            Method::Other => None,
        };
        found.ok_or_else(|| {
            if allowed.is_empty() {
                Problem::unknown(
                    "there is nothing at this address",
                    "look at /openapi.json for what there is",
                )
                .at(Place::Path, "path")
            } else {
                Problem::new(
                    405,
                    "method",
                    "This method does nothing here",
                    "there is something at this address, but not for this method",
                    format!("use {allowed}"),
                )
            }
        })
    }

    /// Where requests are counted together.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Health | Self::OwnHealth | Self::Watched => "health",
            Self::OpenApi => "openapi",
            Self::Incidents | Self::Incident(_) | Self::Why(_) | Self::Audit(_) => "incidents",
            Self::Act(..) => "acts",
            Self::Silences
            | Self::PutSilence
            | Self::SilenceAudit
            | Self::Silence(_)
            | Self::EndSilence(_) => "silences",
            Self::OnCall => "oncall",
            Self::WhoAmI => "whoami",
            Self::Tokens | Self::MakeToken | Self::RevokeToken(_) => "tokens",
            Self::Page(_) => "page",
            Self::Press(..) => "press",
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
        }
    }

    /// Whether it is looked at by people, who want a page when something is wrong.
    #[must_use]
    pub const fn is_page(&self) -> bool {
        matches!(self, Self::Page(_) | Self::Press(..))
    }
}
