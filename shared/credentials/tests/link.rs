//! Links and their confirmations: what opens what, and until when.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use credentials::link::{
    CONFIRMATION_SECONDS, Claims, ConfirmationError, LinkError, LinkKeys, Purpose,
};
use credentials::{IncidentRef, KeyText, Recipient};
use jiff::Timestamp;
use proptest::prelude::*;
use support::{at, flips};
use test_case::test_case;

const OLD: (&str, &[u8]) = ("2026-05", b"the key of the spring, 32 bytes..");
const NEW: (&str, &[u8]) = ("2026-11", b"the key of the autumn, 32 bytes..");

fn keys() -> LinkKeys {
    LinkKeys::try_new(&[NEW, OLD]).unwrap()
}

fn claims() -> Claims {
    Claims {
        incident: IncidentRef::try_new("INC-01KBXJ7V3A4D5E6F").unwrap(),
        key: KeyText::try_new("orders/latency").unwrap(),
        purpose: Purpose::Act,
        who: Recipient::try_new("email:ops@example.com").unwrap(),
        expires_at: at(3600),
    }
}

fn other_incident() -> Claims {
    Claims {
        incident: IncidentRef::try_new("INC-01KBXJ7V3A4D5E6G").unwrap(),
        ..claims()
    }
}

/// The same link with another last character.
fn otherwise_signed(token: &str) -> String {
    let mut forged = token.to_owned();
    let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
    forged.push(last);
    forged
}

#[test]
fn says_what_was_signed() {
    for purpose in [Purpose::View, Purpose::Act] {
        let claims = Claims {
            purpose,
            ..claims()
        };
        assert_eq!(keys().verify(&keys().sign(&claims), at(0)), Ok(claims));
    }
}

// Computed apart from this crate, by Python's hmac, of the bytes that the documentation describes.
#[test]
fn the_forms_stay() {
    let token = keys().sign(&claims());
    assert_eq!(
        token,
        "l1.2026-11.YQAAAABp-G4gMDFLQlhKN1YzQTRENUU2RgAOb3JkZXJzL2xhdGVuY3llbWFpbDpvcHNAZXhhbXBsZS5jb20\
         .1F2ZXAHXgA8Y64lvEOsO5xZVtpyeaLNTTpWLcqXOeW0",
    );
    assert_eq!(
        keys().confirm(&token, "acknowledge", at(0)),
        "c1.2026-11.1777886100.1Dohb-ULULTw41OYr1E8m2gs7g6DjSCffT96JcTM9-8",
    );
}

#[test]
fn a_link_from_before_the_rotation_still_opens_and_a_withdrawn_key_does_not() {
    let before = LinkKeys::try_new(&[OLD]).unwrap();
    let token = before.sign(&claims());
    assert_eq!(keys().verify(&token, at(0)), Ok(claims()));
    assert!(keys().sign(&claims()).starts_with("l1.2026-11."));
    let after = LinkKeys::try_new(&[NEW]).unwrap();
    assert_eq!(after.verify(&token, at(0)), Err(LinkError::UnknownKey));
}

#[test]
fn another_secret_under_the_same_id_makes_no_link() {
    let forger = LinkKeys::try_new(&[(NEW.0, OLD.1)]).unwrap();
    let token = forger.sign(&claims());
    assert_eq!(keys().verify(&token, at(0)), Err(LinkError::Forged));
}

#[test_case(-100_000, true; "any time before")]
#[test_case(3599, true; "in the last second")]
#[test_case(3600, false; "at its end")]
#[test_case(100_000, false; "later")]
fn expires(second: i64, opens: bool) {
    let answer = keys().verify(&keys().sign(&claims()), at(second));
    let expected = if opens {
        Ok(claims())
    } else {
        Err(LinkError::Expired { at: at(3600) })
    };
    assert_eq!(answer, expected);
}

#[test]
fn never_lives_longer_than_it_should() {
    let claims = Claims {
        expires_at: at(3600) + jiff::SignedDuration::from_millis(999),
        ..claims()
    };
    let answer = keys().verify(&keys().sign(&claims), at(3600));
    assert_eq!(answer, Err(LinkError::Expired { at: at(3600) }));
}

#[test]
fn a_forged_link_is_not_told_that_it_expired() {
    let token = keys().sign(&claims());
    let forged = otherwise_signed(&token);
    assert_eq!(keys().verify(&forged, at(9999)), Err(LinkError::Forged));
}

#[test_case(""; "nothing")]
#[test_case("l1"; "a version")]
#[test_case("l1.2026-11.YQ"; "no code")]
#[test_case("...."; "dots")]
#[test_case("l1.2026-11.YQ.YQ"; "a short code")]
#[test_case("l2.2026-11.YQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "another version")]
#[test_case("l1.2026-11.x.YQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "a part too many")]
#[test_case("l1.2026-11.Y.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "no base 64")]
#[test_case("l1.2026-11.YQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; "padding")]
#[test_case("l1.2026-11.YQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"; "stray bits")]
fn malformed(token: &str) {
    assert_eq!(keys().verify(token, at(0)), Err(LinkError::Malformed));
}

