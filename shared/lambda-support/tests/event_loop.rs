//! The event loop against a Runtime API: this test is the API, and starts itself as the function.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the function under test fails on purpose, and a helper that is wrong fails the test"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};

use lambda_support::LambdaEvent;
use lambda_support::env::{Environment, ProcessEnvironment, Reader};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Says to this program that it is the function, and which.
const ROLE: &str = "EVENT_LOOP_TEST_ROLE";

#[derive(Debug, thiserror::Error)]
#[error("cannot handle `{event}`")]
struct Unhandled {
    event: String,
    source: std::fmt::Error,
}

async fn handle(event: LambdaEvent<Box<RawValue>>) -> Result<Value, Unhandled> {
    tracing::info!(stage = "test", "an event arrived");
    match event.payload.get() {
        "\"fail\"" => Err(Unhandled {
            event: "fail".to_owned(),
            source: std::fmt::Error,
        }),
        "\"panic\"" => panic!("on purpose"),
        text => Ok(json!({ "heard": text })),
    }
}

/// Not a test of its own: with the role set it is the function and never returns.
#[test]
fn as_the_function() {
    let exit = match ProcessEnvironment.get(ROLE).as_deref() {
        Some("handler") => lambda_support::run(handle),
        Some("settings") => lambda_support::start(|environment| {
            let mut reader = Reader::new(environment);
            let table = reader.required("NO_SUCH_TABLE", "the name of the table");
            reader.finish(|| table.map(|_| handle))
        }),
        _ => return,
    };
    std::process::exit(i32::from(exit != ExitCode::SUCCESS));
}

struct Api {
    listener: TcpListener,
    connection: Option<BufReader<TcpStream>>,
    function: Child,
}

/// What the function asked: the method, the path, and the body.
type Request = (String, String, String);

impl Api {
    fn start(role: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let function = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "as_the_function", "--nocapture"])
            .env(ROLE, role)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the function starts");
        Self {
            listener,
            connection: None,
            function,
        }
    }

    fn request(&mut self) -> Request {
        loop {
            let mut connection = self.connection.take().unwrap_or_else(|| {
                let (stream, _) = self.listener.accept().expect("the function calls");
                BufReader::new(stream)
            });
            if let Some(request) = read(&mut connection) {
                self.connection = Some(connection);
                return request;
            }
        }
    }

    fn answer(&mut self, head: &str, body: &str) {
        let connection = self.connection.as_mut().expect("a request came first");
        let length = body.len();
        write!(
            connection.get_mut(),
            "HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("the function listens");
    }

    /// Gives the function an event and returns what it makes of it.
    fn event(&mut self, event: &str) -> (String, Value) {
        let (method, path, _) = self.request();
        assert_eq!(
            (method.as_str(), path.as_str()),
            ("GET", "/2018-06-01/runtime/invocation/next")
        );
        self.answer(
            "200 OK\r\nLambda-Runtime-Aws-Request-Id: r1\r\n\
             Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f",
            event,
        );
        let (_, path, body) = self.request();
        self.answer("202 Accepted", "");
        let what = path.rsplit('/').next().unwrap_or_default().to_owned();
        (what, serde_json::from_str(&body).expect("JSON"))
    }

    /// Ends the function and returns the lines that it logged.
    fn end(mut self) -> Vec<Value> {
        self.function.kill().expect("it runs");
        let mut output = String::new();
        let stdout = self.function.stdout.take();
        stdout
            .expect("piped")
            .read_to_string(&mut output)
            .expect("text");
        self.function.wait().expect("it ended");
        let lines = output.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

fn read(connection: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    connection.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let method = words.next().filter(|word| !word.is_empty())?.to_owned();
    let path = words.next()?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        connection.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    Some((method, path, String::from_utf8(body).ok()?))
}

#[test]
fn events_errors_and_panics_are_answered_and_the_loop_goes_on() {
    let mut api = Api::start("handler");
    let good = ("response".to_owned(), json!({ "heard": r#"{"a": [1]}"# }));
    assert_eq!(api.event(r#"{"a": [1]}"#), good);

    let (what, report) = api.event("\"fail\"");
    assert_eq!(what, "error");
    assert_eq!(report["errorType"], "Unhandled");
    let text = "cannot handle `fail`: an error occurred when formatting an argument";
    assert_eq!(report["errorMessage"], text);

    let (what, report) = api.event("\"panic\"");
    assert_eq!(what, "error");
    assert_eq!(report["errorMessage"], "Lambda panicked: on purpose");

    assert_eq!(api.event(r#"{"a": [1]}"#), good);

    let log = api.end();
    let arrived = log.first().expect("a line");
    assert_eq!(arrived["level"], "INFO");
    assert_eq!(arrived["message"], "an event arrived");
    assert_eq!(arrived["stage"], "test");
    assert_eq!(arrived["span"]["requestId"], "r1");
    assert!(arrived.get("timestamp").is_none(), "CloudWatch dates it");
    let failed = log.iter().filter(|line| line["level"] == "ERROR").count();
    assert_eq!(failed, 2, "{log:?}");
}

#[test]
fn a_function_that_cannot_start_says_why_and_ends() {
    let mut api = Api::start("settings");
    let (method, path, body) = api.request();
    api.answer("202 Accepted", "");
    assert_eq!(
        (method.as_str(), path.as_str()),
        ("POST", "/2018-06-01/runtime/init/error")
    );
    let report: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(report["errorType"], "Faults");
    let text = "the environment has 1 fault(s): `NO_SUCH_TABLE` is not set: \
                set it to the name of the table";
    assert_eq!(report["errorMessage"], text);
    api.connection = None;
    let status = api.function.wait().expect("it ends");
    assert_eq!(status.code(), Some(1));
}
