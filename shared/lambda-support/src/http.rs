//! Requests that no AWS client makes.
//!
//! They go through the AWS SDK's own connector, so that no second HTTP and TLS stack is in the binary. It
//! follows no redirects, and nothing here names an address, for that may be a secret.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// Sends requests. The connector is built for the first one and keeps its connections.
#[derive(Debug)]
pub struct HttpClient {
    connector: OnceLock<Connector>,
    connect: Duration,
    read: Duration,
}

impl HttpClient {
    /// Waits so long for a connection, and so long for an answer.
    #[must_use]
    pub const fn new(connect: Duration, read: Duration) -> Self {
        Self {
            connector: OnceLock::new(),
            connect,
            read,
        }
    }

    /// Sends a request, and waits for the beginning of the answer.
    ///
    /// # Errors
    /// When none comes, or not in time. The error's own text may name the address.
    pub async fn call(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let connector = self.connector.get_or_init(|| self.connector());
        connector.call(request).await
    }

    fn connector(&self) -> Connector {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(self.connect)
            .read_timeout(self.read)
            .build();
        Connector::builder()
            .tls_provider(Provider::rustls(CryptoMode::Ring))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .connector_settings(settings)
            .build()
    }
}

/// At most the first `most` bytes of a body, as text. A body that breaks off is its beginning, too.
pub async fn beginning(body: SdkBody, most: usize) -> String {
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(Ok(chunk)) = stream.next().await {
        let room = most.saturating_sub(bytes.len());
        bytes.extend(chunk.iter().take(room));
        if bytes.len() >= most {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_than_the_beginning_is_read() {
        assert_eq!(beginning(SdkBody::from("abc"), 2).await, "ab");
        assert_eq!(beginning(SdkBody::from("abc"), 20).await, "abc");
        assert_eq!(beginning(SdkBody::empty(), 20).await, "");
    }
}
