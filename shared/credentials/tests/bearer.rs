//! Machine tokens: who is known, and what they may do.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use credentials::TokenName;
use credentials::bearer::{
    AuthError, Caller, Forbidden, InvalidToken, Scope, Scopes, Token, TokenRecord, UnknownScope,
    authenticate, check, presented,
};
use proptest::prelude::*;
use support::{at, flips};
use test_case::test_case;

// Computed apart from this crate, by Python's base64 and hashlib, of the bytes 0 to 39.
const TEXT: &str = "tocsin_aaaqeayeauda_CAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJic";
const HASH: &str = "a236e3693b9801305b73046501f54f2312a484cb878b9c190d017de6253700d5";

fn token() -> Token {
    Token::from_entropy(std::array::from_fn(|i| u8::try_from(i).unwrap_or_default()))
}

fn record_of(token: &Token, scopes: &[Scope], expires: Option<i64>) -> TokenRecord {
    TokenRecord::of(
        token,
        TokenName::try_new("deploy pipeline").unwrap(),
        scopes.iter().copied().collect(),
        at(0),
        expires.map(at),
    )
}

fn ask(header: Option<&str>, second: i64) -> Result<Caller, AuthError> {
    let token = token();
    let record = record_of(&token, &[Scope::Silence], Some(3600));
    let find = |id: &str| (id == token.id().as_str()).then_some(record);
    authenticate(header, find, at(second))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[test]
fn the_forms_stay() {
    assert_eq!(token().expose(), TEXT);
    let record = record_of(&token(), &[Scope::Silence, Scope::Read], Some(3600));
    let json = serde_json::to_value(&record).unwrap();
    let expected = serde_json::json!({
        "id": token().id(),
        "hash": HASH,
        "name": "deploy pipeline",
        "scopes": ["read", "silence"],
        "created_at": "2026-05-04T09:00:00Z",
        "expires_at": "2026-05-04T10:00:00Z",
    });
    assert_eq!(json, expected);
    let again: TokenRecord = serde_json::from_value(json).unwrap();
    assert_eq!(again, record);
    let forever = record_of(&token(), &[], None);
    let json = serde_json::to_string(&forever).unwrap();
    assert!(!json.contains("expires_at"));
    assert_eq!(serde_json::from_str::<TokenRecord>(&json).unwrap(), forever);
}

#[test_case("/id", "ABCDEFGHIJKL"; "an id in upper case")]
#[test_case("/hash", "00"; "a short hash")]
#[test_case("/name", ""; "no name")]
#[test_case("/scopes/0", "root"; "an unknown scope")]
#[test_case("/created_at", "yesterday"; "no time")]
fn a_faulty_record_is_not_read(pointer: &str, value: &str) {
    let record = record_of(&token(), &[Scope::Read], None);
    let mut json = serde_json::to_value(&record).unwrap();
    *json.pointer_mut(pointer).unwrap() = value.into();
    assert!(serde_json::from_value::<TokenRecord>(json).is_err());
}

#[test]
fn a_known_token_says_who_calls() {
    let caller = ask(Some(&bearer(TEXT)), 0).unwrap();
    assert_eq!(&caller.id, token().id());
    assert_eq!(caller.name.as_str(), "deploy pipeline");
    assert_eq!(caller.require(Scope::Silence), Ok(()));
    assert_eq!(caller.require(Scope::Act), Err(Forbidden(Scope::Act)));
}

#[test_case("bearer"; "in lower case")]
#[test_case("BEARER"; "in upper case")]
#[test_case("Bearer "; "with a second space")]
fn the_scheme_is_written_in_many_ways(scheme: &str) {
    assert!(ask(Some(&format!("{scheme} {TEXT}")), 0).is_ok());
}

#[test_case(None, AuthError::Missing; "none")]
#[test_case(Some(""), AuthError::Malformed; "empty")]
#[test_case(Some("Bearer"), AuthError::Malformed; "the scheme alone")]
#[test_case(Some(TEXT), AuthError::Malformed; "no scheme")]
#[test_case(Some("Basic dG9jc2luOng="), AuthError::Malformed; "another scheme")]
#[test_case(Some("Bearer xoxb-1234"), AuthError::Malformed; "another's token")]
#[test_case(Some("Bearer tocsin_aaaqeayeaudf_AAAA"), AuthError::Malformed; "a short secret")]
#[test_case(Some("Bearer tocsin_aaaqeayeaudf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), AuthError::Refused; "an unknown id")]
fn refused(header: Option<&str>, error: AuthError) {
    assert_eq!(ask(header, 0), Err(error));
}

#[test]
fn an_unknown_id_and_a_wrong_secret_are_one_answer() {
    let mut entropy: [u8; 40] = std::array::from_fn(|i| u8::try_from(i).unwrap_or_default());
    entropy[39] ^= 1;
    let wrong_secret = Token::from_entropy(entropy);
    assert_eq!(wrong_secret.id(), token().id());
    let unknown = Token::from_entropy([9; 40]);
    for token in [wrong_secret, unknown] {
        let answer = ask(Some(&bearer(&token.expose())), 0);
        assert_eq!(answer, Err(AuthError::Refused));
    }
}

#[test]
fn a_record_of_another_token_fits_not_even_with_its_secret() {
    let mut entropy: [u8; 40] = std::array::from_fn(|i| u8::try_from(i).unwrap_or_default());
    entropy[0] = 255;
    let same_secret = Token::from_entropy(entropy);
    let record = record_of(&token(), &[Scope::Admin], None);
    assert_eq!(
        check(&same_secret, Some(record), at(0)),
        Err(AuthError::Refused)
    );
}

#[test]
fn a_token_that_hashes_to_nothing_is_not_let_in_without_a_record() {
    assert_eq!(check(&token(), None, at(0)), Err(AuthError::Refused));
}

#[test_case(3599, true; "in the last second")]
#[test_case(3600, false; "at its end")]
fn expires(second: i64, known: bool) {
    let answer = ask(Some(&bearer(TEXT)), second).map(drop);
    let expected = if known {
        Ok(())
    } else {
        Err(AuthError::Expired { at: at(3600) })
    };
    assert_eq!(answer, expected);
    let forever = record_of(&token(), &[], None);
    assert!(check(&token(), Some(forever), at(1_000_000_000)).is_ok());
}

#[test]
fn a_wrong_secret_is_not_told_that_the_token_expired() {
    let header = format!("Bearer {}A", TEXT.strip_suffix('c').unwrap_or_default());
    assert_eq!(ask(Some(&header), 9999), Err(AuthError::Refused));
}

#[test]
fn only_admin_implies_others() {
    for given in Scope::ALL {
        let scopes: Scopes = [given].into_iter().collect();
        for wanted in Scope::ALL {
            let expected = given == wanted || given == Scope::Admin;
            assert_eq!(scopes.permit(wanted), expected, "{given} for {wanted}");
        }
        assert!(!Scopes::default().permit(given));
        assert_eq!(scopes.iter().collect::<Vec<_>>(), [given]);
        assert_eq!(serde_json::to_value(given).unwrap(), given.as_str());
        assert_eq!(given.as_str().parse(), Ok(given));
    }
    assert_eq!("root".parse::<Scope>(), Err(UnknownScope));
}

#[test]
fn every_flipped_bit_is_refused() {
    for flipped in flips(TEXT) {
        assert!(ask(Some(&bearer(&flipped)), 0).is_err(), "{flipped}");
    }
}

#[test]
fn nothing_shows_the_secret() {
    let secret = TEXT.rsplit_once('_').unwrap().1;
    let token = token();
    let record = record_of(&token, &[], None);
    let refused = ask(Some(&bearer(&format!("{TEXT}A"))), 0).unwrap_err();
    let presented = presented(Some(&bearer(TEXT))).unwrap();
    let shown = format!("{token:?} {record:?} {refused:?} {refused} {presented:?} {InvalidToken}");
    assert!(!shown.contains(secret) && !shown.contains(HASH), "{shown}");
    assert!(shown.contains(token.id().as_str()));
    assert!(!serde_json::to_string(&record).unwrap().contains(secret));
}

proptest! {
    #[test]
    fn any_token_is_read_again_and_is_known(entropy in prop::array::uniform32(any::<u8>()), id in prop::array::uniform8(any::<u8>())) {
        let mut all = [0; 40];
        for (to, from) in all.iter_mut().zip(id.into_iter().chain(entropy)) {
            *to = from;
        }
        let token = Token::from_entropy(all);
        let text = token.expose();
        prop_assert_eq!(text.len(), "tocsin_".len() + 12 + 1 + 43);
        let again = Token::parse(&text).unwrap();
        prop_assert_eq!(again.expose(), text);
        prop_assert_eq!(again.hash(), token.hash());
        let record = record_of(&token, &[Scope::Read], None);
        prop_assert!(check(&again, Some(record), at(0)).is_ok());
    }

    #[test]
    fn no_header_is_a_surprise(header in ".{0,100}") {
        prop_assert!(ask(Some(&header), 0).is_err());
        let nearly = format!("Bearer tocsin_{header}");
        prop_assert!(ask(Some(&nearly), 0).is_err());
    }
}