#[test]
fn the_longest_link_opens_and_a_longer_text_is_not_even_hashed() {
    let longest = Claims {
        key: KeyText::try_new("k".repeat(256)).unwrap(),
        who: Recipient::try_new("🔥".repeat(120)).unwrap(),
        ..claims()
    };
    let keys = LinkKeys::try_new(&[("sixteen-letters-", NEW.1)]).unwrap();
    let token = keys.sign(&longest);
    assert_eq!(keys.verify(&token, at(0)), Ok(longest));
    let long = format!("l1.{}", "A".repeat(2000));
    assert_eq!(keys.verify(&long, at(0)), Err(LinkError::Malformed));
}

#[test_case(Purpose::Act, Purpose::Act, true)]
#[test_case(Purpose::Act, Purpose::View, true)]
#[test_case(Purpose::View, Purpose::View, true)]
#[test_case(Purpose::View, Purpose::Act, false)]
fn who_may_act_may_look(link: Purpose, wanted: Purpose, permits: bool) {
    assert_eq!(link.permits(wanted), permits);
}

#[test]
fn every_flipped_bit_is_refused() {
    let (keys, token) = (keys(), keys().sign(&claims()));
    let confirmation = keys.confirm(&token, "acknowledge", at(0));
    for flipped in flips(&token) {
        assert!(keys.verify(&flipped, at(0)).is_err(), "{flipped}");
        let confirmed = keys.check_confirmation(&confirmation, &flipped, "acknowledge", at(0));
        assert!(confirmed.is_err(), "{flipped}");
    }
    for flipped in flips(&confirmation) {
        let confirmed = keys.check_confirmation(&flipped, &token, "acknowledge", at(0));
        assert!(confirmed.is_err(), "{flipped}");
    }
}

#[test]
fn a_confirmed_action_is_the_link_s() {
    let (keys, token) = (keys(), keys().sign(&claims()));
    let confirmation = keys.confirm(&token, "acknowledge", at(0));
    assert!(!confirmation.contains(&token), "it is bound and not a copy");
    let confirmed = keys.check_confirmation(&confirmation, &token, "acknowledge", at(1));
    assert_eq!(confirmed, Ok(claims()));
}

#[test_case("acknowledge", CONFIRMATION_SECONDS - 1, Ok(()); "in time")]
#[test_case("acknowledge", CONFIRMATION_SECONDS, Err(ConfirmationError::Expired { at: at(CONFIRMATION_SECONDS) }); "late")]
#[test_case("acknowledge", 3600, Err(ConfirmationError::Link(LinkError::Expired { at: at(3600) })); "after the link")]
#[test_case("resolve", 1, Err(ConfirmationError::Forged); "another action")]
#[test_case("", 1, Err(ConfirmationError::Forged); "no action")]
fn a_confirmation_is_for_one_action_and_some_minutes(
    action: &str,
    second: i64,
    expected: Result<(), ConfirmationError>,
) {
    let (keys, token) = (keys(), keys().sign(&claims()));
    let confirmation = keys.confirm(&token, "acknowledge", at(0));
    let confirmed = keys.check_confirmation(&confirmation, &token, action, at(second));
    assert_eq!(confirmed.map(drop), expected);
}

#[test]
fn a_confirmation_is_for_one_link() {
    let keys = keys();
    let (ours, other) = (keys.sign(&claims()), keys.sign(&other_incident()));
    let confirmation = keys.confirm(&ours, "acknowledge", at(0));
    assert_eq!(
        keys.check_confirmation(&confirmation, &other, "acknowledge", at(0)),
        Err(ConfirmationError::Forged)
    );
}

#[test]
fn a_link_for_looking_confirms_nothing() {
    let keys = keys();
    let token = keys.sign(&Claims {
        purpose: Purpose::View,
        ..claims()
    });
    let confirmation = keys.confirm(&token, "acknowledge", at(0));
    assert_eq!(
        keys.check_confirmation(&confirmation, &token, "acknowledge", at(0)),
        Err(ConfirmationError::ViewOnly)
    );
}

#[test_case(""; "nothing")]
#[test_case("c1.2026-11.1.YQ"; "a short code")]
#[test_case("c1.2026-11.soon.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "no time")]
#[test_case("l1.2026-11.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "a link's version")]
#[test_case("c1.2026-11.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "a part too many")]
#[test_case("c1.2026-11.111111111111111111111111111111111111111111111111111.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; "long")]
fn malformed_confirmations(confirmation: &str) {
    let (keys, token) = (keys(), keys().sign(&claims()));
    assert_eq!(
        keys.check_confirmation(confirmation, &token, "acknowledge", at(0)),
        Err(ConfirmationError::Malformed)
    );
}

