//! Findings on their way to the topic.

use alert_classification::{FINDING_SCHEMA, Finding, Labels, Status};
use lambda_support::env::{MapEnvironment, Reader};

use crate::topic_twin::{ARN, topic};
use crate::{AlertsTopic, FindingSink};

fn finding(title: String) -> Finding {
    Finding {
        schema: FINDING_SCHEMA.into(),
        title,
        source: "tocsin.test".into(),
        kind: "Probe".into(),
        status: Status::Firing,
        description: String::new(),
        labels: Labels::default(),
        annotations: Labels::default(),
        measurement: None,
        starts_at: None,
        changed_at: None,
        url: None,
    }
}

const HEAD: &str =
    "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult>";
const FOOT: &str = "</PublishBatchResult></PublishBatchResponse>";

/// An answer that takes these, and refuses those.
fn answer(taken: &[usize], refused: &[usize]) -> &'static str {
    let taken: String = (taken.iter())
        .map(|id| format!("<member><Id>{id}</Id><MessageId>m</MessageId></member>"))
        .collect();
    let refused: String = (refused.iter())
        .map(|id| {
            format!(
                "<member><Id>{id}</Id><Code>Invalid</Code><Message>no</Message><SenderFault>true</SenderFault></member>"
            )
        })
        .collect();
    let text = format!("{HEAD}<Successful>{taken}</Successful><Failed>{refused}</Failed>{FOOT}");
    Box::leak(text.into_boxed_str())
}

#[tokio::test]
async fn findings_go_in_tens_and_failures_are_told_one_by_one() {
    let first: Vec<usize> = (0..9).collect();
    let (client, server) = topic(&[
        ("200 OK", answer(&first, &[9])),
        ("500 Internal Server Error", "<ErrorResponse/>"),
        ("200 OK", answer(&[20, 21], &[])),
    ]);
    let findings: Vec<Finding> = (0..23).map(|n| finding(format!("finding {n}"))).collect();
    let unpublished = AlertsTopic::new(client, ARN).publish(&findings).await;
    let places: Vec<usize> = unpublished.iter().map(|one| one.place).collect();
    let lost = (9..20).chain([22]).collect::<Vec<usize>>();
    assert_eq!(places, lost);
    let reasons = [0, 1, 11].map(|n| unpublished[n].reason.as_str());
    assert_eq!(
        (reasons[0], reasons[2]),
        ("Invalid: no", "the topic did not answer for it")
    );
    assert!(!reasons[1].is_empty());
    let requests = server.join().unwrap();
    let counts: Vec<usize> = (requests.iter())
        .map(|request| request.matches(".Message=").count())
        .collect();
    assert_eq!(counts, [10, 10, 3]);
    assert!(
        requests[2].contains("tocsin.finding%2F1"),
        "{}",
        requests[2]
    );
}

#[tokio::test]
async fn a_finding_that_is_too_large_holds_up_no_other() {
    let (client, server) = topic(&[
        ("200 OK", answer(&[0], &[])),
        ("200 OK", answer(&[2, 3], &[])),
    ]);
    let findings = [200_000, 300_000, 200_000, 10].map(|size| finding("x".repeat(size)));
    let unpublished = AlertsTopic::new(client, ARN).publish(&findings).await;
    assert_eq!(unpublished.len(), 1, "{unpublished:?}");
    assert_eq!(unpublished[0].place, 1);
    assert!(
        unpublished[0].reason.contains("may have 250000"),
        "{unpublished:?}"
    );
    server.join().unwrap();
}

#[tokio::test]
async fn what_sns_refuses_is_escaped() {
    let (client, server) = topic(&[("200 OK", answer(&[0], &[]))]);
    let unpublished = AlertsTopic::new(client, ARN)
        .publish(&[finding("a\u{fffe}b\u{ffff}".to_owned())])
        .await;
    assert!(unpublished.is_empty(), "{unpublished:?}");
    let request = server.join().unwrap().concat();
    assert!(request.contains("a%5Cufffeb%5Cuffff"), "{request}");
}

#[tokio::test]
async fn nothing_to_publish_asks_nothing() {
    let (client, server) = topic(&[]);
    assert!(AlertsTopic::new(client, ARN).publish(&[]).await.is_empty());
    assert!(server.join().unwrap().is_empty());
}

#[test]
fn the_environment_names_the_topic() {
    let environment = MapEnvironment::from([("ALERTS_TOPIC_ARN", ARN)]);
    let mut reader = Reader::new(&environment);
    let arn = AlertsTopic::arn(&mut reader);
    assert_eq!(reader.finish(|| arn).unwrap(), ARN);
    let environment = MapEnvironment::default();
    let mut reader = Reader::new(&environment);
    let arn = AlertsTopic::arn(&mut reader);
    let faults = reader.finish(|| arn).unwrap_err();
    assert!(faults.to_string().contains("`ALERTS_TOPIC_ARN` is not set"));
}
