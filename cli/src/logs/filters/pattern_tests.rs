//! Conditions and what they are in CloudWatch's words.

use settings::Settings;
use settings::logs::LogRule;
use test_case::test_case;

use super::{Place, patterns};

fn rule(conditions: &str) -> LogRule {
    let text = format!(
        "project: P\nrules: []\nlogs: {{groups: ['*'], rules: [{{name: a, {conditions}, finding: {{title: t}}}}]}}"
    );
    let mut rules = Settings::from_yaml(&text).unwrap().logs.rules;
    rules.remove(0)
}

#[test_case(r#"match: ['event="paid"']"#, r#"{ $.event = "paid" }"#; "a text")]
#[test_case(r#"match: ['event="paid"', 'amount > 5']"#, r#"{ $.event = "paid" && $.amount > 5 }"#; "a number")]
#[test_case(r#"match: ['amount == 5']"#, r#"{ $.amount = 5 }"#; "this very number")]
#[test_case(r#"match: ['user.id="u1"']"#, r#"{ $.user.id = "u1" }"#; "a path")]
#[test_case(r#"match: ['status="500"']"#, r#"{ ($.status = "500" || $.status = 500) }"#; "a number as text")]
#[test_case(r#"match: ['hit="false"']"#, r#"{ ($.hit = "false" || $.hit IS FALSE) }"#; "a truth value")]
#[test_case(r#"match: ['code=~"A|B"']"#, r#"{ ($.code = "A" || $.code = "B") }"#; "one of some")]
#[test_case(r#"match: ['a="1x"'], match_any: ['b="x"', 'c="y"']"#, r#"{ $.a = "1x" && ($.b = "x" || $.c = "y") }"#; "all and any")]
#[test_case(r#"match: ['a!="x"']"#, r#"{ ($.a NOT EXISTS || $.a != "x") }"#; "what is missing differs")]
#[test_case(r#"match: ['a=""']"#, r#"{ ($.a NOT EXISTS || $.a IS NULL || $.a = "") }"#; "missing")]
#[test_case(r#"match: ['a!=""']"#, r"{ $.a = * }"; "there")]
#[test_case(r#"match: ['a=~".*timed out.*"']"#, r#"{ $.a = "*timed out*" }"#; "contained")]
#[test_case(r#"match: ['a=~"db\..+"']"#, r"{ $.a = %^db\..+$% }"; "an expression")]
#[test_case(r#"match: ['@message=~".*out of memory.*"']"#, r#""out of memory""#; "a text in the line")]
#[test_case(r#"match_any: ['@message=~".*a b.*"', '@message=~".*c.*"']"#, r#"?"a b" ?"c""#; "one of two texts")]
#[test_case(r#"match: ['@message=~".*E[0-9]+"']"#, "%E[0-9]+$%"; "an expression on the line")]
fn is_said(conditions: &str, expected: &str) {
    let found = patterns(&rule(conditions)).unwrap();
    assert_eq!(found[0].text, expected);
}

#[test_case(r#"match: ['@level="ERROR"', 'a="b"']"#, "made of the line"; "what log-metrics derives")]
#[test_case(r#"match: ['@message=~".*x.*"', 'a="b"']"#, "at one of them"; "line and fields")]
#[test_case(r#"match: ['@message=~"x.*"']"#, "begins where"; "the beginning of the message")]
#[test_case(r#"match: ['a=~"x(y|zz)"']"#, "a group"; "a group")]
#[test_case(r#"match: ['a="x*"']"#, "cannot stand"; "a star")]
#[test_case(r#"match: ['a=~"a.b"', 'b=~"a.b"', 'c=~"a.b"']"#, "3 expressions"; "too many expressions")]
fn has_no_words(conditions: &str, expected: &str) {
    let error = patterns(&rule(conditions)).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_pattern_that_is_too_long_is_named() {
    let words: Vec<String> = (0..100).map(|n| format!("reason-{n}")).collect();
    let error = patterns(&rule(&format!("match: ['a=~\"{}\"']", words.join("|")))).unwrap_err();
    assert!(error.contains("AWS allows 1024"), "{error}");
}

#[test]
fn lambdas_envelope_is_looked_into_and_equal_fields_are_dimensions() {
    let found = patterns(&rule(r#"match: ['event="paid"', 'amount > 5']"#)).unwrap();
    assert_eq!(found[1].place, Place::Wrapped);
    assert_eq!(
        found[1].text,
        r#"{ $.message.event = "paid" && $.message.amount > 5 }"#
    );
    let dimension = ("event".into(), "$.message.event".into(), "paid".into());
    assert_eq!(found[1].dimensions, [dimension]);
}
