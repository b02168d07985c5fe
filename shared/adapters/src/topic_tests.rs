//! The real client's requests to the topic, and how its answers are read.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::{Builder, Credentials};
use lambda_support::env::MapEnvironment;
use store::OutboxRef;

use engine::{Attribute, Outgoing, Publisher};

use crate::SnsTopic;

/// A topic that answers one request and gives what was asked of it.
fn topic(status: &'static str, answer: &'static str) -> (SnsTopic, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        respond(stream, status, answer)
    });
    let config = lambda_support::aws::build(&MapEnvironment::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
    ]));
    let config = Builder::from(&config)
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .retry_config(aws_sdk_sns::config::retry::RetryConfig::disabled())
        .build();
    let topic = SnsTopic::new(Client::from_conf(config), "arn:aws:sns:eu-west-1:1:notify");
    (topic, server)
}

fn respond(mut stream: TcpStream, status: &str, answer: &str) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap();
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
    }
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    )
    .unwrap();
    String::from_utf8(request).unwrap()
}

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
    let (topic, server) = topic("200 OK", answer);
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
    let request = server.join().unwrap();
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
    let (topic, server) = topic("403 Forbidden", answer);
    let error = topic.publish(&messages(1)).await.unwrap_err();
    let text = lambda_support::error::chain(&error).to_string();
    assert!(
        text.starts_with("the notify topic did not take the batch"),
        "{text}"
    );
    assert!(text.contains("not allowed"), "{text}");
    server.join().unwrap();
}
