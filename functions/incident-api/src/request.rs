//! What a function URL hands over (payload format 2.0), read once and completely.
//!
//! Header names are in lower case afterwards and the body is bytes, whatever way it came.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::form;

/// The most bytes of a body: no act needs more.
pub const MAX_BODY: usize = 64 * 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// To look.
    Get,
    /// To look at the headers only.
    Head,
    /// To do something.
    Post,
    /// To end something.
    Delete,
    /// What nothing here answers.
    Other,
}

impl Method {
    /// Whether it only looks.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, decoded segment by segment; without empty ones.
    pub path: Vec<String>,
    /// The decoded parameters behind the question mark, in order.
    pub query: Vec<(String, String)>,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// As it was on the wire.
    pub body: Result<Vec<u8>, BadBody>,
    /// The caller's address, as AWS saw it: no header can change it.
    pub from: String,
}

/// Why a body is not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadBody {
    /// It is larger than [`MAX_BODY`].
    #[error("the body has more than {MAX_BODY} bytes")]
    TooLarge,
    /// It says that it is base 64 and is not.
    #[error("the body is not the base 64 that it is said to be")]
    Encoding,
}

/// An event that is no HTTP request.
#[derive(Debug, thiserror::Error)]
#[error(
    "the event is no request of a function URL (payload format 2.0): call the function by its URL"
)]
pub struct NoRequest(#[source] pub serde_json::Error);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'e> {
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    request_context: Context,
    #[serde(default, borrow)]
    body: Option<std::borrow::Cow<'e, str>>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    http: Http,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    #[serde(default)]
    source_ip: String,
}

impl Request {
    /// Reads an event.
    ///
    /// # Errors
    /// When it is no request of a function URL.
    pub fn read(event: &str) -> Result<Self, NoRequest> {
        let event: Event<'_> = serde_json::from_str(event).map_err(NoRequest)?;
        let Http { method, source_ip } = event.request_context.http;
        Ok(Self {
            method: match method.as_str() {
                "GET" => Method::Get,
                "HEAD" => Method::Head,
                "POST" => Method::Post,
                "DELETE" => Method::Delete,
                _other => Method::Other,
            },
            path: event
                .raw_path
                .split('/')
                .filter(|segment| !segment.is_empty())
                .map(|segment| form::decode(segment, false))
                .collect(),
            query: form::pairs(&event.raw_query_string),
            headers: event
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: body(
                event.body.as_deref().unwrap_or_default(),
                event.is_base64_encoded,
            ),
            from: source_ip,
        })
    }

    /// A header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The first parameter of a name that is not empty.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self
            .query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

fn body(text: &str, base64: bool) -> Result<Vec<u8>, BadBody> {
    // Four characters of base 64 are three bytes: what is too large is not decoded first.
    let most = if base64 {
        MAX_BODY.div_ceil(3) * 4
    } else {
        MAX_BODY
    };
    if text.len() > most {
        return Err(BadBody::TooLarge);
    }
    let bytes = if base64 {
        STANDARD.decode(text).map_err(|_| BadBody::Encoding)?
    } else {
        text.as_bytes().to_vec()
    };
    if bytes.len() > MAX_BODY {
        return Err(BadBody::TooLarge);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(more: &str) -> String {
        format!(
            r#"{{"version":"2.0","routeKey":"$default","rawPath":"/v1//incidents/a%2Fb","rawQueryString":"a=1&b=x%20y+z&b=2",
            "headers":{{"Content-Type":"text/plain","X-A":"1"}},
            "requestContext":{{"accountId":"anonymous","http":{{"method":"GET","path":"/","protocol":"HTTP/1.1","sourceIp":"203.0.113.9","userAgent":"curl"}}}}{more}}}"#
        )
    }

    #[test]
    fn an_event_is_read_completely() {
        let request = Request::read(&event(r#","body":"aGk=","isBase64Encoded":true"#)).unwrap();
        assert_eq!(request.method, Method::Get);
        assert_eq!(request.path, ["v1", "incidents", "a/b"]);
        assert_eq!(request.parameter("b"), Some("x y z"));
        assert_eq!(request.header("content-type"), Some("text/plain"));
        assert_eq!(request.body.unwrap(), b"hi");
        assert_eq!(request.from, "203.0.113.9");
    }

    #[test]
    fn bodies_have_a_limit() {
        let of = |text: &str, base64: bool| {
            let text = serde_json::to_string(text).unwrap();
            let more = format!(r#","body":{text},"isBase64Encoded":{base64}"#);
            Request::read(&event(&more)).unwrap().body
        };
        assert_eq!(of("%%%", true), Err(BadBody::Encoding));
        assert!(of(&"x".repeat(MAX_BODY), false).is_ok());
        assert_eq!(of(&"x".repeat(MAX_BODY + 1), false), Err(BadBody::TooLarge));
        assert!(of(&STANDARD.encode(vec![b'x'; MAX_BODY]), true).is_ok());
        assert_eq!(
            of(&STANDARD.encode(vec![b'x'; MAX_BODY + 1]), true),
            Err(BadBody::TooLarge)
        );
    }

    #[test]
    fn other_events_are_refused() {
        assert!(Request::read(r#"{"Records":[]}"#).is_err());
        assert!(Request::read("[]").is_err());
    }
}
