//! The server's side: a thread a connection, and a record that is shared.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::http::{self, Request};
use super::{Answer, PAGERDUTY, Received, SLACK_API, Script};

#[derive(Default)]
struct State {
    received: Vec<Received>,
    scripts: Vec<Scripted>,
}

struct Scripted {
    path: String,
    answers: VecDeque<Answer>,
    then: Option<Answer>,
}

/// Answers for ever.
///
/// # Errors
/// When the port is taken.
pub fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("the sink cannot listen on port {port}"))?;
    let state = Arc::new(Mutex::new(State::default()));
    for stream in listener.incoming() {
        let (stream, state) = (stream?, Arc::clone(&state));
        std::thread::spawn(move || {
            if let Err(error) = converse(&stream, &state) {
                eprintln!("sink: {error:#}");
            }
        });
    }
    Ok(())
}

fn converse(stream: &TcpStream, state: &Mutex<State>) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = http::read(stream)?;
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/_sink/requests") => {
            let body = serde_json::to_string(&lock(state).received)?;
            http::write(stream, 200, None, &body)
        }
        ("POST", "/_sink/script") => {
            let script: Script = serde_json::from_str(&request.body)?;
            lock(state).script(script);
            http::write(stream, 204, None, "")
        }
        ("POST", "/_sink/clear") => {
            *lock(state) = State::default();
            http::write(stream, 204, None, "")
        }
        _ => answer(stream, state, request),
    }
}

fn answer(stream: &TcpStream, state: &Mutex<State>, request: Request) -> Result<()> {
    let at_ms = Timestamp::now().as_millisecond();
    let answer = lock(state).next_answer(&request.path);
    // Outside the lock: one slow answer must not delay the others.
    std::thread::sleep(Duration::from_millis(answer.delay_ms));

    let body = answer
        .body
        .unwrap_or_else(|| usual_body(&request.path, answer.status).to_owned());
    {
        let mut state = lock(state);
        let number = state.received.len();
        state.received.push(Received {
            number,
            at_ms,
            method: request.method,
            path: request.path,
            headers: request.headers,
            body: request.body,
            answered: answer.status,
        });
    }
    if answer.status == 0 {
        return Ok(());
    }
    http::write(stream, answer.status, answer.retry_after, &body)
}

/// What each service says when all is well, and when it is not.
fn usual_body(path: &str, status: u16) -> &'static str {
    let well = (200..300).contains(&status);
    match (path, well) {
        (path, true) if path.starts_with(SLACK_API) => {
            r#"{"ok":true,"channel":"C0123456789","ts":"1700000000.000100"}"#
        }
        (path, true) if path.starts_with(PAGERDUTY) => {
            r#"{"status":"success","message":"Event processed","dedup_key":"sink"}"#
        }
        (_, true) => "ok",
        (_, false) => "the sink was told to refuse",
    }
}

impl State {
    fn script(&mut self, script: Script) {
        self.scripts.retain(|known| known.path != script.path);
        self.scripts.push(Scripted {
            path: script.path,
            answers: script.answers.into(),
            then: script.then,
        });
    }

    fn next_answer(&mut self, path: &str) -> Answer {
        let scripted = self
            .scripts
            .iter_mut()
            .find(|script| path.starts_with(&script.path));
        let answer =
            scripted.and_then(|script| script.answers.pop_front().or_else(|| script.then.clone()));
        answer.unwrap_or_else(|| {
            Answer::status(if path.starts_with(PAGERDUTY) {
                202
            } else {
                200
            })
        })
    }
}

/// A thread that panicked has left the record as it was between two requests.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
