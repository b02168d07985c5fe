//! The event loop of a function, from the start of the process to its end.
//!
//! It knows nothing of what the events mean.

use std::any::type_name;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::env::{Environment, Faults, ProcessEnvironment, Reader};
use crate::error::chain;
use crate::logging;

/// Runs a function until Lambda ends the process.
///
/// An error of the handler, or its panic, becomes an error report of that
/// invocation with the whole chain of causes, and the loop goes on.
///
/// There is no shutdown handler: nothing is buffered in the process, and asking
/// for the signal would register an extension and lengthen every cold start.
pub fn run<A, R, E, F, Fut>(handler: F) -> ExitCode
where
    A: DeserializeOwned,
    R: Serialize,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: Fn(LambdaEvent<A>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    start(|_| Ok::<F, Infallible>(handler))
}

/// Like [`run`], with a handler that is made from the environment.
///
/// When it cannot be made, Lambda is told why and the process ends, so that the
/// fault stands in the answer and in the log of every invocation, not only in a
/// count of crashed processes. `make` should do nothing but read variables: what
/// it does, every cold start waits for.
pub fn start<A, R, E, F, Fut, M, N>(make: M) -> ExitCode
where
    A: DeserializeOwned,
    R: Serialize,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: Fn(LambdaEvent<A>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
    M: FnOnce(&dyn Environment) -> Result<F, N>,
    N: Error + 'static,
{
    let environment = ProcessEnvironment;
    logging::install(&environment);
    if let Err(faults) = lambda_variables(&environment) {
        // Whoever starts a function by hand sees this, so it is plain text.
        eprintln!("{faults}");
        return ExitCode::FAILURE;
    }
    match make(&environment) {
        Ok(handler) => serve(&handler),
        Err(error) => {
            let message = chain(&error).to_string();
            tracing::error!(stage = "init", error = %message, "the function cannot start");
            if let Err(error) = report_init_error(&environment, short_name::<N>(), &message) {
                tracing::warn!(error = %error, "the runtime API did not take the report");
            }
            ExitCode::FAILURE
        }
    }
}

/// One thread: a function works on one event at a time and waits for the network meanwhile.
fn serve<A, R, E, F, Fut>(handler: &F) -> ExitCode
where
    A: DeserializeOwned,
    R: Serialize,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: Fn(LambdaEvent<A>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(stage = "init", error = %error, "no event loop could be made");
            return ExitCode::FAILURE;
        }
    };
    let service = service_fn(|event: LambdaEvent<A>| {
        let answer = handler(event);
        async { answer.await.map_err(Report::new) }
    });
    match runtime.block_on(lambda_runtime::run(service)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %chain(error.as_ref()), "the event loop ended");
            ExitCode::FAILURE
        }
    }
}

/// What the runtime panics without. Checked first, because the panic of somebody
/// who starts the function by hand should say how it is started.
fn lambda_variables(environment: &dyn Environment) -> Result<(), Faults> {
    let remedy = "what Lambda sets; to run the function here, use `cargo lambda watch`";
    let mut reader = Reader::new(environment);
    let api = reader.required("AWS_LAMBDA_RUNTIME_API", remedy);
    let name = reader.required("AWS_LAMBDA_FUNCTION_NAME", remedy);
    let version = reader.required("AWS_LAMBDA_FUNCTION_VERSION", remedy);
    let memory = reader.parsed::<i32>("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", remedy);
    let read = reader.finish(|| Ok((api?, name?, version?, memory?)));
    read.map(drop)
}

/// An error of the handler with all its causes, as Lambda and the log get to see it.
struct Report {
    kind: &'static str,
    message: String,
}

impl Report {
    fn new<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Self {
        let error: Box<dyn Error + Send + Sync> = error.into();
        Self {
            kind: short_name::<E>(),
            message: chain(error.as_ref()).to_string(),
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the handler failed: {}", self.message)
    }
}

impl From<Report> for Diagnostic {
    fn from(report: Report) -> Self {
        Self {
            error_type: report.kind.to_owned(),
            error_message: report.message,
        }
    }
}

/// `Faults` of `lambda_support::env::Faults`: the name that an `error_type` can be filtered by.
fn short_name<T>() -> &'static str {
    let full = type_name::<T>();
    let path = full.split('<').next().unwrap_or(full);
    match path.rsplit("::").next() {
        // Boxed errors have no name of their own.
        Some("Box") | None => "Error",
        Some(name) => name,
    }
}

/// Posts `/runtime/init/error` over a plain connection: it is needed once, when
/// nothing else of the process works yet, and `lambda_runtime` keeps its own private.
fn report_init_error(
    environment: &dyn Environment,
    kind: &str,
    message: &str,
) -> Result<(), io::Error> {
    let Some(address) = environment.get("AWS_LAMBDA_RUNTIME_API") else {
        return Ok(());
    };
    // The variable may carry a path prefix (as under `cargo lambda watch`).
    let (host, prefix) = address.split_once('/').unwrap_or((&address, ""));
    let slash = if prefix.is_empty() { "" } else { "/" };
    let body = serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string();
    let mut stream = TcpStream::connect(host)?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(
        stream,
        "POST {slash}{prefix}/2018-06-01/runtime/init/error HTTP/1.1\r\nHost: {host}\r\n\
         Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    // The answer says nothing of use, but leaving before it may cut the report off.
    io::copy(&mut stream.take(4096), &mut io::sink())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::env::MapEnvironment;

    #[test]
    fn a_function_started_by_hand_says_how_it_is_started() {
        let faults = lambda_variables(&MapEnvironment::default()).unwrap_err();
        let text = faults.to_string();
        assert!(
            text.contains("`AWS_LAMBDA_RUNTIME_API` is not set"),
            "{text}"
        );
        assert!(text.contains("cargo lambda watch"), "{text}");
    }

    #[test]
    fn a_report_names_the_type_and_every_cause() {
        let faults = lambda_variables(&MapEnvironment::default()).unwrap_err();
        let message = faults.to_string();
        let diagnostic = Diagnostic::from(Report::new(faults));
        assert_eq!(diagnostic.error_type, "Faults");
        assert_eq!(diagnostic.error_message, message);
        let boxed: Box<dyn Error + Send + Sync> = "broken".into();
        assert_eq!(Diagnostic::from(Report::new(boxed)).error_type, "Error");
    }

    #[test]
    fn a_failed_start_is_reported_to_the_runtime_api() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let environment =
            MapEnvironment::from([("AWS_LAMBDA_RUNTIME_API", format!("{address}/notifier"))]);
        let api = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut chunk = [0; 1024];
            while !request.ends_with(b"}") {
                let read = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..read]);
            }
            stream
                .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
            String::from_utf8(request).unwrap()
        });
        report_init_error(&environment, "Faults", "`TABLE_NAME` is \"missing\"").unwrap();
        let request = api.join().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /notifier/2018-06-01/runtime/init/error HTTP/1.1\r\n"),
            "{head}"
        );
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["errorType"], "Faults");
        assert_eq!(body["errorMessage"], "`TABLE_NAME` is \"missing\"");
    }
}
