//! The answers of Slack, PagerDuty and webhooks.

use serde::Deserialize;

use super::{Cause, Failure, Outcome, Situation, retry_after};
use crate::text;

/// Who answers, and so what a yes looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Slack's `chat.postMessage`: errors come with status 200 as well.
    SlackApi,
    /// A Slack incoming webhook: the yes is the text `ok`.
    SlackWebhook,
    /// PagerDuty's Events API v2: the yes is 202.
    PagerDuty,
    /// Somebody's endpoint: any 2xx is a yes.
    Webhook,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// An HTTP answer.
    Http {
        /// The status code.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<&'a str>,
        /// The beginning of the body.
        body: &'a str,
    },
    /// None.
    Nothing(TransportFault),
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransportFault {
    /// It took too long.
    TimedOut,
    /// There was no connection, or it broke.
    Unreachable,
}

/// What the answer means.
#[must_use]
pub fn judge(protocol: Protocol, answer: Answer<'_>, situation: &Situation) -> Outcome {
    let (status, retry_after, body) = match answer {
        Answer::Http {
            status,
            retry_after,
            body,
        } => (status, retry_after, body),
        Answer::Nothing(TransportFault::TimedOut) => {
            return situation.retry(Cause::TimedOut, None, "no answer in time");
        }
        Answer::Nothing(TransportFault::Unreachable) => {
            return situation.retry(
                Cause::Unreachable,
                None,
                "no connection, or it was closed early",
            );
        }
    };
    let reply = Reply {
        protocol,
        status,
        retry_after,
        body,
    };
    match status {
        200..=299 => reply.success(situation),
        429 => reply.too_fast(situation),
        // 425 is "too early": the server does not want to risk a replay, so the same again is right.
        408 | 425 | 500..=599 => reply.server_error(situation),
        300..=399 => reply.permanent(
            Cause::Rejected,
            "a redirect, which is not followed: give the final address",
        ),
        _ => reply.client_error(situation),
    }
}

/// An answer together with who gave it.
#[derive(Clone, Copy)]
struct Reply<'a> {
    protocol: Protocol,
    status: u16,
    retry_after: Option<&'a str>,
    body: &'a str,
}

#[derive(Deserialize)]
struct SlackAnswer {
    ok: bool,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    ts: Option<String>,
}

#[derive(Deserialize)]
struct PagerDutyAnswer {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Vec<String>,
}

impl Reply<'_> {
    fn success(&self, situation: &Situation) -> Outcome {
        match self.protocol {
            Protocol::Webhook => Outcome::Delivered { reference: None },
            Protocol::PagerDuty if self.status == 202 => Outcome::Delivered { reference: None },
            Protocol::SlackWebhook if self.status == 200 && self.body.trim() == "ok" => {
                Outcome::Delivered { reference: None }
            }
            Protocol::SlackApi => self.slack_api(situation),
            Protocol::PagerDuty | Protocol::SlackWebhook => self.unexpected(
                situation,
                "a success that the channel does not know; is the address right?",
            ),
        }
    }

    fn slack_api(&self, situation: &Situation) -> Outcome {
        match serde_json::from_str::<SlackAnswer>(self.body) {
            Ok(SlackAnswer { ok: true, ts, .. }) => Outcome::Delivered { reference: ts },
            Ok(SlackAnswer { error, .. }) => {
                let code = error
                    .as_deref()
                    .and_then(slack_code)
                    .unwrap_or("an error without a code");
                self.slack_error(code, situation)
            }
            Err(_) => self.unexpected(situation, "not Slack's JSON; is the address right?"),
        }
    }

    fn slack_error(&self, code: &str, situation: &Situation) -> Outcome {
        let detail = format!("Slack says {code}");
        match code {
            "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
                self.later(Cause::RateLimited, &detail, situation)
            }
            "internal_error"
            | "fatal_error"
            | "service_unavailable"
            | "request_timeout"
            | "rollup_error"
            | "team_added_to_org" => self.later(Cause::ServerError, &detail, situation),
            "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked"
            | "token_expired" | "invalid_token" | "no_service" | "no_active_hooks" | "no_team" => {
                self.permanent(Cause::Unauthorized, detail)
            }
            "thread_not_found"
            | "message_not_found"
            | "invalid_thread_ts"
            | "cannot_reply_to_message" => self.permanent(Cause::ThreadGone, detail),
            _ => self.permanent(Cause::Rejected, detail),
        }
    }

    fn client_error(&self, situation: &Situation) -> Outcome {
        match self.protocol {
            Protocol::SlackApi | Protocol::SlackWebhook => {
                if let Some(code) = slack_code(self.body.trim()) {
                    return self.slack_error(code, situation);
                }
                // A rotated webhook address is gone: the secret may hold a new one.
                match self.status {
                    401 | 403 | 404 | 410 => self.permanent(Cause::Unauthorized, "refused"),
                    _ => self.permanent(Cause::Rejected, "refused"),
                }
            }
            Protocol::PagerDuty => self.permanent(self.refusal(), self.pagerduty_detail()),
            // The body of somebody's endpoint may repeat a secret address, so it is not quoted.
            Protocol::Webhook => self.permanent(self.refusal(), "refused"),
        }
    }

    const fn refusal(&self) -> Cause {
        match self.status {
            401 | 403 => Cause::Unauthorized,
            _ => Cause::Rejected,
        }
    }

    fn pagerduty_detail(&self) -> String {
        let Ok(answer) = serde_json::from_str::<PagerDutyAnswer>(self.body) else {
            return "refused".to_owned();
        };
        let said: Vec<String> = answer.message.into_iter().chain(answer.errors).collect();
        text::clipped_line(&format!("PagerDuty says {}", said.join("; ")), 300)
    }

    fn too_fast(&self, situation: &Situation) -> Outcome {
        self.later(Cause::RateLimited, "too many requests", situation)
    }

    fn server_error(&self, situation: &Situation) -> Outcome {
        self.later(Cause::ServerError, "the server failed", situation)
    }

    /// Never earlier than asked, and spread by the back-off so that not all come at that moment.
    fn later(&self, cause: Cause, detail: &str, situation: &Situation) -> Outcome {
        let failure = Failure::new(cause, Some(self.status), self.with_status(detail));
        let backoff = situation.backoff.delay(situation.attempt, situation.random);
        let asked = self
            .retry_after
            .and_then(|header| retry_after::wait(header, situation.now));
        let after = match asked {
            Some(asked) => {
                let spread = situation.backoff.delay(1, situation.random);
                asked.saturating_add(spread).min(retry_after::LONGEST_WAIT)
            }
            None => backoff,
        };
        Outcome::Retry { after, failure }
    }

    fn unexpected(&self, situation: &Situation, detail: &str) -> Outcome {
        situation.retry(
            Cause::UnexpectedAnswer,
            Some(self.status),
            self.with_status(detail),
        )
    }

    fn permanent(&self, cause: Cause, detail: impl AsRef<str>) -> Outcome {
        Outcome::Permanent(Failure::new(
            cause,
            Some(self.status),
            self.with_status(detail.as_ref()),
        ))
    }

    fn with_status(&self, detail: &str) -> String {
        format!("status {}: {detail}", self.status)
    }
}

/// The text, if it looks like one of Slack's error codes. Anything else might repeat the secret
/// webhook address and is not quoted.
fn slack_code(text: &str) -> Option<&str> {
    let looks = !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    looks.then_some(text)
}
