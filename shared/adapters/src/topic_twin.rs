//! A topic of a test's own: it answers requests one by one as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::{Builder, Credentials};
use lambda_support::env::MapEnvironment;

/// What the topic is called.
pub(crate) const ARN: &str = "arn:aws:sns:eu-west-1:1:notify";

/// A status line's end and a body.
pub(crate) type Scripted = (&'static str, &'static str);

/// A client of a topic that gives these answers, one a request, and then what was asked of it.
pub(crate) fn topic(answers: &[Scripted]) -> (Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answers = answers.to_vec();
    let server = std::thread::spawn(move || {
        let answer = |(status, answer): Scripted| {
            let (stream, _) = listener.accept().unwrap();
            respond(stream, status, answer)
        };
        answers.into_iter().map(answer).collect()
    });
    let config = lambda_support::aws::build(&MapEnvironment::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
    ]));
    let config = Builder::from(&config)
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .retry_config(aws_sdk_sns::config::retry::RetryConfig::disabled())
        .build();
    (Client::from_conf(config), server)
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
