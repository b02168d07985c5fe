//! Runs of the function on a table in memory, with a server that can be switched off.

mod telling;
mod words;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::{FindingSink, Unpublished};
use alert_classification::Finding;
use jiff::Timestamp;
use probes::{NoAws, NoSecrets, Prober, Run};
use settings::Settings;
use store::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::handler::Handler;
use crate::{Books, HandlerError};

/// A topic that can refuse.
#[derive(Clone, Debug, Default)]
pub(super) struct Topic {
    pub(super) taken: Arc<Mutex<Vec<Finding>>>,
    pub(super) refuses: Arc<AtomicBool>,
}

impl FindingSink for Topic {
    async fn publish(&self, findings: &[Finding]) -> Vec<Unpublished> {
        if self.refuses.load(Ordering::SeqCst) {
            let refused = (0..findings.len()).map(|place| Unpublished {
                place,
                reason: "not today".to_owned(),
            });
            return refused.collect();
        }
        self.taken.lock().unwrap().extend_from_slice(findings);
        Vec::new()
    }
}

/// A server that answers well or badly, as it is told.
pub(super) async fn server(is_well: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 2048];
            let _read = stream.read(&mut request).await;
            let answer: &[u8] = if is_well.load(Ordering::SeqCst) {
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            } else {
                b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n"
            };
            let _sent = stream.write_all(answer).await;
        }
    });
    format!("http://{address}")
}

/// The function and its surroundings.
pub(super) struct Scene {
    pub(super) handler: Arc<Handler<MemoryStore, Topic, NoAws, NoSecrets>>,
    pub(super) store: MemoryStore,
    pub(super) topic: Topic,
    pub(super) is_well: Arc<AtomicBool>,
    /// So far the clock is ahead of the real one, in seconds: answers have real times.
    ahead: AtomicI64,
}

pub(super) const PROBES: &str = "
project: HASIVU
rules: []
services: [{ name: api, match: [a=b] }]
probes:
  - { name: door, service: api, kind: http, target: '${door}/health', severity: critical, every: 1s, fail_after: 2 of 2, recover_after: 1 }
  - { name: house, service: api, kind: http, target: '${door}/house', severity: critical, every: 1s, fail_after: 2 of 2, recover_after: 1, depends_on: [door] }
  - { name: cellar, service: api, kind: tcp, target: '${cellar}' }
";

impl Scene {
    pub(super) async fn new() -> Self {
        let is_well = Arc::new(AtomicBool::new(true));
        let door = server(Arc::clone(&is_well)).await;
        let (store, topic) = (MemoryStore::new(), Topic::default());
        let handler = Handler {
            settings: Arc::new(Settings::from_yaml(PROBES).unwrap()),
            targets: BTreeMap::from([("door".to_owned(), door)]),
            store: store.clone(),
            sink: topic.clone(),
            prober: Prober::new(NoAws, NoSecrets),
        };
        Self {
            handler: Arc::new(handler),
            store,
            topic,
            is_well,
            ahead: AtomicI64::new(0),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now() + jiff::SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst))
    }

    /// One run, and what it took for.
    pub(super) async fn tick(&self) -> Result<Books, HandlerError> {
        let run = Run::within(Duration::from_secs(5));
        self.handler.tick(run, || self.now()).await
    }

    /// Runs until a condition holds: what is due again is due in a second.
    pub(super) async fn until(&self, what: &str, is: impl Fn(&[Finding]) -> bool) {
        for _ in 0..200 {
            self.tick().await.unwrap();
            if is(&self.topic.taken.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} did not come: {:?}", self.heard());
    }

    /// `+door` when trouble was told, `-door` when its end was.
    pub(super) fn heard(&self) -> Vec<String> {
        let taken = self.topic.taken.lock().unwrap();
        let line = |finding: &Finding| {
            let sign = if finding.status == alert_classification::Status::Firing {
                '+'
            } else {
                '-'
            };
            format!("{sign}{}", finding.labels.get("probe").unwrap())
        };
        taken.iter().map(line).collect()
    }
}
