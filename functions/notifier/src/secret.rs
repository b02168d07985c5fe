//! The channels' secrets: their shapes.

pub use credentials::Hidden;
use serde::Deserialize;

/// What is wrong with a secret. It names fields and never their values.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecretError {
    /// Not the JSON that the channel needs.
    #[error("the secret is no JSON object of texts: write {0}")]
    Shape(&'static str),
    /// A field is missing or empty.
    #[error("the secret has no `{field}`: write {shape}")]
    Missing {
        /// The field.
        field: &'static str,
        /// What the secret should look like.
        shape: &'static str,
    },
    /// An address that must not be used.
    #[error(
        "`{0}` must be an https address without user name (http only to this very machine): write one like https://host/path into the secret, then redrive"
    )]
    Address(&'static str),
}

/// An address that may be a secret itself: `https`, or `http` to the same machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint(Hidden);

impl Endpoint {
    /// Checks an address.
    ///
    /// # Errors
    /// When it is no `https` address and does not lead to this machine either.
    pub fn try_new(field: &'static str, text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(SecretError::Address(field))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let scheme_allowed = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => is_loopback(authority),
            _ => false,
        };
        let clean = text.bytes().all(|b| b.is_ascii_graphic());
        if scheme_allowed && clean && !authority.is_empty() && !authority.contains('@') {
            Ok(Self(Hidden::new(text.to_owned())))
        } else {
            Err(SecretError::Address(field))
        }
    }

    /// The address, for the request.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The address of something below it.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        Self(Hidden::new(format!(
            "{}/{path}",
            self.expose().trim_end_matches('/')
        )))
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// How Slack is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SlackSecret {
    /// An incoming webhook: no threads.
    Webhook(Endpoint),
    /// `chat.postMessage`: one thread an incident.
    Bot {
        /// `xoxb-…`.
        token: Hidden,
        /// The channel's id or name.
        channel: String,
        /// Where the Web API is, if not at Slack's own address.
        api: Option<Endpoint>,
    },
}

const SLACK: &str = r#"{"webhook_url": "…"} or {"bot_token": "…", "channel": "…"}"#;
const PAGERDUTY: &str = r#"{"routing_key": "…"}"#;
const WEBHOOK: &str = r#"{"url": "…", "signing_key": "…"}"#;

#[derive(Deserialize)]
struct SlackFields {
    #[serde(default)]
    webhook_url: Option<Hidden>,
    #[serde(default)]
    bot_token: Option<Hidden>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    api_url: Option<String>,
}

impl SlackSecret {
    /// Reads the secret; a bot's token comes before a webhook's address.
    ///
    /// # Errors
    /// When a field is missing or an address must not be used.
    pub fn parse(secret: &Hidden) -> Result<Self, SecretError> {
        let fields: SlackFields = read(secret, SLACK)?;
        if let Some(token) = fields.bot_token.as_ref().and_then(present) {
            let missing = SecretError::Missing {
                field: "channel",
                shape: SLACK,
            };
            let channel = fields.channel.map(|channel| channel.trim().to_owned());
            return Ok(Self::Bot {
                token,
                channel: channel
                    .filter(|channel| !channel.is_empty())
                    .ok_or(missing)?,
                api: fields
                    .api_url
                    .map(|url| Endpoint::try_new("api_url", &url))
                    .transpose()?,
            });
        }
        let missing = SecretError::Missing {
            field: "webhook_url",
            shape: SLACK,
        };
        let url = fields
            .webhook_url
            .as_ref()
            .and_then(present)
            .ok_or(missing)?;
        Endpoint::try_new("webhook_url", url.expose()).map(Self::Webhook)
    }
}

/// How PagerDuty is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PagerDutySecret {
    /// The integration's key.
    pub routing_key: Hidden,
    /// Where events go, if not to PagerDuty's own address.
    pub events: Option<Endpoint>,
}

#[derive(Deserialize)]
struct PagerDutyFields {
    #[serde(default)]
    routing_key: Option<Hidden>,
    #[serde(default)]
    events_url: Option<String>,
}

impl PagerDutySecret {
    /// Reads the secret.
    ///
    /// # Errors
    /// When a field is missing or the address must not be used.
    pub fn parse(secret: &Hidden) -> Result<Self, SecretError> {
        let fields: PagerDutyFields = read(secret, PAGERDUTY)?;
        let missing = SecretError::Missing {
            field: "routing_key",
            shape: PAGERDUTY,
        };
        Ok(Self {
            routing_key: fields
                .routing_key
                .as_ref()
                .and_then(present)
                .ok_or(missing)?,
            events: fields
                .events_url
                .map(|url| Endpoint::try_new("events_url", &url))
                .transpose()?,
        })
    }
}

