//! HMAC-SHA256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)), infallible, and the encodings
//! around it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The bytes of a code.
pub(crate) const CODE_BYTES: usize = 32;

/// The authentication code of a message.
///
/// There is no comparison but [`Code::is`], which takes the same time wherever the difference is.
pub(crate) struct Code([u8; CODE_BYTES]);

impl Code {
    /// The code of the parts, one after the other.
    pub(crate) fn of(secret: &[u8], parts: &[&[u8]]) -> Self {
        // RFC 2104, section 2: keys longer than a block are hashed and shorter ones filled with
        // zeros. Done here, because the constructor for keys of any length returns a `Result`
        // whose error cannot happen and would have to become a case of every caller.
        let mut key = Key::<Hmac<Sha256>>::default();
        let hashed: [u8; CODE_BYTES];
        let material = if secret.len() > key.len() {
            hashed = Sha256::digest(secret).into();
            hashed.as_slice()
        } else {
            secret
        };
        for (to, from) in key.iter_mut().zip(material) {
            *to = *from;
        }
        let mut mac = Hmac::<Sha256>::new(&key);
        for part in parts {
            Mac::update(&mut mac, part);
        }
        Self(mac.finalize().into_bytes().into())
    }

    /// Whether the other side computed the same.
    pub(crate) fn is(&self, given: &[u8; CODE_BYTES]) -> bool {
        self.0.ct_eq(given).into()
    }

    pub(crate) fn bytes(&self) -> &[u8; CODE_BYTES] {
        &self.0
    }
}

/// Base 64 for URLs, without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`encode`] writes and nothing else: no padding and no stray bits at the end, so that
/// every value has one text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// [`decode`] for 32 bytes: a code or a token's secret.
pub(crate) fn decode_code(text: &str) -> Option<[u8; CODE_BYTES]> {
    decode(text)?.try_into().ok()
}

/// Reads 64 hexadecimal digits, the letters in lower case as everybody writes them: every code has
/// one text.
pub(crate) fn decode_hex(text: &str) -> Option<[u8; CODE_BYTES]> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut code = [0; CODE_BYTES];
    hex::decode_to_slice(text, &mut code).ok()?;
    Some(code)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    // https://www.rfc-editor.org/rfc/rfc4231, sections 4.2, 4.3 and 4.7.
    #[test_case(&[0x0b; 20], &["Hi ", "There"], "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"; "case 1")]
    #[test_case(b"Jefe", &["what do ya want for nothing?"], "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"; "case 2")]
    #[test_case(&[0xaa; 131], &["Test Using Larger Than Block-Size Key - Hash Key First"], "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"; "case 6")]
    fn computes_what_the_rfc_says(secret: &[u8], parts: &[&str], code: &str) {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        let computed = Code::of(secret, &parts);
        assert_eq!(hex::encode(computed.bytes()), code);
        assert!(computed.is(&decode_hex(code).unwrap()));
    }

    #[test]
    fn every_value_has_one_text() {
        assert_eq!(decode("AA"), Some(vec![0]));
        assert_eq!(decode("AB"), None, "stray bits");
        assert_eq!(decode("AA=="), None, "padding");
        assert_eq!(decode("+/"), None, "the other alphabet");
        assert!(decode_hex(&"a0".repeat(32)).is_some());
        assert!(
            decode_hex(&"A0".repeat(32)).is_none(),
            "the other letter case"
        );
        assert!(decode_hex(&"a0".repeat(33)).is_none(), "too long");
    }
}
