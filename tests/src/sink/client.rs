//! The side of those who look at the sink and script it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Answer, Received, Script};

/// A sink that runs.
#[derive(Clone, Debug)]
pub struct Sink {
    url: String,
    agent: ureq::Agent,
}

impl Sink {
    /// The sink at a URL without a path.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .new_agent();
        Self {
            url: url.trim_end_matches('/').to_owned(),
            agent,
        }
    }

    /// Its URL, without a path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that it has received on paths that begin with `path`, oldest first.
    ///
    /// # Errors
    /// When the sink does not answer.
    pub fn received(&self, path: &str) -> Result<Vec<Received>> {
        let url = format!("{}/_sink/requests", self.url);
        let mut answer = self
            .agent
            .get(&url)
            .call()
            .context("the sink does not answer")?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(256 << 20)
            .read_to_string()?;
        let mut received: Vec<Received> = serde_json::from_str(&body)?;
        received.retain(|request| request.path.starts_with(path));
        Ok(received)
    }

    /// Answers on a path with `answers` first, one a request, and `then` for ever; without it, as usual.
    ///
    /// # Errors
    /// When the sink does not answer.
    pub fn script(&self, path: &str, answers: Vec<Answer>, then: Option<Answer>) -> Result<()> {
        let script = Script {
            path: path.to_owned(),
            answers,
            then,
        };
        self.post("/_sink/script", &serde_json::to_string(&script)?)
    }

    /// Forgets what it received and how it was told to answer.
    ///
    /// # Errors
    /// When the sink does not answer.
    pub fn clear(&self) -> Result<()> {
        self.post("/_sink/clear", "")
    }

    fn post(&self, path: &str, body: &str) -> Result<()> {
        let url = format!("{}{path}", self.url);
        let answer = self
            .agent
            .post(&url)
            .send(body)
            .context("the sink does not answer")?;
        ensure!(
            answer.status().is_success(),
            "the sink answered {}",
            answer.status()
        );
        Ok(())
    }
}
