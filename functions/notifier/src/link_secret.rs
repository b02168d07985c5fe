//! The secret with the keys that links are signed with.

use credentials::link::{InvalidLinkKeys, LinkKeys};
use serde::Deserialize;

use crate::secret::{Hidden, SecretError, read};

const SHAPE: &str = r#"{"keys": [{"id": "…", "secret": "…"}]} or {"id": "…", "secret": "…"}"#;
/// What a generated secret is called that has no name.
const DEFAULT_ID: &str = "k1";

#[derive(Deserialize)]
struct Fields {
    /// A single key, as a template can generate one.
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    secret: Option<Hidden>,
    #[serde(default)]
    keys: Vec<KeyFields>,
}

#[derive(Deserialize)]
struct KeyFields {
    id: String,
    secret: Hidden,
}

/// What is wrong with the keys. It names no secret.
#[derive(Debug, thiserror::Error)]
pub enum LinkSecretError {
    /// Not the JSON that is needed.
    #[error("the keys of links cannot be read")]
    Shape(#[from] SecretError),
    /// Keys that cannot be used.
    #[error("the keys of links cannot be used")]
    Keys(#[from] InvalidLinkKeys),
}

/// The keys of a secret: the first signs. A key beside the list comes before it.
///
/// # Errors
/// When there is none, or one that cannot be used.
pub fn link_keys(secret: &Hidden) -> Result<LinkKeys, LinkSecretError> {
    let fields: Fields = read(secret, SHAPE)?;
    let id = fields.id.unwrap_or_else(|| DEFAULT_ID.to_owned());
    let single = fields.secret.map(|secret| KeyFields { id, secret });
    let all: Vec<KeyFields> = single.into_iter().chain(fields.keys).collect();
    let pairs: Vec<(&str, &[u8])> = all
        .iter()
        .map(|key| (key.id.as_str(), key.secret.expose().as_bytes()))
        .collect();
    Ok(LinkKeys::try_new(&pairs)?)
}

#[cfg(test)]
mod tests {
    use lambda_support::error::chain;
    use test_case::test_case;

    use super::*;

    fn read(text: &str) -> Result<LinkKeys, LinkSecretError> {
        link_keys(&Hidden::new(text.to_owned()))
    }

    const LONG: &str = "0123456789012345678901234567890123456789";

    #[test_case(r#"{"keys": [{"id": "b", "secret": "LONG"}, {"id": "a", "secret": "LONG"}]}"#, "\"b\""; "a list")]
    #[test_case(r#"{"id": "c", "secret": "LONG"}"#, "\"c\""; "a single one")]
    #[test_case(r#"{"secret": "LONG"}"#, "\"k1\""; "one without a name")]
    #[test_case(r#"{"id": "c", "secret": "LONG", "keys": [{"id": "a", "secret": "LONG"}]}"#, "\"c\""; "a single one before a list")]
    fn the_first_key_signs(text: &str, first: &str) {
        let keys = format!("{:?}", read(&text.replace("LONG", LONG)).unwrap());
        let at = keys.find(first).unwrap();
        assert!(keys.find("retired").unwrap() > at, "{keys}");
        assert!(!keys.contains(LONG));
    }

    #[test_case("{}", "there is no key")]
    #[test_case("LONGSECRET", "the secret is no JSON object")]
    #[test_case(r#"{"secret": "SECRET"}"#, "fewer than 32 bytes")]
    #[test_case(
        r#"{"keys": [{"id": "a b", "secret": "SECRET"}]}"#,
        "the id of link key number 1"
    )]
    fn what_cannot_be_used_is_explained_and_not_shown(text: &str, why: &str) {
        let error = chain(&read(text).unwrap_err()).to_string();
        assert!(error.contains(why) && !error.contains("SECRET"), "{error}");
    }
}
