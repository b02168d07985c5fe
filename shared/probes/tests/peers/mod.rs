//! Servers of the tests' own, each wrong in its own way, and probes that ask them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test program uses a part, and stops where it cannot go on"
)]

pub mod certificates;
pub mod daemons;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use health::{Catalogue, ProbeResult};
use probes::{AwsApi, NoAws, NoSecrets, Prober, Run, SecretSource, Trust};
use settings::Settings;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A probe's line, in braces.
pub fn settings(lines: &[&str]) -> Settings {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("  - {{ {line} }}\n"))
        .collect();
    let text = format!(
        "project: x\nrules: []\nservices: [{{ name: api, match: [a=b] }}]\nprobes:\n{}",
        lines.concat()
    );
    Settings::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// What a probe answers, with everything that a prober may need.
pub async fn ask_with<A: AwsApi, S: SecretSource>(
    prober: &Prober<A, S>,
    line: &str,
) -> ProbeResult {
    let settings = settings(&[line]);
    let catalogue = Catalogue::new(&settings, &BTreeMap::new());
    let [one] = catalogue.watched() else {
        panic!("{line} is no probe");
    };
    let answer = prober.ask(one, Run::within(Duration::from_secs(20))).await;
    println!("{answer:?}");
    answer
}

/// What a probe answers whose line begins with these words.
pub async fn ask(line: &str) -> ProbeResult {
    ask_with(&Prober::new(NoAws, NoSecrets), line).await
}

/// What it answers when it trusts only these.
pub async fn ask_trusting(pem: &str, line: &str) -> ProbeResult {
    let prober = Prober::new(NoAws, NoSecrets).trusting(Trust::only(pem).unwrap());
    ask_with(&prober, line).await
}

/// The name of what went wrong; `well` when nothing did.
pub fn name(result: &ProbeResult) -> &'static str {
    result
        .fault
        .as_ref()
        .map_or("well", |fault| fault.kind.as_str())
}

/// A stream of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How a server answers a request, whose text it gets.
#[derive(Clone, Copy)]
pub enum Manner {
    /// These bytes, and then the connection is closed.
    Says(&'static str),
    /// These bytes, and then nothing more.
    Hangs(&'static str),
    /// Closes without a word.
    Closes,
    /// Answers with what was asked of it: the request's lines.
    Repeats,
}

/// A plain server; it answers each connection alike, for as long as the test runs.
pub async fn plain(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, manner));
        }
    });
    address
}

/// An encrypted server.
pub async fn encrypted(server: rustls::ServerConfig, manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream, manner).await;
                }
            });
        }
    });
    address
}

async fn answer(mut stream: impl Stream, manner: Manner) {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&chunk[..read]),
        }
    }
    let text = match manner {
        Manner::Says(text) | Manner::Hangs(text) => text.to_owned(),
        Manner::Closes => return,
        Manner::Repeats => {
            let body = String::from_utf8_lossy(&request);
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
    };
    let _sent = stream.write_all(text.as_bytes()).await;
    let _flushed = stream.flush().await;
    if matches!(manner, Manner::Hangs(_)) {
        std::future::pending::<()>().await;
    }
    let _closed = stream.shutdown().await;
}

/// An address that nobody listens at: one that was free a moment ago.
pub async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// A secret of the test's own.
pub struct Secret(pub &'static str);

impl SecretSource for Secret {
    async fn fetch(&self, _id: &str) -> Result<String, health::Fault> {
        Ok(self.0.to_owned())
    }
}
