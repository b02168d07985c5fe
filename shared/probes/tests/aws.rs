//! Functions and queues, as AWS answers for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod peers;

use health::{Fault, FaultKind};
use peers::{ask_with, name};
use probes::{Api, AwsApi, NoSecrets, Prober};
use settings::Measured;
use test_case::test_case;

/// AWS with one function, one queue and its dead letters.
struct Aws {
    function: Result<&'static str, FaultKind>,
}

impl AwsApi for Aws {
    async fn call(&self, request: Api<'_>) -> Result<String, Fault> {
        let text = match (request.service, request.path, request.target) {
            ("lambda", "/2016-08-19/account-settings", _) => {
                r#"{"AccountLimit":{"ConcurrentExecutions":1000}}"#
            }
            ("lambda", path, _) => {
                assert_eq!(path, "/2015-03-31/functions/orders%3Alive/configuration");
                self.function.map_err(|kind| Fault::new(kind, "no"))?
            }
            ("sqs", _, Some("AmazonSQS.GetQueueUrl")) => r#"{"QueueUrl":"https://sqs.x/1/orders"}"#,
            ("sqs", _, _) if request.body.contains("/1/orders-dlq") => {
                r#"{"Attributes":{"ApproximateNumberOfMessages":"2"}}"#
            }
            ("sqs", _, _) => {
                r#"{"Attributes":{"ApproximateNumberOfMessages":"7","ApproximateNumberOfMessagesNotVisible":"3",
                    "RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:x:1:orders-dlq\"}"}}"#
            }
            ("monitoring", _, _) if request.body.contains("ConcurrentExecutions") => {
                "<Datapoints><member><Maximum>40</Maximum></member><member><Maximum>900.0</Maximum></member></Datapoints>"
            }
            ("monitoring", _, _) => {
                assert!(
                    request.body.contains("Dimensions.member.1.Value=orders"),
                    "{}",
                    request.body
                );
                "<Datapoints><member><Maximum>61.0</Maximum></member></Datapoints>"
            }
            other => panic!("{other:?}"),
        };
        Ok(text.to_owned())
    }
}

#[test_case(Ok(r#"{"State":"Active","LastUpdateStatus":"Successful"}"#), "well")]
#[test_case(Ok(r#"{"State":"Pending"}"#), "well"; "pending")]
#[test_case(Ok("{}"), "well"; "an old answer")]
#[test_case(Ok(r#"{"State":"Failed","StateReason":"no subnet"}"#), "inactive")]
#[test_case(Ok(r#"{"State":"Inactive"}"#), "inactive"; "asleep")]
#[test_case(
    Ok(r#"{"State":"Active","LastUpdateStatus":"Failed"}"#),
    "update_failed"
)]
#[test_case(Ok("<html>"), "aws_unavailable"; "no JSON")]
#[test_case(Err(FaultKind::Missing), "missing")]
#[test_case(Err(FaultKind::NotPermitted), "not_permitted")]
#[tokio::test]
async fn a_function_can_be_invoked_or_not(
    function: Result<&'static str, FaultKind>,
    expected: &str,
) {
    let prober = Prober::new(Aws { function }, NoSecrets);
    let line = "name: f, service: api, kind: lambda, target: 'orders:live'";
    let result = ask_with(&prober, line).await;
    assert_eq!(name(&result), expected);
    assert!(!result.measured.contains_key(&Measured::ConcurrencyLeft));
}

#[tokio::test]
async fn what_the_account_has_left_is_asked_for_where_it_is_compared() {
    let prober = Prober::new(Aws { function: Ok("{}") }, NoSecrets);
    let line = "name: f, service: api, kind: lambda, target: 'orders:live', degraded_when: ['concurrency_left < 50']";
    let result = ask_with(&prober, line).await;
    assert_eq!(result.measured[&Measured::ConcurrencyLeft], 100.0);
}

#[test_case("orders"; "by name")]
#[test_case("https://sqs.x/1/orders"; "by address")]
#[test_case("arn:aws:sqs:x:1:orders"; "by ARN")]
#[tokio::test]
async fn a_queue_says_what_waits_and_what_is_dead(target: &str) {
    let prober = Prober::new(Aws { function: Ok("{}") }, NoSecrets);
    let line = format!(
        "name: q, service: api, kind: sqs, target: '{target}', down_when: ['age_seconds > 600']"
    );
    let result = ask_with(&prober, &line).await;
    assert_eq!(name(&result), "well");
    let numbers = [
        (Measured::Depth, 7.0),
        (Measured::InFlight, 3.0),
        (Measured::DeadLetters, 2.0),
        (Measured::AgeSeconds, 61.0),
    ];
    for (what, value) in numbers {
        assert_eq!(result.measured[&what], value, "{what}");
    }
}
