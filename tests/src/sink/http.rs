//! As much of HTTP/1.1 as the sink needs. A library would answer for a request that the sink wants to leave unanswered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};

/// The most that is read of a body.
const LARGEST_BODY: usize = 4 << 20;

pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// Reads one request; the connection is not used again.
pub(super) fn read(stream: &TcpStream) -> Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let method = words.next().context("no method")?.to_owned();
    let path = words.next().context("no path")?.to_owned();

    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        ensure!(reader.read_line(&mut line)? > 0, "the headers do not end");
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value
                .parse()
                .context("a content length that is no number")?;
        }
        headers.push((name, value));
    }

    ensure!(length <= LARGEST_BODY, "a body of {length} bytes");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request {
        method,
        path,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

pub(super) fn write(
    mut stream: &TcpStream,
    status: u16,
    retry_after: Option<u32>,
    body: &str,
) -> Result<()> {
    let kind = if body.starts_with(['{', '[']) {
        "application/json"
    } else {
        "text/plain"
    };
    let retry_after = retry_after.map_or(String::new(), |seconds| {
        format!("retry-after: {seconds}\r\n")
    });
    write!(
        stream,
        "HTTP/1.1 {status} Scripted\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{retry_after}connection: close\r\n\r\n{body}",
        body.len(),
    )?;
    stream.flush()?;
    Ok(())
}
