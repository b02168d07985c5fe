//! The keys of links as they are kept: a secret of JSON that notifiers and the API read alike.

use serde::Deserialize;

use super::keys::{InvalidLinkKeys, LinkKeys};
use crate::Hidden;

const SHAPE: &str = r#"{"keys": [{"id": "…", "secret": "…"}]} or {"id": "…", "secret": "…"}"#;
/// What a generated secret is called that has no name.
const DEFAULT_ID: &str = "k1";

/// Several keys for a rotation, or one, as a template generates it.
#[derive(Deserialize)]
struct Fields {
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
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkSecretError {
    /// Not the JSON that is needed.
    #[error(
        "the keys of links cannot be read: the secret is no JSON object of texts: write {SHAPE}"
    )]
    Shape,
    /// Keys that cannot be used.
    #[error("the keys of links cannot be used")]
    Keys(#[from] InvalidLinkKeys),
}

impl LinkKeys {
    /// The keys of a secret: the first signs. A key beside the list comes before it.
    ///
    /// # Errors
    /// When there is none, or one that cannot be used.
    pub fn of_secret(secret: &Hidden) -> Result<Self, LinkSecretError> {
        // Serde's own error is left out: it may quote the value that it did not expect.
        let fields: Fields =
            serde_json::from_str(secret.expose()).map_err(|_| LinkSecretError::Shape)?;
        let id = fields.id.unwrap_or_else(|| DEFAULT_ID.to_owned());
        let single = fields.secret.map(|secret| KeyFields { id, secret });
        let all: Vec<KeyFields> = single.into_iter().chain(fields.keys).collect();
        let pairs: Vec<(&str, &[u8])> = all
            .iter()
            .map(|key| (key.id.as_str(), key.secret.expose().as_bytes()))
            .collect();
        Ok(Self::try_new(&pairs)?)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use test_case::test_case;

    use super::*;

    fn read(text: &str) -> Result<LinkKeys, LinkSecretError> {
        LinkKeys::of_secret(&Hidden::new(text.to_owned()))
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
        let error = read(text).unwrap_err();
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let error = format!("{error}: {source}: {error:?}");
        assert!(error.contains(why) && !error.contains("SECRET"), "{error}");
    }
}
