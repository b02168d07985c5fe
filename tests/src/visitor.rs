//! A visitor of the interface: a browser that follows no redirect, Slack, PagerDuty, the command line.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;

use crate::aws::Aws;

/// What Slack signs its requests with, in a local stack.
pub const SLACK_SIGNING_SECRET: &str = "local-slack-signing-secret";
/// What PagerDuty signs its webhooks with, in a local stack.
pub const PAGERDUTY_WEBHOOK_SECRET: &str = "local-pagerduty-webhook-secret";

/// The names of the variables by which `cargo xtask test` tells the tests where `tocsin` is, and the token that the deployment was
/// handed the record of.
pub const COMMAND_LINE: [&str; 2] = ["TOCSIN_PROGRAM", "TOCSIN_FIRST_TOKEN"];

/// Visits the address of a function.
#[derive(Clone, Debug)]
pub struct Visitor {
    agent: ureq::Agent,
    base: String,
}

/// What the function answered.
#[derive(Clone, Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Where a redirect points to; empty when it is none.
    pub location: String,
    /// The body.
    pub body: String,
}

/// `tocsin`, as somebody at a terminal has it.
#[derive(Clone, Debug)]
pub struct Terminal {
    program: String,
    url: String,
    token: String,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it complained about.
    pub err: String,
}

impl Terminal {
    /// With another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Result<Ended> {
        let output = Command::new(&self.program)
            .args(arguments)
            .env("TOCSIN_URL", &self.url)
            .env("TOCSIN_TOKEN", &self.token)
            .output()
            .with_context(|| format!("cannot start {}", self.program))?;
        Ok(Ended {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs a command that must succeed, and gives what it printed.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub fn say(&self, arguments: &[&str]) -> Result<String> {
        let ended = self.run(arguments)?;
        ensure!(ended.code == Some(0), "{arguments:?}: {ended:?}");
        Ok(ended.out)
    }

    /// Runs a command that must succeed, and gives the document that it printed.
    ///
    /// # Errors
    /// When it ends otherwise, or prints none.
    pub fn document(&self, arguments: &[&str]) -> Result<Value> {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let out = self.say(&arguments)?;
        serde_json::from_str(&out).with_context(|| format!("no document: {out}"))
    }
}

impl Visitor {
    /// The command line of whoever has the first token, for the same address.
    ///
    /// # Errors
    /// When one of [`COMMAND_LINE`] is missing.
    pub fn terminal(&self) -> Result<Terminal> {
        let [program, token] = COMMAND_LINE.map(|variable| {
            env::var(variable)
                .with_context(|| format!("{variable} is not set: run `cargo xtask test`"))
        });
        Ok(Terminal {
            program: program?,
            url: self.base.clone(),
            token: token?,
        })
    }

    /// Of the function whose address a message has: the local AWS answers for it at a path of its own.
    ///
    /// # Errors
    /// When the text has no link to an incident's page.
    pub fn of_link(aws: &Aws, text: &str) -> Result<(Self, String)> {
        let link = text
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')'))
            .find(|word| word.contains("/i/l1."))
            .with_context(|| format!("no link in {text}"))?;
        let (_, rest) = link.split_once("://").context("the link has no scheme")?;
        let (host, path) = rest.split_once('/').context("the link has no path")?;
        let (id, _) = host.split_once('.').context("the link's host is short")?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        let base = format!("{}/_aws/lambda-url/{id}", aws.endpoint());
        Ok((Self { agent, base }, format!("/{path}")))
    }

    /// Opens a page.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn get(&self, path: &str) -> Result<Page> {
        let url = format!("{}{path}", self.base);
        page(self.agent.get(&url).call()?)
    }

    /// Sends a body with headers.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Page> {
        let mut request = self.agent.post(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        page(request.send(body)?)
    }

    /// Presses the button of a page's form.
    ///
    /// # Errors
    /// When the page has no such form, or nobody answers.
    pub fn press(&self, page: &Page, path: &str, action: &str) -> Result<Page> {
        let form = format!("action=\"{path}/{action}\"");
        let (_, rest) = page
            .body
            .split_once(&form)
            .with_context(|| format!("the page has no form for {action}: {}", page.body))?;
        let (_, rest) = rest
            .split_once("name=\"confirmation\" value=\"")
            .context("the form has no confirmation")?;
        let (confirmation, _) = rest.split_once('"').context("the confirmation is open")?;
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("confirmation={confirmation}");
        self.post(&format!("{path}/{action}"), &kind, &body)
    }

    /// Presses a button as Slack tells it, signed at a time.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn slack(&self, payload: &str, at: Timestamp, secret: &str) -> Result<Page> {
        let body = format!("payload={}", escaped(payload));
        let time = at.as_second().to_string();
        let signature = hmac(secret, format!("v0:{time}:{body}").as_bytes())?;
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-slack-request-timestamp", time.as_str()),
            ("x-slack-signature", &format!("v0={signature}")),
        ];
        self.post("/slack/actions", &headers, &body)
    }

    /// Tells what happened at PagerDuty, signed.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn pagerduty(&self, body: &str, secret: &str) -> Result<Page> {
        let signature = format!("v1={}", hmac(secret, body.as_bytes())?);
        let headers = [
            ("content-type", "application/json"),
            ("x-pagerduty-signature", signature.as_str()),
        ];
        self.post("/pagerduty/webhook", &headers, body)
    }
}

fn page(mut answer: ureq::http::Response<ureq::Body>) -> Result<Page> {
    let location = answer.headers().get("location");
    let location = location.map(|value| value.to_str().unwrap_or_default().to_owned());
    Ok(Page {
        status: answer.status().as_u16(),
        location: location.unwrap_or_default(),
        body: answer.body_mut().read_to_string()?,
    })
}

fn hmac(secret: &str, message: &[u8]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(message);
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// As forms escape texts.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
