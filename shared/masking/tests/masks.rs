//! What is masked, what is left alone, and that nothing of what is masked can be read afterwards.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop with the place"
)]

use std::borrow::Cow;

use masking::{Kind, kind_of_field, mask, mask_field};
use proptest::prelude::*;
use test_case::test_case;

#[test_case("mail asha.rao+school@example.co.in now", "mail [email] now"; "e mail")]
#[test_case("GET /verify?email=asha%40example.org&x=1", "GET /verify?email=[email]&x=1"; "in a query")]
#[test_case("user%3Dasha%40example.org", "user%[email]"; "percent encoded")]
#[test_case("<ravi@example.org>, bcc x@y.org.", "<[email]>, bcc [email]."; "in brackets and at the end of a sentence")]
#[test_case("ரவி@example.org", "[email]"; "not of ascii")]
#[test_case("paid from asha.rao@okhdfcbank", "paid from [upi]"; "upi")]
#[test_case("call +91 98765 43210 or +1 (415) 555-2671", "call [phone] or [phone]"; "e 164")]
#[test_case("9876543210, 098765-43210, 91 9876543210", "[phone], [phone], [phone]"; "indian")]
#[test_case("card 4111 1111 1111 1111 / 5555555555554444 / 3782-822463-10005", "card [card] / [card] / [card]"; "cards")]
#[test_case("rupay 6521525900000006", "rupay 6521525900000006"; "a wrong check digit")]
#[test_case("aadhaar number 2341 2341 2346", "aadhaar number [aadhaar]"; "aadhaar")]
#[test_case("Authorization: Bearer abc.def-123", "Authorization: [secret]"; "a header")]
#[test_case("sent bearer 8f7Gh2kLm9 to it", "sent [secret] to it"; "a bearer token in a sentence")]
#[test_case("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-1", "jwt [token]"; "a jwt")]
#[test_case("key AKIAIOSFODNN7EXAMPLE, rzp_live_abcdEFGH1234", "key [token], [token]"; "keys")]
#[test_case(r#"{"password":"a\"b","user":"u1"}"#, r#"{"password":"[secret]","user":"u1"}"#; "json")]
#[test_case(r#"{"m":"{\"otp\":\"1234\",\"id\":7}"}"#, r#"{"m":"{\"otp\":\"[secret]\",\"id\":7}"}"#; "json within json")]
#[test_case(r#"{"pin":1234,"studentName":"Asha","ok":true}"#, r#"{"pin":[secret],"studentName":"[name]","ok":true}"#; "a number behind a name")]
#[test_case("db_password=hunter2 retry=1", "db_password=[secret] retry=1"; "key and value")]
#[test_case("postgres://app:s3cret@db.example.org/x", "postgres://[secret]@db.example.org/x"; "a web address")]
#[test_case("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- done", "[secret] done"; "a key")]
fn masks(text: &str, expected: &str) {
    assert_eq!(mask(text), expected);
    assert_eq!(mask(expected), expected, "masking twice is masking once");
}

#[test_case("2026-11-24T00:10:06.123Z took 35.5 ms"; "a time")]
#[test_case("2026-11-24 00:10:06 1764000000 1764000000123 1764000000123456789"; "epochs")]
#[test_case("RequestId: 8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab"; "a uuid")]
#[test_case("id 00000000-0000-4000-8000-987654321012"; "a uuid of digits")]
#[test_case("arn:aws:lambda:ap-south-1:234123412346:function:pay"; "an arn")]
#[test_case("pay_Nk3mJ9876543210x order_9876543210"; "ids with digits")]
#[test_case("0.9876543210 and 10.0.12.255:5432"; "decimals and addresses of the network")]
#[test_case("react@18.2.0 @scope/pkg at a@b"; "packages")]
#[test_case("REPORT RequestId: x Duration: 102.31 ms Memory Size: 512 MB"; "a report")]
#[test_case("basic information about bearer plants"; "words")]
#[test_case("token=null password="; "nothing behind the name")]
#[test_case("amount 49900 INR, order 1042"; "amounts")]
#[test_case("Root=1-5759e988-bd862e3fe1be46a994272793"; "a trace id")]
fn leaves_alone(text: &str) {
    assert!(
        matches!(mask(text), Cow::Borrowed(same) if same == text),
        "{}",
        mask(text)
    );
}

