//! The real client's requests to the topic, and how its answers are read.

use store::OutboxRef;

use engine::{Attribute, Outgoing, Publisher};

use crate::SnsTopic;
use crate::topic_twin::{ARN, topic};

fn messages(count: usize) -> Vec<Outgoing> {
    (0..count)
        .map(|n| Outgoing {
            reference: OutboxRef {
                key: "orders".to_owned(),
                id: n.to_string(),
            },
            body: format!("body-{n}"),
            attributes: vec![Attribute {
                name: "channels",
                kind: "String.Array",
                value: r#"["email"]"#.to_owned(),
            }],
        })
        .collect()
}

#[tokio::test]
async fn a_batch_is_one_request_and_refusals_are_found() {
    // The first is taken, the second refused, the third is not mentioned at all.
    let answer = "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult>\
        <Successful><member><Id>0</Id><MessageId>m</MessageId></member></Successful>\
        <Failed><member><Id>1</Id><Code>InternalError</Code><Message>try later</Message>\
        <SenderFault>false</SenderFault></member></Failed>\
        </PublishBatchResult></PublishBatchResponse>";
    let (client, server) = topic(&[("200 OK", answer)]);
    let topic = SnsTopic::new(client, ARN);
    let refused = topic.publish(&messages(3)).await.unwrap();
    let refused: Vec<(usize, &str)> = refused
        .iter()
        .map(|r| (r.place, r.reason.as_str()))
        .collect();
    assert_eq!(
        refused,
        [
            (1, "InternalError: try later"),
            (2, "the topic did not answer for it")
        ]
    );
    let request = server.join().unwrap().concat();
    for part in [
        "Action=PublishBatch",
        "TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3Anotify",
        "PublishBatchRequestEntries.member.3.Message=body-2",
        "member.1.MessageAttributes.entry.1.Name=channels",
        "member.1.MessageAttributes.entry.1.Value.DataType=String.Array",
        "member.1.MessageAttributes.entry.1.Value.StringValue=%5B%22email%22%5D",
    ] {
        assert!(request.contains(part), "{part} is not in {request}");
    }
}

#[tokio::test]
async fn a_topic_that_answers_with_an_error_took_nothing() {
    let answer = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code>\
        <Message>not allowed</Message></Error></ErrorResponse>";
    let (client, server) = topic(&[("403 Forbidden", answer)]);
    let topic = SnsTopic::new(client, ARN);
    let error = topic.publish(&messages(1)).await.unwrap_err();
    let text = lambda_support::error::chain(&error).to_string();
    assert!(
        text.starts_with("the notify topic did not take the batch"),
        "{text}"
    );
    assert!(text.contains("not allowed"), "{text}");
    server.join().unwrap();
}
