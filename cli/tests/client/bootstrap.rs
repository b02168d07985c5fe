//! The first token of a stack, from the terminal to the API's own check of who calls.

use credentials::bearer::{AuthError, Scope, TokenRecord, authenticate};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use test_case::test_case;

use crate::server::{code, err, out, tocsin};

/// What `sam deploy --parameter-overrides` makes of an override: its own rules, from `samcli/cli/types.py`.
fn as_sam_reads(parameter: &str) -> (&str, String) {
    let (name, value) = parameter.split_once('=').unwrap();
    let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    let value = value.replace("\\ ", " ").replace("\\\"", "\"");
    (name, value)
}

/// The API's secret, as `template.yaml` puts the parameter into it.
fn secret(record: &str) -> Vec<TokenRecord> {
    let template = include_str!("../../../template.yaml");
    let line = template
        .lines()
        .find(|line| line.contains("${Tokens}"))
        .unwrap();
    let text = line.trim().trim_start_matches("- ").trim_matches('\'');
    let text = text
        .replace("${Tokens}", record)
        .replace("${SlackSigningSecret}", "")
        .replace("${PagerDutyWebhookSecret}", "");
    let secret: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(secret["tokens"].clone()).unwrap()
}

#[test_case(&["--name", "Anna"], &[Scope::Admin], None; "an administrator for ever")]
#[test_case(&["--name", "Anna's\u{20}laptop", "--scope", "read,act", "--for", "90d"], &[], None; "a name with a quote")]
#[test_case(&["--name", "operator, first of 2026 (ü)", "--scopes", "read,act", "--expires", "90d"],
    &[Scope::Read, Scope::Act], Some(90); "less, for a while")]
fn who_made_it_may_call(arguments: &[&str], scopes: &[Scope], days: Option<i64>) {
    let mut line = vec!["token", "bootstrap", "--json"];
    line.extend(arguments);
    let output = tocsin(&line).output().unwrap();
    if scopes.is_empty() {
        assert_eq!(code(&output), 2, "{output:?}");
        assert!(err(&output).contains("quote"), "{output:?}");
        return;
    }
    assert_eq!(code(&output), 0, "{output:?}");
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    let token = made["token"].as_str().unwrap();
    let (name, record) = as_sam_reads(made["parameter"].as_str().unwrap());
    assert_eq!(name, "ApiTokenRecord");
    assert_eq!(
        serde_json::from_str::<Value>(&record).unwrap(),
        made["record"]
    );
    // The secret's digits may have a `_` of their own.
    let digits = token.splitn(3, '_').nth(2).unwrap();
    assert!(!record.contains(digits), "only the hash is handed on");

    let tokens = secret(&record);
    let find = |id: &str| tokens.iter().find(|one| one.id.as_str() == id).cloned();
    let header = format!("Bearer {token}");
    let now = Timestamp::now();
    let caller = authenticate(Some(&header), find, now).unwrap();
    assert_eq!(caller.name.as_str(), arguments[1]);
    for scope in Scope::ALL {
        let may = scopes.contains(&scope) || scopes.contains(&Scope::Admin);
        assert_eq!(caller.require(scope).is_ok(), may, "{scope}");
    }
    let later = now + SignedDuration::from_hours(24 * 91);
    let expired = matches!(
        authenticate(Some(&header), find, later),
        Err(AuthError::Expired { .. })
    );
    assert_eq!(expired, days.is_some());
}

#[test]
fn the_token_stands_alone_and_what_to_do_with_its_record_beside_it() {
    let make = || {
        let output = tocsin(&["token", "bootstrap", "--name", "Anna"]).output();
        let output = output.unwrap();
        assert_eq!(code(&output), 0, "{output:?}");
        (out(&output), err(&output))
    };
    let (token, said) = make();
    let digits = token.trim_end();
    credentials::bearer::Token::parse(digits).unwrap();
    assert_eq!(token, format!("{digits}\n"));
    assert!(
        said.contains("sam deploy --parameter-overrides 'ApiTokenRecord=\"{\\\"id\\\":"),
        "{said}"
    );
    assert!(said.contains("shown once"), "{said}");
    let (_, secret) = digits.rsplit_once('_').unwrap();
    assert!(!said.contains(secret), "{said}");
    assert_ne!(make().0, token, "no two are the same");
}

#[test_case(&["--name", ""]; "no name")]
#[test_case(&["--name", "a\\b"]; "a backslash")]
#[test_case(&["--name", "x", "--scope", "write"]; "no scope")]
#[test_case(&["--name", "x", "--for", "soon"]; "no time")]
#[test_case(&[]; "nothing")]
fn a_faulty_one_is_not_made(arguments: &[&str]) {
    let mut line = vec!["token", "bootstrap"];
    line.extend(arguments);
    let output = tocsin(&line).output().unwrap();
    assert_eq!((code(&output), out(&output)), (2, String::new()));
}
