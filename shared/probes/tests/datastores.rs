//! PostgreSQL and Redis themselves: well, wrong, killed, and well again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod peers;

use std::collections::BTreeMap;
use std::time::Duration;

use health::{Catalogue, Fault, FaultKind, ProbeResult, State, decide};
use jiff::{SignedDuration, Timestamp};
use peers::daemons::{Cluster, redis};
use peers::{Secret, ask, ask_with, name};
use probes::{NoAws, NoSecrets, Prober, Run};
use settings::Measured;

const SECRET: &str = r#"{"username":"tocsin","password":"open sesame"}"#;

fn postgres(port: u16, database: &str) -> String {
    format!(
        "name: db, service: api, kind: postgres, target: 'postgres://localhost:{port}/{database}?sslmode=disable', \
         credentials: s, every: 1m, severity: critical, timeout: 5s"
    )
}

#[tokio::test]
async fn postgres_says_how_it_is() {
    let cluster = Cluster::new("open sesame");
    let server = cluster.start(&["max_connections=20"]);
    let prober = Prober::new(NoAws, Secret(SECRET));
    let line = postgres(cluster.port(), "postgres");
    let result = ask_with(&prober, &line).await;
    assert_eq!(name(&result), "well");
    let measured = &result.measured;
    for what in [
        Measured::TotalMs,
        Measured::ConnectMs,
        Measured::FirstByteMs,
        Measured::IdleInTransaction,
        Measured::LockWaits,
        Measured::LongestQuerySeconds,
        Measured::CacheHitPercent,
    ] {
        assert!(measured[&what] >= 0.0, "{what}");
    }
    assert!(measured[&Measured::Connections] >= 1.0);
    assert!((5.0..=50.0).contains(&measured[&Measured::ConnectionsUsedPercent]));
    assert!(measured[&Measured::SizeBytes] > 1e6);

    let missing = ask_with(&prober, &postgres(cluster.port(), "nowhere")).await;
    assert_eq!(name(&missing), "missing");
    let wrong = Prober::new(NoAws, Secret(r#"{"username":"tocsin","password":"wrong"}"#));
    assert_eq!(name(&ask_with(&wrong, &line).await), "auth_failed");
    let nothing = Prober::new(NoAws, NoSecrets);
    assert_eq!(name(&ask_with(&nothing, &line).await), "no_credentials");
    // Encryption is not given up in silence.
    let encrypted = line.replace("?sslmode=disable", "");
    assert_eq!(name(&ask_with(&prober, &encrypted).await), "tls_handshake");
    drop(server);
}

/// Locks and transactions that a client of ours holds are seen.
#[tokio::test]
async fn postgres_tells_what_its_sessions_wait_for() {
    let cluster = Cluster::new("open sesame");
    let _server = cluster.start(&[]);
    let connect = async || {
        let mut config = tokio_postgres::Config::new();
        config
            .host("127.0.0.1")
            .port(cluster.port())
            .user("tocsin")
            .password("open sesame")
            .dbname("postgres");
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", cluster.port()))
            .await
            .unwrap();
        let (client, connection) = config
            .connect_raw(stream, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    };
    let (holder, waiter) = (connect().await, connect().await);
    // Two messages: what is made in the transaction that locks, nobody else sees.
    for sql in ["CREATE TABLE t (n int)", "BEGIN; LOCK TABLE t"] {
        holder.simple_query(sql).await.unwrap();
    }
    tokio::spawn(async move { waiter.simple_query("SELECT * FROM t").await });
    let prober = Prober::new(NoAws, Secret(SECRET));
    let line = postgres(cluster.port(), "postgres");
    for _ in 0..100 {
        let result = ask_with(&prober, &line).await;
        assert_eq!(name(&result), "well");
        if result.measured[&Measured::LockWaits] >= 1.0 {
            assert!(result.measured[&Measured::IdleInTransaction] >= 1.0);
            assert!(result.measured[&Measured::LongestQuerySeconds] > 0.0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody was seen to wait");
}

#[tokio::test]
async fn postgres_without_a_place_left_is_named() {
    let cluster = Cluster::new("open sesame");
    let _server = cluster.start(&[
        "max_connections=4",
        "superuser_reserved_connections=0",
        "autovacuum=off",
        "max_wal_senders=0",
    ]);
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut config = tokio_postgres::Config::new();
        config
            .user("tocsin")
            .password("open sesame")
            .dbname("postgres");
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", cluster.port()))
            .await
            .unwrap();
        let (client, connection) = config
            .connect_raw(stream, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        held.push(client);
    }
    let prober = Prober::new(NoAws, Secret(SECRET));
    let result = ask_with(&prober, &postgres(cluster.port(), "postgres")).await;
    assert_eq!(name(&result), "too_many_connections");
}

/// The proof of the whole: killed while it runs, one P1 comes out, and then its resolve.
#[tokio::test]
async fn a_database_that_is_killed_is_one_finding_and_then_its_end() {
    let cluster = Cluster::new("open sesame");
    let server = cluster.start(&[]);
    let api = "service: api, kind: tcp, target: 'localhost:1', every: 1m, depends_on: [db]";
    let apis: Vec<String> = (0..5).map(|n| format!("name: api-{n}, {api}")).collect();
    let db = postgres(cluster.port(), "postgres");
    let mut lines = vec![db.as_str()];
    lines.extend(apis.iter().map(String::as_str));
    let settings = peers::settings(&lines);
    let catalogue = Catalogue::new(&settings, &BTreeMap::new());
    let prober = Prober::new(NoAws, Secret(SECRET));
    let all: Vec<_> = catalogue.watched().iter().collect();
    let (mut state, mut minute, mut heard) = (State::new(), Timestamp::now(), Vec::new());
    let mut run = async |alive: bool| {
        let mut results: Vec<ProbeResult> =
            prober.run(&all, Run::within(Duration::from_secs(20))).await;
        minute += SignedDuration::from_mins(1);
        for result in &mut results {
            // Minutes pass in the test as they would in a day.
            result.at = minute;
            // What needs the database is as well as that.
            if result.probe != "db" {
                let down = Fault::new(FaultKind::BadStatus, "the status is 500");
                result.fault = (!alive).then_some(down);
            }
        }
        let decision = decide(&catalogue, std::mem::take(&mut state), &results, minute);
        for finding in &decision.findings {
            let (kind, probe) = (
                &finding.kind,
                finding.labels.get("probe").unwrap_or_default(),
            );
            let fault = finding.annotations.get("fault").unwrap_or_default();
            heard.push(format!(
                "{} {kind} {probe} {fault}",
                finding.status.as_str()
            ));
            assert_eq!(finding.labels.get("severity"), Some("critical"));
        }
        state = decision.state;
        decision.suppressed.len()
    };
    run(true).await;
    server.kill();
    run(false).await;
    assert_eq!(run(false).await, 5);
    run(false).await;
    let again = cluster.start(&[]);
    run(true).await;
    run(true).await;
    run(true).await;
    drop(again);
    assert_eq!(
        heard,
        ["firing ProbeDown db refused", "resolved ProbeDown db "]
    );
}

fn cache(port: u16) -> String {
    format!("name: cache, service: api, kind: redis, target: 'redis://localhost:{port}'")
}

#[tokio::test]
async fn redis_says_how_it_is_and_is_missed_when_it_is_gone() {
    let mut server = redis(&["--maxmemory", "100mb"]);
    let line = cache(server.port);
    let result = ask(&line).await;
    assert_eq!(name(&result), "well");
    let measured = &result.measured;
    assert!((0.1..50.0).contains(&measured[&Measured::MemoryUsedPercent]));
    assert!(measured[&Measured::Clients] >= 1.0);
    assert!(measured[&Measured::MemoryBytes] > 1e5);
    assert!(measured[&Measured::EvictedKeys] >= 0.0);
    server.kill();
    assert_eq!(name(&ask(&line).await), "refused");
}

#[tokio::test]
async fn redis_checks_who_asks() {
    let server = redis(&["--requirepass", "open-sesame"]);
    let line = cache(server.port);
    assert_eq!(name(&ask(&line).await), "auth_failed");
    let line = format!("{line}, credentials: s");
    let wrong = Prober::new(NoAws, Secret(r#"{"password":"wrong"}"#));
    assert_eq!(name(&ask_with(&wrong, &line).await), "auth_failed");
    let right = Prober::new(NoAws, Secret(r#"{"password":"open-sesame"}"#));
    assert_eq!(name(&ask_with(&right, &line).await), "well");
}

#[tokio::test]
async fn a_replica_that_hears_nothing_is_seen() {
    let lonely = redis(&["--replicaof", "127.0.0.1", "1"]);
    let result = ask(&cache(lonely.port)).await;
    assert_eq!(name(&result), "well");
    assert_eq!(result.measured[&Measured::ReplicationUp], 0.0);
}

#[tokio::test]
async fn what_is_no_redis_is_named() {
    let address = peers::plain(peers::Manner::Says("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    // The server of the tests waits for the end of a head that Redis's protocol does not have.
    let line = format!("{}, timeout: 300ms", cache(address.port()));
    assert_eq!(name(&ask(&line).await), "timeout_first_byte");
}
