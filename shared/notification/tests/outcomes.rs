//! What the answers of Slack, PagerDuty and webhooks mean.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

use jiff::{SignedDuration, Timestamp};
use notification::outcome::{
    Answer, Backoff, Cause, Outcome, Protocol, Situation, TransportFault, judge,
};
use test_case::test_case;

fn situation() -> Situation {
    Situation {
        now: "2026-05-04T09:00:00Z".parse::<Timestamp>().unwrap(),
        attempt: 1,
        random: 0,
        backoff: Backoff::default(),
    }
}

fn http(status: u16, body: &str) -> Answer<'_> {
    Answer::Http {
        status,
        retry_after: None,
        body,
    }
}

/// "delivered", "again: cause" or "never: cause".
fn verdict(protocol: Protocol, answer: Answer<'_>) -> String {
    match judge(protocol, answer, &situation()) {
        Outcome::Delivered { reference: None } => "delivered".to_owned(),
        Outcome::Delivered {
            reference: Some(ts),
        } => format!("delivered {ts}"),
        Outcome::Retry { failure, .. } => format!("again: {}", failure.cause),
        Outcome::Permanent(failure) => format!("never: {}", failure.cause),
    }
}

#[test_case(
    200,
    r#"{"ok":true,"ts":"1503435956.000247"}"#,
    "delivered 1503435956.000247"
)]
#[test_case(200, r#"{"ok":false,"error":"ratelimited"}"#, "again: rate_limited")]
#[test_case(200, r#"{"ok":false,"error":"internal_error"}"#, "again: server_error")]
#[test_case(200, r#"{"ok":false,"error":"channel_not_found"}"#, "never: rejected")]
#[test_case(200, r#"{"ok":false,"error":"invalid_auth"}"#, "never: unauthorized")]
#[test_case(200, r#"{"ok":false,"error":"token_revoked"}"#, "never: unauthorized")]
#[test_case(
    200,
    r#"{"ok":false,"error":"thread_not_found"}"#,
    "never: thread_gone"
)]
#[test_case(200, r#"{"ok":false}"#, "never: rejected"; "no code")]
#[test_case(200, "ok", "again: unexpected_answer"; "a webhook's answer")]
#[test_case(200, "<html>welcome</html>", "again: unexpected_answer"; "a web page")]
#[test_case(200, "", "again: unexpected_answer"; "nothing")]
#[test_case(500, r#"{"ok":true}"#, "again: server_error"; "a failure that claims success")]
#[test_case(429, "", "again: rate_limited")]
#[test_case(302, "", "never: rejected"; "a redirect")]
fn slack_api(status: u16, body: &str, expected: &str) {
    assert_eq!(verdict(Protocol::SlackApi, http(status, body)), expected);
}

#[test_case(200, "ok", "delivered")]
#[test_case(200, "ok\n", "delivered"; "with a line break")]
#[test_case(200, "", "again: unexpected_answer"; "nothing")]
#[test_case(200, "OK, thanks", "again: unexpected_answer"; "something else")]
#[test_case(204, "", "again: unexpected_answer")]
#[test_case(500, "ok", "again: server_error"; "the famous 500")]
#[test_case(503, "", "again: server_error")]
#[test_case(400, "invalid_payload", "never: rejected")]
#[test_case(403, "invalid_token", "never: unauthorized")]
#[test_case(403, "action_prohibited", "never: rejected")]
#[test_case(404, "no_service", "never: unauthorized")]
#[test_case(404, "channel_not_found", "never: rejected")]
#[test_case(410, "channel_is_archived", "never: rejected")]
#[test_case(404, "<html>", "never: unauthorized"; "an address that is gone")]
#[test_case(408, "", "again: server_error")]
fn slack_webhook(status: u16, body: &str, expected: &str) {
    assert_eq!(
        verdict(Protocol::SlackWebhook, http(status, body)),
        expected
    );
}

