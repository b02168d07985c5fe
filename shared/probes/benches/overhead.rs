//! What a probe costs beyond the thing that it asks: `cargo bench -p probes`.
//!
//! The server answers at once, so the time of an asking is the probe's own. Printed, never asserted: it is a measurement.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on should stop with the place"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use health::Catalogue;
use probes::{NoAws, NoSecrets, Prober, Run};
use settings::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ASKINGS: usize = 500;
const AT_ONCE: usize = 40;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 2048];
                let _read = stream.read(&mut request).await;
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
                let _sent = stream.write_all(answer).await;
            });
        }
    });
    let probes: String = (0..AT_ONCE)
        .map(|n| {
            format!(
                "  - {{ name: p{n}, service: api, kind: http, target: 'http://{address}/health', \
                 expect: {{ json: ['status=\"ok\"'] }} }}\n"
            )
        })
        .collect();
    let text = format!(
        "project: x\nrules: []\nservices: [{{ name: api, match: [a=b] }}]\nprobes:\n{probes}"
    );
    let settings = Settings::from_yaml(&text).unwrap();
    let catalogue = Catalogue::new(&settings, &BTreeMap::new());
    let prober = Prober::new(NoAws, NoSecrets);
    let all: Vec<_> = catalogue.watched().iter().collect();
    let run = || Run::within(Duration::from_secs(20));
    let mut alone = Vec::with_capacity(ASKINGS);
    for _ in 0..ASKINGS {
        let begun = Instant::now();
        assert!(prober.ask(all[0], run()).await.fault.is_none());
        alone.push(begun.elapsed());
    }
    show("one probe, the whole asking", &mut alone);
    let mut together = Vec::with_capacity(ASKINGS / 10);
    for _ in 0..ASKINGS / 10 {
        let begun = Instant::now();
        assert!(
            prober
                .run(&all, run())
                .await
                .iter()
                .all(|one| one.fault.is_none())
        );
        together.push(begun.elapsed());
    }
    show(&format!("a run of {AT_ONCE} probes at once"), &mut together);
}

fn show(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!(
        "{what}: median {:?}, P95 {:?}, worst {:?}",
        at(50),
        at(95),
        at(100)
    );
}
