//! One request, before it is known where it goes.

use serde_json::Value;

/// What a second try of a request may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repeat {
    /// Nothing that the first did not do: it reads, or carries a key by which the server knows it again.
    Harmless,
    /// Perhaps the same once more, so only what surely was not carried out is tried again.
    Doubles,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) body: Option<Value>,
    pub(super) key: Option<String>,
    pub(super) repeat: Repeat,
}

impl Call {
    /// Reads.
    pub(crate) fn get(path: &str, query: &[(&str, &str)]) -> Self {
        let mut target = path.to_owned();
        for (place, (name, value)) in query.iter().enumerate() {
            target.push(if place == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            encode(value, &mut target);
        }
        Self::new("GET", target, None)
    }

    /// Ends or revokes, once, however often it is sent.
    pub(crate) fn delete(path: String) -> Self {
        let mut call = Self::new("DELETE", path, None);
        call.key = Some(key());
        call
    }

    /// Acts once, however often it is sent: it carries an `Idempotency-Key`.
    pub(crate) fn act(path: String, body: Value) -> Self {
        let mut call = Self::new("POST", path, Some(body));
        call.key = Some(key());
        call
    }

    /// Makes something whose second making would be a second thing.
    pub(crate) fn make(path: String, body: Value) -> Self {
        let mut call = Self::new("POST", path, Some(body));
        call.repeat = Repeat::Doubles;
        call
    }

    fn new(method: &'static str, target: String, body: Option<Value>) -> Self {
        Self {
            method,
            target,
            body,
            key: None,
            repeat: Repeat::Harmless,
        }
    }
}

/// Another one for each request that is meant; the same for each try of it.
fn key() -> String {
    format!("tocsin-cli-{:032x}", fastrand::u128(..))
}

/// A path of segments, each as one segment whatever is in it.
pub(crate) fn path(segments: &[&str]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        // As segments of their own, they would be taken out on the way.
        if segment.bytes().all(|b| b == b'.') {
            path.push_str(&"%2E".repeat(segment.len()));
        } else {
            encode(segment, &mut path);
        }
    }
    path
}

/// Everything but RFC 3986's unreserved characters as `%41`.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_stays_in_its_place() {
        assert_eq!(
            path(&["v1", "silences", "../tokens?x=1"]),
            "/v1/silences/..%2Ftokens%3Fx%3D1"
        );
        assert_eq!(path(&["v1", ".."]), "/v1/%2E%2E");
        let call = Call::get("/v1/incidents", &[("service", "a&b=c"), ("limit", "1")]);
        assert_eq!(call.target, "/v1/incidents?service=a%26b%3Dc&limit=1");
    }

    #[test]
    fn each_act_has_a_key_of_its_own() {
        let act = || Call::act(path(&["v1"]), Value::Null).key.unwrap();
        assert_ne!(act(), act());
    }
}
