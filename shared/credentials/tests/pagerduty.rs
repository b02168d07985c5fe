//! PagerDuty's signatures.
//!
//! Its documentation shows a header with two signatures but neither secret nor body, so the known
//! answers here were computed apart from this crate, by Python's hmac.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use credentials::Secret;
use credentials::pagerduty::{PagerDutyError, sign, verify};
use proptest::prelude::*;
use support::{flips, secret};
use test_case::test_case;

const SECRET: &str = "a signing secret of a subscription, long";
const BEFORE: &str = "another signing secret, the one before it";
const BODY: &str = r#"{"event":{"id":"01DEN4HPBQAAAG05V5QQYBRZMF","event_type":"incident.acknowledged","data":{"title":"Zahlungen gestört"}}}"#;
const RIGHT: &str = "v1=dcba3180654294be73676ea9f918b2efadd497ece412a268c405788e7b2f4c9b";
const OLD: &str = "v1=b772c25c78166a01e9f43a3a44949dd2a1589d2681fdd9a21118ceab3b78cf09";
// The header of https://developer.pagerduty.com/docs/ZG9jOjExMDI5NTkz-verifying-signatures.
const DOCUMENTED: &str = "v1=f03de6f61df6e454f3620c4d6aca17ad072d3f8bbb2760eac3b2ad391b5e8073,\
    v1=130dcacb53a94d983a37cf2acba98e805a1c37185309ba56fdcccbcf00d6dd8b";

fn check(header: Option<&str>, body: &str) -> Result<(), PagerDutyError> {
    verify(&[secret(SECRET)], header, body.as_bytes()).map(drop)
}

#[test]
fn known_answers() {
    let secrets = [secret(SECRET), secret(BEFORE)];
    assert_eq!(sign(&secrets, BODY.as_bytes()), format!("{RIGHT},{OLD}"));
    assert_eq!(check(Some(RIGHT), BODY), Ok(()));
}

#[test]
fn one_right_signature_among_others_is_enough() {
    for header in [
        format!("{RIGHT},{OLD}"),
        format!("{OLD},{RIGHT}"),
        format!("{OLD}, {RIGHT}"),
        format!("{DOCUMENTED},{RIGHT}"),
        format!("v2=abc,{RIGHT}"),
        format!("v1=abc,,{RIGHT}"),
    ] {
        assert_eq!(check(Some(&header), BODY), Ok(()), "{header}");
    }
}

#[test_case(None, PagerDutyError::Missing; "none")]
#[test_case(Some(""), PagerDutyError::Malformed; "empty")]
#[test_case(Some("v1="), PagerDutyError::Malformed; "a version alone")]
#[test_case(Some("v1=f03de6f6"), PagerDutyError::Malformed; "short")]
#[test_case(Some("v0=dcba3180654294be73676ea9f918b2efadd497ece412a268c405788e7b2f4c9b"), PagerDutyError::Malformed; "another version")]
#[test_case(Some("dcba3180654294be73676ea9f918b2efadd497ece412a268c405788e7b2f4c9b"), PagerDutyError::Malformed; "no version")]
#[test_case(Some(OLD), PagerDutyError::Forged; "another secret")]
#[test_case(Some(DOCUMENTED), PagerDutyError::Forged; "another webhook")]
fn refused(header: Option<&str>, error: PagerDutyError) {
    assert_eq!(check(header, BODY), Err(error));
}

#[test]
fn another_body_is_forged() {
    assert_eq!(check(Some(RIGHT), ""), Err(PagerDutyError::Forged));
    let spaced = format!("{BODY}\n");
    assert_eq!(check(Some(RIGHT), &spaced), Err(PagerDutyError::Forged));
}

#[test]
fn every_subscription_has_a_secret_and_without_one_nothing_is_right() {
    let secrets = [secret(BEFORE), secret(SECRET)];
    assert!(verify(&secrets, Some(RIGHT), BODY.as_bytes()).is_ok());
    let none: [Secret; 0] = [];
    assert_eq!(
        verify(&none, Some(RIGHT), BODY.as_bytes()),
        Err(PagerDutyError::Forged)
    );
}

#[test]
fn the_same_webhook_has_the_same_replay_key_whichever_signature_is_shown() {
    let secrets = [secret(SECRET), secret(BEFORE)];
    let key = |header: &str, body: &str| verify(&secrets, Some(header), body.as_bytes()).unwrap();
    let both = key(&format!("{RIGHT},{OLD}"), BODY);
    assert_eq!(key(RIGHT, BODY), both);
    assert_eq!(key(OLD, BODY), both);
    assert_eq!(key(&format!("{DOCUMENTED},{OLD}"), BODY), both);
    assert_ne!(key(&sign(&secrets, b"{}"), "{}"), both);
}

#[test]
fn every_flipped_bit_is_refused() {
    for flipped in flips(RIGHT) {
        assert!(check(Some(&flipped), BODY).is_err(), "{flipped}");
    }
    for flipped in flips(BODY) {
        assert!(check(Some(RIGHT), &flipped).is_err(), "{flipped}");
    }
}

proptest! {
    #[test]
    fn what_is_signed_verifies(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let secrets = [secret(SECRET), secret(BEFORE)];
        prop_assert!(verify(&secrets, Some(&sign(&secrets, &body)), &body).is_ok());
    }

    #[test]
    fn no_header_is_a_surprise(header in ".{0,200}") {
        prop_assert!(check(Some(&header), BODY).is_err());
    }
}
