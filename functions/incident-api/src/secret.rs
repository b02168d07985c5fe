//! The function's secrets: what links, Slack and PagerDuty sign with, and the token that makes others.

pub use credentials::Hidden;
use credentials::bearer::TokenRecord;
use credentials::link::{LinkKeys, LinkSecretError};
use credentials::{Secret, WeakSecret};
use serde::Deserialize;
use serde::de::IgnoredAny;

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
}

/// Both forms that can be written: several of each for a rotation, or one, as a template fills it in.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    tokens: Vec<Entry<TokenRecord>>,
    #[serde(default)]
    slack_signing_secrets: Vec<Entry<Hidden>>,
    #[serde(default)]
    slack_signing_secret: Option<Entry<Hidden>>,
    #[serde(default)]
    pagerduty_webhook_secrets: Vec<Entry<Hidden>>,
    #[serde(default)]
    pagerduty_webhook_secret: Option<Entry<Hidden>>,
}

/// What one faulty entry closes is its own way in, not the others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry<T> {
    Read(T),
    Unreadable(IgnoredAny),
}

impl ApiSecret {
    /// Reads the secrets. An entry of the API's that cannot be used is left out, and the log says which.
    ///
    /// # Errors
    /// When one has another shape as a whole, or cannot sign links.
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
            tokens: usable("tokens", &fields.tokens, |token| Some(Ok(token.clone()))),
            slack: usable("slack_signing_secrets", slack, signing),
            pagerduty: usable("pagerduty_webhook_secrets", pagerduty, signing),
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
fn signing(text: &Hidden) -> Option<Result<Secret, WeakSecret>> {
    let text = text.expose();
    (!text.trim().is_empty()).then(|| Secret::from_text(text))
}

/// What can be used of some entries. Of one that cannot, its place is told and never what it says.
fn usable<'e, E: 'e, T>(
    field: &'static str,
    entries: impl IntoIterator<Item = &'e Entry<E>>,
    read: impl Fn(&E) -> Option<Result<T, WeakSecret>>,
) -> Vec<T> {
    let mut usable = Vec::new();
    for (place, entry) in entries.into_iter().enumerate() {
        let fault = match entry {
            Entry::Read(entry) => match read(entry) {
                None => continue,
                Some(Ok(one)) => {
                    usable.push(one);
                    continue;
                }
                Some(Err(weak)) => weak.to_string(),
            },
            Entry::Unreadable(_) => "it has another shape".to_owned(),
        };
        tracing::error!(
            stage = "secret",
            field,
            place,
            error = fault,
            "an entry of the API's secret cannot be used, and who comes with it is refused"
        );
    }
    usable
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
    #[test_case(r#"{"secret": "KEY"}"#, r#"{"tokens": "SECRET"}"#; "a text for a list")]
    fn a_faulty_secret_is_explained_and_not_shown(links: &str, api: &str) {
        let error = read(links, api).unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
        assert!(!format!("{error:?}").contains("SECRET"));
    }

    #[test_case(r#"{"slack_signing_secret":"short","pagerduty_webhook_secret":"KEY"}"#, 0, 1; "a short one")]
    #[test_case(r#"{"slack_signing_secrets":["KEY","short"],"pagerduty_webhook_secrets":["KEY"]}"#, 1, 1; "a short one beside a good one")]
    #[test_case(r#"{"slack_signing_secret":"KEY","pagerduty_webhook_secret":{"secret":"KEY"}}"#, 1, 0; "an object")]
    #[test_case(r#"{"slack_signing_secrets":["KEY"],"pagerduty_webhook_secrets":[7,"KEY"]}"#, 1, 1; "a number")]
    #[test_case(r#"{"tokens":[{"id":"x"}],"slack_signing_secret":"KEY","pagerduty_webhook_secret":"KEY"}"#, 1, 1; "what is no token")]
    fn one_faulty_entry_leaves_the_others(api: &str, slack: usize, pagerduty: usize) {
        let secret = read(r#"{"secret":"KEY"}"#, api).unwrap();
        let found = (secret.slack.len(), secret.pagerduty.len());
        assert_eq!(found, (slack, pagerduty));
        assert!(secret.tokens.is_empty());
    }
}