#[test]
fn a_confirmation_of_a_withdrawn_key_is_refused() {
    let token = keys().sign(&claims());
    let old = LinkKeys::try_new(&[("2020-01", &[1; 32])]).unwrap();
    let confirmation = old.confirm(&token, "acknowledge", at(0));
    assert_eq!(
        keys().check_confirmation(&confirmation, &token, "acknowledge", at(0)),
        Err(ConfirmationError::UnknownKey)
    );
}

#[test]
fn a_link_is_no_confirmation_and_a_confirmation_no_link() {
    let (keys, token) = (keys(), keys().sign(&claims()));
    let confirmation = keys.confirm(&token, "acknowledge", at(0));
    assert_eq!(keys.verify(&confirmation, at(0)), Err(LinkError::Malformed));
    let relabelled = confirmation.replacen("c1", "l1", 1);
    assert!(keys.verify(&relabelled, at(0)).is_err());
    assert!(
        keys.check_confirmation(&token, &token, "acknowledge", at(0))
            .is_err()
    );
}

#[test]
fn the_end_of_time_is_no_surprise() {
    let keys = keys();
    let token = keys.sign(&Claims {
        expires_at: Timestamp::MAX,
        ..claims()
    });
    let late = Timestamp::MAX - jiff::SignedDuration::from_secs(60);
    let confirmation = keys.confirm(&token, "acknowledge", late);
    assert!(
        keys.check_confirmation(&confirmation, &token, "acknowledge", late)
            .is_ok()
    );
}

#[test]
fn no_error_shows_a_token() {
    let token = keys().sign(&claims());
    let forged = otherwise_signed(&token);
    let error = keys()
        .check_confirmation("c1", &forged, "acknowledge", at(0))
        .unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("l1.") && !shown.contains(NEW.0), "{shown}");
}

fn some_claims() -> impl Strategy<Value = Claims> {
    (
        "[0-9A-HJKMNP-TV-Z]{16}",
        "[^\\p{Cc}]{1,60}",
        "[^\\p{Cc}]{1,60}",
        prop::bool::ANY,
        1_i64..1_000_000,
    )
        .prop_map(|(digits, key, who, act, second)| Claims {
            incident: IncidentRef::try_new(format!("INC-{digits}")).unwrap(),
            key: KeyText::try_new(key).unwrap(),
            purpose: if act { Purpose::Act } else { Purpose::View },
            who: Recipient::try_new(who).unwrap(),
            expires_at: at(second),
        })
}

proptest! {
    #[test]
    fn any_claims_come_back_and_fit_a_url(claims in some_claims()) {
        let token = keys().sign(&claims);
        prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)));
        prop_assert!(token.ends_with(|c: char| c.is_ascii_alphanumeric()));
        prop_assert_eq!(keys().verify(&token, at(0)), Ok(claims));
    }

    #[test]
    fn any_flipped_bit_of_any_link_is_refused(claims in some_claims(), place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = keys().sign(&claims).into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(flipped) = String::from_utf8(bytes) {
            prop_assert!(keys().verify(&flipped, at(0)).is_err());
        }
    }

    // Whatever is put together of the parts of two right links opens one of the two or nothing.
    #[test]
    fn parts_of_two_links_make_no_third(a in some_claims(), b in some_claims(), choice in prop::array::uniform4(prop::bool::ANY)) {
        let old = LinkKeys::try_new(&[OLD]).unwrap();
        let (first, second) = (keys().sign(&a), old.sign(&b));
        let mixed: Vec<&str> = first
            .split('.')
            .zip(second.split('.'))
            .zip(choice)
            .map(|((a, b), of_b)| if of_b { b } else { a })
            .collect();
        let mixed = mixed.join(".");
        let answer = keys().verify(&mixed, at(0));
        if mixed == first {
            prop_assert_eq!(answer, Ok(a));
        } else if mixed == second {
            prop_assert_eq!(answer, Ok(b));
        } else {
            prop_assert_eq!(answer, Err(LinkError::Forged));
        }
    }

    #[test]
    fn a_link_for_one_incident_never_confirms_another(a in some_claims(), b in some_claims()) {
        prop_assume!(a.incident != b.incident);
        let keys = keys();
        let (first, second) = (keys.sign(&a), keys.sign(&b));
        let confirmation = keys.confirm(&first, "resolve", at(0));
        prop_assert!(keys.check_confirmation(&confirmation, &second, "resolve", at(0)).is_err());
        prop_assert_eq!(keys.verify(&first, at(0)).unwrap().incident, a.incident);
    }

    #[test]
    fn no_text_is_a_surprise(text in ".{0,200}") {
        prop_assert!(keys().verify(&text, at(0)).is_err());
        let token = keys().sign(&claims());
        prop_assert!(keys().check_confirmation(&text, &token, "resolve", at(0)).is_err());
    }
}
