//! Signed calls to an AWS endpoint: the JSON, query and REST protocols, as thin as they can be.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;
use ureq::http;

use crate::sign::{Request, Signer};

/// The account, root's access key and the region of the local AWS. With `AUTH=true` this key may do everything,
/// and each function gets a session of its own role.
pub const ACCESS_KEY: &str = "test";
/// The secret key that belongs to [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "test";
/// Where everything is.
pub const REGION: &str = "us-east-1";
/// Whose everything is.
pub const ACCOUNT: &str = "000000000000";

/// An AWS endpoint.
#[derive(Clone, Debug)]
pub struct Aws {
    endpoint: String,
    agent: ureq::Agent,
}

impl Aws {
    /// The endpoint at a URL without a path, such as `http://127.0.0.1:4566`.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            agent,
        }
    }

    /// The URL that it was made of.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A call of a service that speaks JSON: `target` is for example `AmazonSQS.SendMessage`.
    ///
    /// # Errors
    /// When the service cannot be reached or refuses.
    pub fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let answer = self.signed(
            service,
            "POST",
            "/",
            &[
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", target),
            ],
            &serde_json::to_vec(body)?,
        )?;
        parse(&answer).with_context(|| format!("the answer to {target}"))
    }

    /// A call of a service that speaks the query protocol; the answer is XML.
    ///
    /// # Errors
    /// When the service cannot be reached or refuses.
    pub fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String> {
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            write!(body, "&{}={}", escape(name), escape(value))?;
        }
        self.signed(
            service,
            "POST",
            "/",
            &[("content-type", "application/x-www-form-urlencoded")],
            body.as_bytes(),
        )
    }

    /// A call of a service that speaks REST, with a path that has no query string.
    ///
    /// # Errors
    /// When the service cannot be reached or refuses.
    pub fn rest(&self, service: &str, method: &str, path: &str, body: &[u8]) -> Result<Value> {
        let headers = [("content-type", "application/json")];
        let answer = self.signed(service, method, path, &headers, body)?;
        parse(&answer).with_context(|| format!("the answer to {method} {path}"))
    }

    /// A file in a bucket, as text; `None` when there is none of that key.
    ///
    /// # Errors
    /// When S3 cannot be reached or refuses.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Option<String>> {
        let path = format!("/{bucket}/{key}");
        match self.signed("s3", "GET", &path, &[], b"") {
            Ok(text) => Ok(Some(text)),
            Err(error) if format!("{error:#}").contains("404") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An unsigned `GET`, for the emulator's own pages.
    ///
    /// # Errors
    /// When the page cannot be reached.
    pub fn page(&self, path: &str) -> Result<Value> {
        let answer = self.send("GET", path, &[], &[])?;
        parse(&answer).with_context(|| format!("the answer to GET {path}"))
    }

    fn signed(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<String> {
        let host = self
            .endpoint
            .split_once("://")
            .map_or(self.endpoint.as_str(), |(_, host)| host);
        let signer = Signer {
            access_key: ACCESS_KEY,
            secret_key: SECRET_KEY,
            region: REGION,
            service,
        };
        let request = Request {
            method,
            host,
            path,
            body,
        };
        let signature = signer.sign(&request, Timestamp::now())?;
        let mut all = headers.to_vec();
        all.push(("x-amz-date", &signature.date));
        all.push(("authorization", &signature.authorization));
        self.send(method, path, &all, body)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<String> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = self
            .agent
            .run(request.body(body)?)
            .with_context(|| format!("{method} {}{path}", self.endpoint))?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(256 << 20)
            .read_to_string()?;
        if !answer.status().is_success() {
            bail!("{method} {path} was answered {}: {text}", answer.status());
        }
        Ok(text)
    }
}

fn parse(answer: &str) -> Result<Value> {
    if answer.trim().is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_str(answer)?)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            other => {
                // Writing into a string cannot fail.
                let _ = write!(escaped, "%{other:02X}");
            }
        }
    }
    escaped
}