#[test_case("user.Email", Some(Kind::Email))]
#[test_case("phone_number", Some(Kind::Phone))]
#[test_case("X-Api-Key", Some(Kind::Secret))]
#[test_case("dbPassword", Some(Kind::Secret))]
#[test_case("refresh_token", Some(Kind::Token))]
#[test_case("token_count", None)]
#[test_case("name", None)]
#[test_case("user_id", None)]
#[test_case("a_name_that_is_much_longer_than_any_of_ours_password", None; "no name is so long")]
fn knows_fields(name: &str, expected: Option<Kind>) {
    assert_eq!(kind_of_field(name), expected);
}

#[test]
fn fields_are_masked_whole_or_searched() {
    assert_eq!(mask_field("studentName", "Asha Rao"), "[name]");
    assert_eq!(mask_field("note", "ask asha@example.org"), "ask [email]");
    assert_eq!(mask_field("otp", ""), "");
}

/// Digits with the one at the end that Luhn's sum asks for.
fn with_luhn(mut digits: Vec<u8>) -> String {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(*digit) * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    digits.push(u8::try_from((10 - sum % 10) % 10).unwrap());
    digits
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

fn secret() -> impl Strategy<Value = String> {
    let card = prop::collection::vec(0_u8..10, 14).prop_map(|mut digits| {
        digits.insert(0, 4);
        with_luhn(digits)
    });
    prop_oneof![
        "[a-z][a-z0-9._+]{0,12}[a-z0-9]@[a-z]{3,10}\\.(com|org|in|co\\.in)",
        "\\+[1-9][0-9]{8,13}",
        "[6-9][0-9]{9}",
        card.clone(),
        card.prop_map(|card| card
            .as_bytes()
            .chunks(4)
            .map(|four| String::from_utf8_lossy(four).into_owned())
            .collect::<Vec<_>>()
            .join(" ")),
        "eyJ[a-zA-Z0-9]{12,30}\\.eyJ[a-zA-Z0-9]{5,30}\\.[a-zA-Z0-9_-]{5,30}[a-z]",
        "AKIA[A-Z0-9]{16}",
    ]
}

proptest! {
    #[test]
    fn nothing_that_is_masked_survives(
        before in "([a-z]{1,8}[ ,;=\"(<]{1,2}){0,4}",
        secret in secret(),
        after in "([ ,;\")>][a-z]{1,8}){0,4}",
    ) {
        let text = format!("{before}{secret}{after}");
        let masked = mask(&text);
        prop_assert!(!masked.contains(&secret), "{masked}");
        prop_assert!(masked.contains('['), "{masked}");
        prop_assert_eq!(mask(&masked), masked.as_ref());
    }

    #[test]
    fn what_stands_behind_a_secret_name_is_gone(
        name in "(password|db_secret|otp|accessToken|Api-Key)",
        value in "[a-z0-9]{6,20}",
        json in any::<bool>(),
    ) {
        let text = if json { format!("{{\"id\":1,\"{name}\":\"{value}\"}}") } else { format!("id=1 {name}={value} x=1") };
        prop_assume!(!["null", "undefined"].contains(&value.as_str()));
        prop_assert!(!mask(&text).contains(&value), "{}", mask(&text));
    }

    #[test]
    fn any_text_can_be_masked_and_once_is_enough(text in "(\\PC|[@%=:+ \"\\\\\\n-]|[0-9]{1,6}|eyJ|Bearer |password|://|-----BEGIN ){0,60}") {
        let once = mask(&text).into_owned();
        prop_assert_eq!(mask(&once), once.as_str());
    }
}
