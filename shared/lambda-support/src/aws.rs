//! The AWS configuration that every client of a function shares.
//!
//! It is built when first asked for, not at start-up. It looks nowhere but in
//! the environment: no profile files, no instance metadata, no network.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::OnceCell;

use crate::env::{Environment, ProcessEnvironment};

/// How often a request is tried within one operation.
const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(2);
/// What AWS answers at all, it answers within milliseconds: whoever waits longer waits for a lost packet.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Well within an invocation's time, so that something can still be done about the failure.
const OPERATION: Duration = Duration::from_secs(6);

/// The configuration of this process, built on the first call.
pub async fn config() -> &'static SdkConfig {
    static CONFIG: OnceCell<SdkConfig> = OnceCell::const_new();
    CONFIG
        .get_or_init(|| async { build(&ProcessEnvironment) })
        .await
}

/// A configuration from these variables; the credentials are the process's own.
#[must_use]
pub fn build(environment: &dyn Environment) -> SdkConfig {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
    let endpoint = set("AWS_ENDPOINT_URL");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION);
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.map(Region::new))
        // Not the default chain: it would look for profile files and instance
        // metadata, which a function does not have, and link the clients for them.
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts.build())
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .http_client(http_client(endpoint.as_deref()));
    builder.set_endpoint_url(endpoint);
    builder.build()
}

/// One HTTP client, and so one pool of connections, for every AWS client.
///
/// The system's root certificates are read from disk, once in a process. Measured
/// with 144 of them: 1 ms from a bundle, 3 ms where a directory of them stands
/// beside it; a connector with them ready takes 0.2 ms. Every AWS client that is
/// made has its HTTP client build a connector and throws it away, so that this
/// happens early. [`Lazy`] leaves that out: a client is made without touching the
/// disk, and the first request over TLS pays once. Roots of our own in the binary
/// would save that millisecond and need a release for every root that changes.
/// A plain `http` endpoint (the local AWS) needs no certificates at all.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let encrypted = !endpoint.is_some_and(|url| url.starts_with("http://"));
    let trust = TrustStore::empty().with_native_roots(encrypted);
    let builder = Builder::new().tls_provider(Provider::rustls(CryptoMode::Ring));
    let builder = match TlsContext::builder().with_trust_store(trust).build() {
        Ok(context) => builder.tls_context(context),
        // The default context reads the native certificates, which is right too, only dearer.
        Err(_) => builder,
    };
    SharedHttpClient::new(Lazy(builder.build_https()))
}

/// A client that does nothing before the first request.
#[derive(Debug)]
struct Lazy(SharedHttpClient);

impl HttpClient for Lazy {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::MapEnvironment;

    #[test]
    fn the_environment_gives_region_and_endpoint() {
        let config = build(&MapEnvironment::from([
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ]));
        assert_eq!(config.region().map(Region::as_ref), Some("eu-west-1"));
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
    }

    #[test]
    fn the_region_of_the_function_comes_before_the_default_one() {
        let config = build(&MapEnvironment::from([
            ("AWS_REGION", "ap-south-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", ""),
        ]));
        assert_eq!(config.region().map(Region::as_ref), Some("ap-south-1"));
        assert_eq!(config.endpoint_url(), None);
    }

    #[test]
    fn requests_are_bounded_in_number_and_time() {
        let config = build(&MapEnvironment::default());
        let timeouts = config.timeout_config().expect("set");
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(timeouts.operation_timeout(), seconds(6));
        assert_eq!(timeouts.operation_attempt_timeout(), seconds(2));
        assert_eq!(timeouts.connect_timeout(), Some(CONNECT));
        assert_eq!(
            config.retry_config().map(RetryConfig::max_attempts),
            Some(3)
        );
    }
}