/// How the user's own endpoint is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebhookSecret {
    /// Where documents are posted.
    pub url: Endpoint,
    /// What they are signed with.
    pub signing_key: Hidden,
}

#[derive(Deserialize)]
struct WebhookFields {
    #[serde(default)]
    url: Option<Hidden>,
    #[serde(default)]
    signing_key: Option<Hidden>,
}

impl WebhookSecret {
    /// Reads the secret.
    ///
    /// # Errors
    /// When a field is missing or the address must not be used.
    pub fn parse(secret: &Hidden) -> Result<Self, SecretError> {
        let fields: WebhookFields = read(secret, WEBHOOK)?;
        let missing = |field| SecretError::Missing {
            field,
            shape: WEBHOOK,
        };
        let url = fields
            .url
            .as_ref()
            .and_then(present)
            .ok_or(missing("url"))?;
        Ok(Self {
            url: Endpoint::try_new("url", url.expose())?,
            signing_key: fields
                .signing_key
                .as_ref()
                .and_then(present)
                .ok_or(missing("signing_key"))?,
        })
    }
}

/// Serde's own error is left out: it may quote the value that it did not expect.
fn read<'de, T: Deserialize<'de>>(
    secret: &'de Hidden,
    shape: &'static str,
) -> Result<T, SecretError> {
    serde_json::from_str(secret.expose()).map_err(|_| SecretError::Shape(shape))
}

fn present(text: &Hidden) -> Option<Hidden> {
    let trimmed = text.expose().trim();
    (!trimmed.is_empty()).then(|| Hidden::new(trimmed.to_owned()))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn hidden(text: &str) -> Hidden {
        Hidden::new(text.to_owned())
    }

    #[test_case("https://hooks.slack.com/services/T/B/X", true)]
    #[test_case("http://127.0.0.1:8080/hook", true)]
    #[test_case("http://localhost/hook", true)]
    #[test_case("http://[::1]:8080/hook", true)]
    #[test_case("http://hooks.slack.com/services", false; "no encryption")]
    #[test_case("http://127.0.0.1.evil.example/", false; "a name that begins like loopback")]
    #[test_case("https://user:pass@example.com/", false; "a user name")]
    #[test_case("ftp://example.com/", false)]
    #[test_case("https:///path", false; "no host")]
    #[test_case("example.com", false)]
    #[test_case("https://example.com/\r\nX: y", false; "line breaks")]
    fn only_encrypted_addresses_may_be_used(address: &str, allowed: bool) {
        assert_eq!(Endpoint::try_new("url", address).is_ok(), allowed);
    }

    #[test_case("{}", "the secret has no `webhook_url`"; "nothing")]
    #[test_case(r#"{"bot_token": "xoxb-1"}"#, "the secret has no `channel`"; "no channel")]
    #[test_case(r#"{"webhook_url": "http://hooks.slack.com/x"}"#, "`webhook_url` must be an https address"; "plain http")]
    #[test_case(r#"{"webhook_url": " "}"#, "the secret has no `webhook_url`"; "empty")]
    #[test_case("xoxb-SECRET", "the secret is no JSON object"; "no JSON")]
    #[test_case(r#"{"bot_token": ["xoxb-SECRET"]}"#, "the secret is no JSON object of texts"; "a list")]
    fn a_faulty_secret_is_explained_and_not_shown(secret: &str, expected: &str) {
        let error = SlackSecret::parse(&hidden(secret)).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
    }

    #[test]
    fn nothing_shows_a_secret() {
        let secret = hidden(
            r#"{"bot_token": "xoxb-SECRET", "channel": "C1", "webhook_url": "https://x/SECRET"}"#,
        );
        let slack = SlackSecret::parse(&secret).unwrap();
        let pagerduty = PagerDutySecret::parse(&hidden(r#"{"routing_key": "SECRET"}"#)).unwrap();
        let webhook = WebhookSecret::parse(&hidden(
            r#"{"url": "https://x/SECRET", "signing_key": "SECRET"}"#,
        ))
        .unwrap();
        let shown = format!("{secret} {secret:?} {slack:?} {pagerduty:?} {webhook:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert!(matches!(slack, SlackSecret::Bot { channel, .. } if channel == "C1"));
    }
}
