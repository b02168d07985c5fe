//! Slack's signature, by the example of its own documentation.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use credentials::Secret;
use credentials::slack::{
    SIGNATURE_HEADER, SlackError, TIMESTAMP_HEADER, TOLERANCE_SECONDS, sign, verify,
};
use jiff::Timestamp;
use proptest::prelude::*;
use support::{flips, secret};
use test_case::test_case;

// https://api.slack.com/authentication/verifying-requests-from-slack
const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const TIME: &str = "1531420618";
const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
    &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
    &command=%2Fwebhook-collect&text=\
    &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
    &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

fn sent_at(later: i64) -> Timestamp {
    Timestamp::from_second(1_531_420_618 + later).unwrap_or_default()
}

fn check(
    signature: Option<&str>,
    time: Option<&str>,
    body: &str,
    later: i64,
) -> Result<(), SlackError> {
    let secrets = [secret(SECRET)];
    verify(&secrets, signature, time, body.as_bytes(), sent_at(later)).map(drop)
}

#[test]
fn the_documented_example() {
    assert_eq!(check(Some(SIGNATURE), Some(TIME), BODY, 0), Ok(()));
    let headers = sign(&secret(SECRET), BODY.as_bytes(), sent_at(0));
    assert_eq!(headers.signature, SIGNATURE);
    assert_eq!(headers.timestamp, TIME);
}

#[test_case(None, Some(TIME), SlackError::Missing(SIGNATURE_HEADER); "no signature")]
#[test_case(Some(SIGNATURE), None, SlackError::Missing(TIMESTAMP_HEADER); "no time")]
#[test_case(Some(""), Some(TIME), SlackError::Malformed(SIGNATURE_HEADER); "an empty signature")]
#[test_case(Some("v0="), Some(TIME), SlackError::Malformed(SIGNATURE_HEADER); "a version alone")]
#[test_case(Some("v0=a2114d57"), Some(TIME), SlackError::Malformed(SIGNATURE_HEADER); "a short signature")]
#[test_case(Some("v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"), Some(TIME), SlackError::Malformed(SIGNATURE_HEADER); "another version")]
#[test_case(Some("v0=A2114D57B48EAC39B9AD189DD8316235A7B4A8D21A10BD27519666489C69B503"), Some(TIME), SlackError::Malformed(SIGNATURE_HEADER); "upper case")]
#[test_case(Some(SIGNATURE), Some(""), SlackError::Malformed(TIMESTAMP_HEADER); "an empty time")]
#[test_case(Some(SIGNATURE), Some("+1531420618"), SlackError::Malformed(TIMESTAMP_HEADER); "a sign")]
#[test_case(Some(SIGNATURE), Some("1531420618.5"), SlackError::Malformed(TIMESTAMP_HEADER); "a fraction")]
#[test_case(Some(SIGNATURE), Some("99999999999999"), SlackError::Malformed(TIMESTAMP_HEADER); "after the end of time")]
#[test_case(Some(SIGNATURE), Some("1531420619"), SlackError::Forged; "another time")]
fn refused(signature: Option<&str>, time: Option<&str>, error: SlackError) {
    assert_eq!(check(signature, time, BODY, 0), Err(error));
}

#[test_case(300, true; "just in time")]
#[test_case(301, false; "replayed later")]
#[test_case(-300, true; "a clock behind")]
#[test_case(-301, false; "from the future")]
fn five_minutes_either_way(later: i64, taken: bool) {
    let expected = if taken {
        Ok(())
    } else {
        Err(SlackError::Stale { at: sent_at(0) })
    };
    assert_eq!(check(Some(SIGNATURE), Some(TIME), BODY, later), expected);
    assert_eq!(TOLERANCE_SECONDS, 300);
}

#[test]
fn another_body_or_secret_is_forged() {
    let forged = Err(SlackError::Forged);
    let now = sent_at(0);
    assert_eq!(check(Some(SIGNATURE), Some(TIME), "", 0), forged);
    let others = [secret("8f742231b10e8888abcd99yyyzzz85a6")];
    let body = BODY.as_bytes();
    assert_eq!(
        verify(&others, Some(SIGNATURE), Some(TIME), body, now).map(drop),
        forged
    );
    let none: [Secret; 0] = [];
    assert_eq!(
        verify(&none, Some(SIGNATURE), Some(TIME), body, now).map(drop),
        forged
    );
}

#[test]
fn either_secret_will_do_while_one_is_replaced() {
    let secrets = [secret("the one that comes after"), secret(SECRET)];
    let verified = verify(
        &secrets,
        Some(SIGNATURE),
        Some(TIME),
        BODY.as_bytes(),
        sent_at(0),
    );
    assert!(verified.is_ok());
}

#[test]
fn the_same_request_has_the_same_replay_key() {
    let secrets = [secret(SECRET)];
    let key = |body: &str, sent: i64, now: i64| {
        let headers = sign(&secrets[0], body.as_bytes(), sent_at(sent));
        verify(
            &secrets,
            Some(&headers.signature),
            Some(&headers.timestamp),
            body.as_bytes(),
            sent_at(now),
        )
        .unwrap()
    };
    assert_eq!(key(BODY, 0, 0), key(BODY, 0, 200));
    assert_ne!(
        key(BODY, 0, 0),
        key(BODY, 1, 1),
        "the same button, pressed again"
    );
    assert_ne!(key(BODY, 0, 0), key("text=", 0, 0));
}

#[test]
fn every_flipped_bit_is_refused() {
    for flipped in flips(SIGNATURE) {
        assert!(
            check(Some(&flipped), Some(TIME), BODY, 0).is_err(),
            "{flipped}"
        );
    }
    for flipped in flips(TIME) {
        assert!(
            check(Some(SIGNATURE), Some(&flipped), BODY, 0).is_err(),
            "{flipped}"
        );
    }
    for flipped in flips(BODY) {
        assert!(
            check(Some(SIGNATURE), Some(TIME), &flipped, 0).is_err(),
            "{flipped}"
        );
    }
}

#[test]
fn no_error_shows_a_secret_or_a_signature() {
    for error in [
        check(Some(SIGNATURE), Some(TIME), "", 0),
        check(Some(SIGNATURE), Some(TIME), BODY, 999),
        check(Some("v0=a2114d57"), Some(TIME), BODY, 0),
    ] {
        let error = error.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("a2114d57") && !shown.contains("8f742231"),
            "{shown}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_signed_verifies(body in prop::collection::vec(any::<u8>(), 0..300), later in -300_i64..=300) {
        let secrets = [secret(SECRET)];
        let headers = sign(&secrets[0], &body, sent_at(0));
        let verified = verify(&secrets, Some(&headers.signature), Some(&headers.timestamp), &body, sent_at(later));
        prop_assert!(verified.is_ok());
    }

    #[test]
    fn no_header_is_a_surprise(signature in ".{0,80}", time in ".{0,20}") {
        prop_assert!(check(Some(&signature), Some(&time), BODY, 0).is_err());
    }
}