#[test_case(202, r#"{"status":"success","dedup_key":"x"}"#, "delivered")]
#[test_case(200, "", "again: unexpected_answer"; "not their success")]
#[test_case(
    400,
    r#"{"status":"invalid event","message":"Event object is invalid","errors":["x"]}"#,
    "never: rejected"
)]
#[test_case(403, "", "never: unauthorized")]
#[test_case(429, "", "again: rate_limited")]
#[test_case(502, "", "again: server_error")]
fn pagerduty(status: u16, body: &str, expected: &str) {
    assert_eq!(verdict(Protocol::PagerDuty, http(status, body)), expected);
}

#[test_case(200, "delivered")]
#[test_case(204, "delivered")]
#[test_case(301, "never: rejected")]
#[test_case(401, "never: unauthorized")]
#[test_case(404, "never: rejected")]
#[test_case(408, "again: server_error")]
#[test_case(413, "never: rejected")]
#[test_case(425, "again: server_error")]
#[test_case(429, "again: rate_limited")]
#[test_case(500, "again: server_error")]
#[test_case(599, "again: server_error")]
#[test_case(100, "never: rejected"; "no final answer")]
fn webhook(status: u16, expected: &str) {
    assert_eq!(verdict(Protocol::Webhook, http(status, "")), expected);
}

#[test_case(TransportFault::TimedOut, "again: timed_out")]
#[test_case(TransportFault::Unreachable, "again: unreachable")]
fn no_answer(fault: TransportFault, expected: &str) {
    assert_eq!(verdict(Protocol::Webhook, Answer::Nothing(fault)), expected);
}

fn delay(status: u16, retry_after: Option<&str>, attempt: u32, random: u64) -> SignedDuration {
    let situation = Situation {
        attempt,
        random,
        ..situation()
    };
    let answer = Answer::Http {
        status,
        retry_after,
        body: "",
    };
    match judge(Protocol::SlackWebhook, answer, &situation) {
        Outcome::Retry { after, .. } => after,
        other @ (Outcome::Delivered { .. } | Outcome::Permanent(_)) => {
            panic!("{other:?} is no retry")
        }
    }
}

#[test_case(429, Some("30"), 31; "seconds, and a second of spread")]
#[test_case(429, Some("Mon, 04 May 2026 09:01:00 GMT"), 61; "a date")]
#[test_case(503, Some("120"), 121; "a server that is being repaired")]
#[test_case(429, Some("86400"), 3600; "no longer than an hour")]
#[test_case(429, Some("nonsense"), 1; "as if it were not there")]
#[test_case(429, None, 1; "not there")]
fn retry_after_is_honoured(status: u16, header: Option<&str>, seconds: i64) {
    assert_eq!(
        delay(status, header, 1, 0),
        SignedDuration::from_secs(seconds)
    );
}

#[test]
fn without_the_header_the_wait_grows_and_is_spread() {
    let longest: Vec<i64> = (1..=4)
        .map(|attempt| delay(500, None, attempt, u64::MAX).as_secs() + 1)
        .collect();
    assert_eq!(longest, [2, 4, 8, 16]);
    assert_eq!(
        delay(500, None, 4, u64::MAX / 2),
        SignedDuration::from_millis(7999)
    );
}

#[test]
fn a_failure_never_repeats_a_body_that_may_hold_the_address() {
    let body = "no such path: /services/T000/B000/SECRET";
    for protocol in [
        Protocol::SlackWebhook,
        Protocol::SlackApi,
        Protocol::Webhook,
    ] {
        let Outcome::Permanent(failure) = judge(protocol, http(404, body), &situation()) else {
            panic!("a 404 is permanent");
        };
        assert!(!failure.to_string().contains("SECRET"), "{failure}");
        assert_eq!(failure.status, Some(404));
    }
}

#[test]
fn pagerduty_says_what_is_wrong() {
    let body = r#"{"message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect"]}"#;
    let Outcome::Permanent(failure) = judge(Protocol::PagerDuty, http(400, body), &situation())
    else {
        panic!("a 400 is permanent");
    };
    assert_eq!(failure.cause, Cause::Rejected);
    assert_eq!(
        failure.detail,
        "status 400: PagerDuty says Event object is invalid; Length of 'routing_key' is incorrect"
    );
}
