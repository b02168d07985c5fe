//! One HTTP POST: bounded in time, following no redirects, and never naming the address it went to,
//! for that may be a secret.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use lambda_support::deadline::Deadline;
use lambda_support::http;
use notification::outcome::{Answer, TransportFault};

use crate::secret::{Endpoint, Hidden};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// How long everything may take.
const TOTAL: Duration = Duration::from_secs(10);
/// How much of an answer is read: more than any channel's answer has.
const ANSWER_BYTES: usize = 16 * 1024;

/// Posts to channels.
#[derive(Debug)]
pub struct HttpClient {
    client: http::HttpClient,
    total: Duration,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::with_total(TOTAL)
    }
}

/// What to post.
#[derive(Debug)]
pub struct Post<'a> {
    /// Where.
    pub endpoint: &'a Endpoint,
    /// Header names and values, besides the type of the content.
    pub headers: Vec<(&'static str, Hidden)>,
    /// JSON.
    pub body: String,
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    /// An answer.
    Answered {
        /// The status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<String>,
        /// The beginning of the body.
        body: String,
    },
    /// None.
    Nothing(TransportFault),
}

impl Reply {
    /// For [`notification::outcome::judge`].
    #[must_use]
    pub fn answer(&self) -> Answer<'_> {
        match self {
            Self::Answered {
                status,
                retry_after,
                body,
            } => Answer::Http {
                status: *status,
                retry_after: retry_after.as_deref(),
                body,
            },
            Self::Nothing(fault) => Answer::Nothing(*fault),
        }
    }
}

/// A request that HTTP does not allow. It names no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unsendable {
    /// The address has characters that it must not have.
    #[error("the address in the secret cannot be read: write a plain https address")]
    Address,
    /// A header's value has characters that it must not have.
    #[error(
        "the header `{0}` cannot be written: remove line breaks and control characters from the secret"
    )]
    Header(&'static str),
}

impl HttpClient {
    /// A client that gives up after so long.
    #[must_use]
    pub const fn with_total(total: Duration) -> Self {
        Self {
            client: http::HttpClient::new(CONNECT, total),
            total,
        }
    }

    /// Posts, and waits for the answer.
    ///
    /// # Errors
    /// When the request cannot be written at all.
    pub async fn post(&self, post: Post<'_>, deadline: Deadline) -> Result<Reply, Unsendable> {
        let request = request(post)?;
        let exchange = tokio::time::timeout(self.total, self.exchange(request));
        let reply = deadline.work(exchange).await;
        Ok(match reply {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => Reply::Nothing(TransportFault::TimedOut),
        })
    }

    async fn exchange(&self, request: HttpRequest) -> Reply {
        let response = match self.client.call(request).await {
            Ok(response) => response,
            // The error's own text may name the address.
            Err(error) if error.is_timeout() => return Reply::Nothing(TransportFault::TimedOut),
            Err(_) => return Reply::Nothing(TransportFault::Unreachable),
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").map(str::to_owned);
        // A status without its body is an answer still: 429 and 5xx say all with the header.
        let body = http::beginning(response.into_body(), ANSWER_BYTES).await;
        Reply::Answered {
            status,
            retry_after,
            body,
        }
    }
}

fn request(post: Post<'_>) -> Result<HttpRequest, Unsendable> {
    let mut request = HttpRequest::new(SdkBody::from(post.body));
    request
        .set_method("POST")
        .map_err(|_| Unsendable::Address)?;
    request
        .set_uri(post.endpoint.expose())
        .map_err(|_| Unsendable::Address)?;
    let common = [
        ("content-type", "application/json; charset=utf-8"),
        ("accept", "*/*"),
        ("user-agent", concat!("tocsin/", env!("CARGO_PKG_VERSION"))),
    ];
    let headers = request.headers_mut();
    for (name, value) in common {
        headers.insert(name, value);
    }
    for (name, value) in post.headers {
        headers
            .try_insert(name, value.expose().to_owned())
            .map_err(|_| Unsendable::Header(name))?;
    }
    Ok(request)
}
