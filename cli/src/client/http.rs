//! Sends requests, and sends them again when that may help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use credentials::bearer::Token;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{HeaderMap, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::call::{Call, Repeat};
use super::failure::{Failure, is_unanswered, refusal};

/// The most times that a request is sent.
const TRIES: u32 = 5;
/// How long one try may take: longer than a function that starts cold.
const TRY: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// A stack's API, and who calls it.
pub(crate) struct Client {
    agent: Agent,
    base: String,
    token: Token,
    timeout: Duration,
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The document; null when there is none.
    pub(crate) body: Value,
    /// The time by the server's clock, so that ages are right whatever this machine's says.
    pub(crate) now: Timestamp,
}

impl Answer {
    /// The document as it should be.
    ///
    /// # Errors
    /// When it is another.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.body).map_err(|error| {
            Failure::Server(format!("the server's answer is not understood: {error}"))
        })
    }
}

/// A try that was no success, and when the next may be: never, after a time that was asked for, or at will.
struct Miss {
    failure: Failure,
    again: Option<Option<Duration>>,
}

impl Client {
    pub(super) fn new(base: String, token: Token, timeout: Duration) -> Result<Self, Failure> {
        let mut tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        // Reading the machine's certificates takes a moment.
        if base.starts_with("https") {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                return Err(Failure::Usage(
                    "this machine has no certificates to know a server by: install ca-certificates, or set SSL_CERT_FILE"
                        .to_owned(),
                ));
            }
            let roots: Vec<Certificate<'static>> = found
                .certs
                .iter()
                .map(|certificate| Certificate::from_der(certificate).to_owned())
                .collect();
            tls = tls.root_certs(RootCerts::new_with_certs(&roots));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would carry the token elsewhere.
            .max_redirects(0)
            .timeout_global(Some(timeout.min(TRY)))
            .user_agent(concat!("tocsin/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self {
            agent,
            base,
            token,
            timeout,
        })
    }

    /// Sends a request, again if that may help and does no harm.
    ///
    /// # Errors
    /// When it is refused, or nobody answers in time.
    pub(crate) fn send(&self, call: &Call) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let miss = match self.once(call) {
                Ok(answer) => return Ok(answer),
                Err(miss) => miss,
            };
            let Some(asked) = miss.again.filter(|_again| tries < TRIES) else {
                return Err(miss.failure);
            };
            let pause = asked.unwrap_or_else(|| backoff(tries));
            if began.elapsed().saturating_add(pause) >= self.timeout {
                return Err(miss.failure);
            }
            std::thread::sleep(pause);
        }
    }

    fn once(&self, call: &Call) -> Result<Answer, Miss> {
        let mut response = self
            .request(call)
            .map_err(|error| self.unheard(call, &error))?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| self.unheard(call, &error))?;
        let headers = response.headers();
        match status {
            200..300 => self.answer(headers, &body),
            300..400 => Err(Miss {
                failure: Failure::Server(format!(
                    "{} sends requests elsewhere (status {status}), and the token does not follow: set TOCSIN_URL to where the API is",
                    self.base
                )),
                again: None,
            }),
            429 | 500..600 => Err(Miss {
                failure: Failure::Server(refusal(status, &body)),
                // 429 is said before anything is done; any other may be said after.
                again: (status == 429 || call.repeat == Repeat::Harmless)
                    .then(|| retry_after(headers)),
            }),
            // Said of the key of an earlier try, which may still be under way.
            409 if is_unanswered(&body) => Err(Miss {
                failure: Failure::Server(format!(
                    "it is not known whether that was done: look, then do it again if need be ({})",
                    refusal(status, &body)
                )),
                again: Some(retry_after(headers)),
            }),
            _ => Err(Miss {
                failure: Failure::Refused(refusal(status, &body)),
                again: None,
            }),
        }
    }

    fn request(&self, call: &Call) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("{}{}", self.base, call.target))
            .header("accept", "application/json, application/problem+json")
            .header("authorization", format!("Bearer {}", self.token.expose()));
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        match &call.body {
            Some(body) => {
                let body = body.to_string().into_bytes();
                self.agent.run(
                    request
                        .header("content-type", "application/json")
                        .body(body)?,
                )
            }
            None => self.agent.run(request.body(())?),
        }
    }

    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Miss> {
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body).map_err(|_error| Miss {
                failure: Failure::Server(format!(
                    "{} answers with something else than JSON: is it the address of the API?",
                    self.base
                )),
                again: None,
            })?
        };
        Ok(Answer {
            body,
            now: date(headers, "date").unwrap_or_else(Timestamp::now),
        })
    }

    /// There is no answer, or not all of it.
    fn unheard(&self, call: &Call, error: &ureq::Error) -> Miss {
        // Whoever refuses a connection or has no name will do so again.
        let (why, is_passing) = if matches!(error, ureq::Error::HostNotFound) {
            ("there is no such host".to_owned(), false)
        } else if matches!(error, ureq::Error::Timeout(_)) {
            ("it takes too long".to_owned(), true)
        } else if let ureq::Error::Io(error) = error {
            if error.kind() == std::io::ErrorKind::ConnectionRefused {
                ("nobody listens there".to_owned(), false)
            } else {
                (error.to_string(), true)
            }
        } else {
            (error.to_string(), matches!(error, ureq::Error::Protocol(_)))
        };
        Miss {
            failure: Failure::Server(format!("cannot reach {}: {why}", self.base)),
            again: (is_passing && call.repeat == Repeat::Harmless).then_some(None),
        }
    }
}

/// Half a second, one, two, …, and a part more, so that many callers do not come at once.
fn backoff(tries: u32) -> Duration {
    let base = Duration::from_millis(250).saturating_mul(2_u32.saturating_pow(tries.min(6)));
    base.mul_f64(1.0 + fastrand::f64() / 4.0)
}

/// How long the server wants to be left alone: seconds, or until a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = date(headers, "date").unwrap_or_else(Timestamp::now);
    let at = date(headers, "retry-after")?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

fn date(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text)
        .ok()
        .map(|at| at.timestamp())
}
