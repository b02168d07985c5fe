//! The ports on AWS that no other function has: the secrets, and Slack's way back.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use futures_util::future::try_join;
use lambda_support::error::chain;
use lambda_support::http::HttpClient;
use tokio::sync::OnceCell;

use crate::ports::{Fetched, Replies, SecretFault, SecretSource};
use crate::secret::Hidden;

/// The two secrets in AWS Secrets Manager.
#[derive(Debug)]
pub struct SecretsManager {
    links: String,
    api: String,
    client: OnceCell<Client>,
}

impl SecretsManager {
    /// The secrets of these names: the keys of links, which the notifiers read too, and what is the
    /// API's own.
    #[must_use]
    pub fn new(links: impl Into<String>, api: impl Into<String>) -> Self {
        Self {
            links: links.into(),
            api: api.into(),
            client: OnceCell::new(),
        }
    }

    async fn text(&self, name: &str) -> Result<Hidden, SecretFault> {
        let client = self
            .client
            .get_or_init(async || Client::new(lambda_support::aws::config().await))
            .await;
        let value = client.get_secret_value().secret_id(name).send().await;
        let value = value.map_err(|error| SecretFault(chain(&error).to_string()))?;
        let text = value.secret_string.map(Hidden::new);
        text.ok_or_else(|| SecretFault("it is binary: store it as text".to_owned()))
    }
}

impl SecretSource for SecretsManager {
    async fn fetch(&self) -> Result<Fetched, SecretFault> {
        let (links, api) = try_join(self.text(&self.links), self.text(&self.api)).await?;
        Ok(Fetched { links, api })
    }
}

/// How long the whole reply may take: Slack waits three seconds for our own answer.
const TOTAL: Duration = Duration::from_millis(1_200);

/// Posts to the addresses that Slack names for replies.
#[derive(Debug)]
pub struct Hooks(HttpClient);

impl Default for Hooks {
    fn default() -> Self {
        Self(HttpClient::new(TOTAL, TOTAL))
    }
}

impl Replies for Hooks {
    async fn tell(&self, address: &str, text: &str) {
        let Some(request) = request(address, text) else {
            return;
        };
        let told = match tokio::time::timeout(TOTAL, self.0.call(request)).await {
            Ok(Ok(response)) => response.status().is_success(),
            // The error's own text may name the address, which is a secret of its own.
            Ok(Err(_)) | Err(_) => false,
        };
        if !told {
            tracing::warn!(
                stage = "reply",
                "whoever pressed the button is not told what came of it"
            );
        }
    }
}

fn request(address: &str, text: &str) -> Option<HttpRequest> {
    let body = serde_json::json!({
        "response_type": "ephemeral", "replace_original": false, "text": text,
    });
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.set_method("POST").ok()?;
    request.set_uri(address).ok()?;
    request
        .headers_mut()
        .insert("content-type", "application/json; charset=utf-8");
    Some(request)
}
