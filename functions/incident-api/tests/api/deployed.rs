//! What the templates say, against what the function makes of it.

use credentials::{Secret, pagerduty, slack};
use test_case::test_case;

use crate::support::{Town, event, pagerduty_secret, slack_secret};

const TEMPLATE: &str = include_str!("../../../../template.yaml");
const INFRA: &str = include_str!("../../../../infra/incident-api.yaml");

/// A block of a template: its head and what is indented below it.
fn block<'t>(template: &'t str, head: &str) -> &'t str {
    let begin = template.find(&format!("\n  {head}:\n")).expect(head) + 1;
    let rest = &template[begin..];
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if at > 0 && !line.trim().is_empty() && !line.starts_with("    ") {
            break;
        }
        at += line.len();
    }
    &rest[..at]
}

#[test_case("SlackSigningSecret")]
#[test_case("PagerDutyWebhookSecret")]
fn a_secret_that_the_function_would_leave_out_cannot_be_deployed(parameter: &str) {
    let pattern = format!(r#"AllowedPattern: ^$|^[^"\\\s]{{{},}}$"#, Secret::MIN_BYTES);
    let parameter = block(TEMPLATE, parameter);
    assert!(parameter.contains(&pattern), "{parameter}");
}

#[test]
fn somebody_is_told_when_the_function_answers_with_faults_of_its_own() {
    let alarm = block(INFRA, "ServerErrorsAlarm");
    for line in [
        "MetricName: ApiServerErrors",
        "EvaluationPeriods: 5",
        "DatapointsToAlarm: 2",
        "Threshold: 0",
    ] {
        assert!(alarm.contains(line), "{line} is not in: {alarm}");
    }
}

/// What an alarm watches, as a line of metrics has it.
fn watched(alarm: &str) -> String {
    let field = |name: &str| {
        let line = alarm
            .lines()
            .find_map(|line| line.trim().strip_prefix(name));
        line.expect(name).trim().to_owned()
    };
    format!("\"{}\":1", field("MetricName:"))
}

#[test_case("SlackSecretAlarm", "slack")]
#[test_case("PagerDutySecretAlarm", "pagerduty")]
#[tokio::test]
async fn a_secret_that_is_out_of_date_is_told_after_few_requests(alarm: &str, credential: &str) {
    let alarm = block(INFRA, alarm);
    let dimension = format!("{{Name: credential, Value: {credential}}}");
    for line in [
        dimension.as_str(),
        "Threshold: 3",
        "Period: 900",
        "GreaterThanOrEqual",
    ] {
        assert!(alarm.contains(line), "{line} is not in: {alarm}");
    }
    let town = Town::new();
    let (path, headers) = if credential == "slack" {
        let other = slack::sign(&pagerduty_secret(), b"x", town.now());
        let headers = vec![
            ("x-slack-signature", other.signature),
            ("x-slack-request-timestamp", other.timestamp),
        ];
        ("/slack/actions", headers)
    } else {
        let other = pagerduty::sign(&[slack_secret()], b"x");
        ("/pagerduty/webhook", vec![("x-pagerduty-signature", other)])
    };
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let request = event("POST", path, &headers, Some("x"));
    let sum = watched(block(INFRA, "AuthFailuresAlarm"));
    for status in std::iter::repeat_n(401, 10).chain([429]) {
        let got = town.send(&request).await;
        got.problem(status);
        let told = |line: &&String| line.contains(&format!("\"credential\":\"{credential}\""));
        let line = got.metrics.iter().find(told).expect("a breakdown");
        assert!(line.contains(&watched(alarm)), "{line}");
        assert!(got.metrics.iter().any(|line| line.contains(&sum)));
    }
}

#[tokio::test]
async fn what_anybody_may_send_is_no_secret_that_is_out_of_date() {
    let town = Town::new();
    for path in ["/slack/actions", "/pagerduty/webhook"] {
        let got = town.send(&event("POST", path, &[], Some("x"))).await;
        got.problem(401);
        let forged = |line: &String| line.contains("ApiForgeries");
        assert!(!got.metrics.iter().any(forged), "{:?}", got.metrics);
    }
}

/// What the store asks the table for: records and texts in batches, the outbox in batches, lists and trails by query.
#[test]
fn the_function_may_ask_the_table_for_what_the_store_asks_and_no_more() {
    let mut may: Vec<&str> = INFRA
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- dynamodb:"))
        .collect();
    may.sort_unstable();
    let does = [
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "PutItem",
        "Query",
    ];
    assert_eq!(may, does);
}

#[test]
fn no_stack_is_deployed_whose_own_alarms_ring_in_an_empty_room() {
    let rule = block(TEMPLATE, "SomebodyWatchesTheWatcher");
    for unset in [
        "!Equals [!Ref OperatorEmail, \"\"]",
        "!Equals [!Ref EmailTo, \"\"]",
        "!Equals [!Ref OperatorTopicHasOtherReaders, \"false\"]",
    ] {
        assert!(rule.contains(unset), "{unset} is not in: {rule}");
    }
    let parameter = block(TEMPLATE, "OperatorTopicHasOtherReaders");
    assert!(parameter.contains("Default: \"false\""), "{parameter}");
}
