//! The function's secrets: what links, Slack and PagerDuty sign with, and the token that makes others.

pub use credentials::Hidden;
use credentials::Secret;
use credentials::bearer::TokenRecord;
use credentials::link::{LinkKeys, LinkSecretError};
use serde::Deserialize;

use crate::ports::Fetched;

/// What the secrets hold, checked.
#[derive(Debug)]
pub struct ApiSecret {
    /// The keys of links; the first signs.
    pub link_keys: LinkKeys,
    /// Tokens that are not in the table, such as the one that makes the first others.
    pub tokens: Vec<TokenRecord>,
    /// Slack's signing secrets; any of them will do.
    pub slack: Vec<Secret>,
    /// The secrets of PagerDuty's webhook subscriptions; any of them will do.
    pub pagerduty: Vec<Secret>,
}

/// Why a secret cannot be used. It never repeats what is in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidSecret {
    /// It has another shape.
    #[error(
        "the secret of {0} is no JSON object of its shape: see docs/incident-api.md, section Secrets"
    )]
    Shape(&'static str),
    /// Its keys cannot sign links.
    #[error("the keys of links cannot be used: {0}")]
    LinkKeys(String),
    /// A field holds what everybody could guess.
    #[error("the API's secret has a value in `{0}` of fewer than {min} bytes", min = Secret::MIN_BYTES)]
    Weak(&'static str),
}

/// Both forms that can be written: several of each for a rotation, or one, as a template fills it in.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    tokens: Vec<TokenRecord>,
    #[serde(default)]
    slack_signing_secrets: Vec<Hidden>,
    #[serde(default)]
    slack_signing_secret: Option<Hidden>,
    #[serde(default)]
    pagerduty_webhook_secrets: Vec<Hidden>,
    #[serde(default)]
    pagerduty_webhook_secret: Option<Hidden>,
}

impl ApiSecret {
    /// Reads the secrets.
    ///
    /// # Errors
    /// When one has another shape, cannot sign links, or could be guessed.
    pub fn parse(fetched: &Fetched) -> Result<Self, InvalidSecret> {
        // Serde's own error is left out: it may quote what it did not expect.
        let fields: Fields = serde_json::from_str(fetched.api.expose())
            .map_err(|_| InvalidSecret::Shape("the API"))?;
        let slack = fields
            .slack_signing_secrets
            .iter()
            .chain(&fields.slack_signing_secret);
        let pagerduty = fields.pagerduty_webhook_secrets.iter();
        let pagerduty = pagerduty.chain(&fields.pagerduty_webhook_secret);
        Ok(Self {
            link_keys: link_keys(&fetched.links)?,
            tokens: fields.tokens,
            slack: secrets("slack_signing_secrets", slack)?,
            pagerduty: secrets("pagerduty_webhook_secrets", pagerduty)?,
        })
    }
}

fn link_keys(secret: &Hidden) -> Result<LinkKeys, InvalidSecret> {
    LinkKeys::of_secret(secret).map_err(|error| match error {
        LinkSecretError::Shape => InvalidSecret::Shape("links"),
        LinkSecretError::Keys(error) => InvalidSecret::LinkKeys(error.to_string()),
    })
}

/// An empty text is one that nobody has filled in: that way of acting is not set up.
fn secrets<'s>(
    field: &'static str,
    texts: impl Iterator<Item = &'s Hidden>,
) -> Result<Vec<Secret>, InvalidSecret> {
    let filled = texts.filter(|text| !text.expose().trim().is_empty());
    filled
        .map(|text| Secret::from_text(text.expose()).map_err(|_| InvalidSecret::Weak(field)))
        .collect()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn read(links: &str, api: &str) -> Result<ApiSecret, InvalidSecret> {
        let hidden = |text: &str| Hidden::new(text.replace("KEY", KEY));
        ApiSecret::parse(&Fetched {
            links: hidden(links),
            api: hidden(api),
        })
    }

    #[test]
    fn both_forms_are_read() {
        let links = r#"{"keys":[{"id":"a","secret":"KEY"}]}"#;
        let api =
            r#"{"slack_signing_secrets":["KEY"," "],"pagerduty_webhook_secrets":["KEY","KEYx"]}"#;
        let many = read(links, api).unwrap();
        assert_eq!((many.slack.len(), many.pagerduty.len()), (1, 2));
        let api = r#"{"slack_signing_secret":"","pagerduty_webhook_secret":"KEY","more":1}"#;
        let one = read(r#"{"secret":"KEY"}"#, api).unwrap();
        assert_eq!((one.slack.len(), one.pagerduty.len()), (0, 1));
    }

    #[test_case("SECRET", "{}"; "no JSON")]
    #[test_case(r#"{"secret": ["SECRET"]}"#, "{}"; "a list")]
    #[test_case("{}", "{}"; "no key")]
    #[test_case(r#"{"secret": "SECRET"}"#, "{}"; "a short key")]
    #[test_case(r#"{"secret": "KEY"}"#, "SECRET"; "no JSON of the API")]
    #[test_case(r#"{"secret": "KEY"}"#, r#"{"slack_signing_secret": "SECRET"}"#; "a short secret")]
    fn a_faulty_secret_is_explained_and_not_shown(links: &str, api: &str) {
        let error = read(links, api).unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
        assert!(!format!("{error:?}").contains("SECRET"));
    }
}
