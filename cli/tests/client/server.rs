//! An API that answers from a table and records what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// Of the right form, and nobody's.
pub(crate) const TOKEN: &str = "tocsin_abcdefgh2345_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// The server's clock, by which ages are told.
const DATE: &str = "Fri, 31 Jul 2026 12:00:00 GMT";

/// One request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered to a request that begins with some text, in order; the last one again and again.
type Table = Vec<(&'static str, VecDeque<Reply>)>;

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: &'static str,
    body: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "documents are made where they are given"
)]
pub(crate) fn reply(status: u16, body: impl ToString) -> Reply {
    Reply {
        status,
        headers: "",
        body: body.to_string(),
    }
}

impl Reply {
    /// With more header lines, each with its line's end.
    pub(crate) fn with(mut self, headers: &'static str) -> Self {
        self.headers = headers;
        self
    }
}

pub(crate) struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Each entry is a request's beginning, such as `GET /v1/incidents`, and what is answered to it. The
    /// first that fits counts.
    pub(crate) fn new<const N: usize>(table: [(&'static str, Vec<Reply>); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::default();
        let table: Table = table
            .into_iter()
            .map(|(line, replies)| (line, replies.into()))
            .collect();
        let table = Arc::new(Mutex::new(table));
        let server = Self {
            url,
            asked: Arc::clone(&asked),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (table, asked) = (Arc::clone(&table), Arc::clone(&asked));
                std::thread::spawn(move || serve(stream, &table, &asked));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The command line against this server.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = tocsin(arguments);
        command
            .env("TOCSIN_URL", &self.url)
            .env("TOCSIN_TOKEN", TOKEN);
        command.output().unwrap()
    }
}

/// The command, knowing nothing of any server.
pub(crate) fn tocsin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    command.args(arguments);
    for name in [
        "TOCSIN_URL",
        "TOCSIN_TOKEN",
        "TOCSIN_TOKEN_FILE",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A file of this test run.
pub(crate) fn file(name: &str, content: &str, mode: u32) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn serve(mut stream: TcpStream, table: &Mutex<Table>, asked: &Mutex<Vec<Asked>>) {
    let Some(request) = read(&stream) else {
        return;
    };
    let reply = {
        let mut table = table.lock().unwrap();
        let found = table
            .iter_mut()
            .find(|(line, _)| request.line.starts_with(line));
        match found {
            Some((_, replies)) if replies.len() > 1 => replies.pop_front().unwrap(),
            Some((_, replies)) => replies[0].clone(),
            None => reply(
                404,
                format!(
                    r#"{{"detail": "the test has no answer to {}"}}"#,
                    request.line
                ),
            ),
        }
    };
    asked.lock().unwrap().push(request);
    let Reply {
        status,
        headers,
        body,
    } = reply;
    // Nobody there.
    if status == 0 {
        return;
    }
    let answer = format!(
        "HTTP/1.1 {status} X\r\ndate: {DATE}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
    let _gone = stream.write_all(answer.as_bytes());
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        line: lines[0].trim_end_matches(" HTTP/1.1").to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}
