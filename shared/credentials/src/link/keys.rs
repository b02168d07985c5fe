//! The keys that links are signed with.

use crate::Secret;

/// The keys of links: the first signs, all verify.
///
/// To change the key, put a new one in front and take the old one out when its last link has expired.
#[derive(Clone, Debug)]
pub struct LinkKeys {
    signing: LinkKey,
    retired: Vec<LinkKey>,
}

/// Keys that cannot sign links.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidLinkKeys {
    /// There is none.
    #[error("there is no key to sign links with")]
    None,
    /// An id that a token cannot carry. It is not repeated: it may be a secret in the wrong place.
    #[error("the id of link key number {number} is not 1 to 16 letters, digits, - or _")]
    Id {
        /// Which of the keys, from 1.
        number: usize,
    },
    /// Two keys have one id.
    #[error("two link keys have the id `{id}`")]
    Twice {
        /// The id.
        id: String,
    },
    /// A secret that could be guessed.
    #[error(
        "the secret of link key `{id}` has fewer than {} bytes",
        LinkKeys::MIN_SECRET_BYTES
    )]
    Short {
        /// The key's id.
        id: String,
    },
}

impl LinkKeys {
    /// The fewest bytes of a secret: as many as a code has
    /// ([RFC 2104, section 3](https://www.rfc-editor.org/rfc/rfc2104#section-3) discourages fewer).
    pub const MIN_SECRET_BYTES: usize = 32;

    /// Takes pairs of an id, which the links show, and a secret, which should be random.
    ///
    /// # Errors
    /// When there is no key, an id is malformed or comes twice, or a secret is too short.
    pub fn try_new(keys: &[(&str, &[u8])]) -> Result<Self, InvalidLinkKeys> {
        let mut checked: Vec<LinkKey> = Vec::with_capacity(keys.len());
        for (number, (id, secret)) in (1..).zip(keys) {
            let key = LinkKey::try_new(number, id, secret)?;
            if checked.iter().any(|other| other.id == key.id) {
                return Err(InvalidLinkKeys::Twice { id: key.id });
            }
            checked.push(key);
        }
        let mut checked = checked.into_iter();
        let signing = checked.next().ok_or(InvalidLinkKeys::None)?;
        Ok(Self {
            signing,
            retired: checked.collect(),
        })
    }

    pub(super) fn signing(&self) -> &LinkKey {
        &self.signing
    }

    pub(super) fn find(&self, id: &str) -> Option<&LinkKey> {
        std::iter::once(&self.signing)
            .chain(&self.retired)
            .find(|key| key.id == id)
    }
}

#[derive(Clone, Debug)]
pub(super) struct LinkKey {
    id: String,
    secret: Secret,
}

impl LinkKey {
    fn try_new(number: usize, id: &str, secret: &[u8]) -> Result<Self, InvalidLinkKeys> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !(1..=16).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(InvalidLinkKeys::Id { number });
        }
        let short = || InvalidLinkKeys::Short { id: id.to_owned() };
        if secret.len() < LinkKeys::MIN_SECRET_BYTES {
            return Err(short());
        }
        Ok(Self {
            id: id.to_owned(),
            secret: Secret::try_new(secret).map_err(|_weak| short())?,
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.secret.bytes()
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const SECRET: &[u8] = &[7; 32];

    #[test_case(&[], &InvalidLinkKeys::None; "none")]
    #[test_case(&[("a", &[7; 31])], &InvalidLinkKeys::Short { id: "a".to_owned() }; "short")]
    #[test_case(&[("a", SECRET), ("a", SECRET)], &InvalidLinkKeys::Twice { id: "a".to_owned() }; "twice")]
    #[test_case(&[("", SECRET)], &InvalidLinkKeys::Id { number: 1 }; "no id")]
    #[test_case(&[("a", SECRET), ("a.b", SECRET)], &InvalidLinkKeys::Id { number: 2 }; "an id with a dot")]
    #[test_case(&[("seventeen-letters", SECRET)], &InvalidLinkKeys::Id { number: 1 }; "a long id")]
    fn faults(keys: &[(&str, &[u8])], fault: &InvalidLinkKeys) {
        assert_eq!(&LinkKeys::try_new(keys).unwrap_err(), fault);
    }

    #[test]
    fn debug_shows_ids_and_no_secret() {
        let secret = b"correct horse battery staple etc.";
        let keys = LinkKeys::try_new(&[("2026-11", secret)]).unwrap();
        let shown = format!("{keys:?}");
        assert!(shown.contains("2026-11"));
        assert!(
            !shown.contains("horse") && !shown.contains("99, 111"),
            "{shown}"
        );
    }
}
