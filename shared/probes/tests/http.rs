//! Every way in which an HTTP answer fails to be good, by its name; and a good one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod peers;

use std::time::Duration;

use peers::Manner::{Closes, Hangs, Repeats, Says};
use peers::certificates::Authority;
use peers::{Manner, Secret, ask, ask_trusting, ask_with, encrypted, name, nobody, plain};
use probes::{NoAws, Prober};
use settings::Measured;
use test_case::test_case;

/// A probe of a server, with more fields.
async fn probe(manner: Manner, fields: &str) -> health::ProbeResult {
    let address = plain(manner).await;
    ask(&format!(
        "name: api, service: api, kind: http, target: 'http://{address}/health', timeout: 400ms{fields}"
    ))
    .await
}

#[test_case(Says(GOOD), "", "well")]
#[test_case(Says(GOOD), ", expect: { body: ['\"ok\"'], headers: { Content-Type: 'application/.*' } }", "well"; "as expected")]
#[test_case(Says(GOOD), ", expect: { json: ['status=\"ok\"', 'checks.0.n > 2'] }", "well"; "json as expected")]
#[test_case(Says(GOOD), ", expect: { body_matches: ['(?s).*ok.*'] }", "well"; "matches")]
#[test_case(Says(GOOD), ", expect: { status: ['204', 5xx] }", "bad_status"; "another status")]
#[test_case(Says("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "", "bad_status"; "busy")]
#[test_case(
    Says(GOOD),
    ", expect: { headers: { X-Build: '.+' } }",
    "header_mismatch"
)]
#[test_case(Says(GOOD), ", expect: { body: [fine] }", "body_mismatch")]
#[test_case(Says(GOOD), ", expect: { body_matches: ['fine'] }", "body_mismatch"; "matches not")]
#[test_case(Says(GOOD), ", expect: { json: ['status=\"fine\"'] }", "json_mismatch")]
#[test_case(Says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), ", expect: { json: ['status=\"fine\"'] }", "json_mismatch"; "no json")]
#[test_case(Closes, "", "half_closed"; "without a word")]
#[test_case(Says("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf"), "", "half_closed"; "in the middle of the body")]
#[test_case(Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha"), "", "half_closed"; "in the middle of a chunk")]
#[test_case(Hangs(""), "", "timeout_first_byte")]
#[test_case(
    Hangs("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf"),
    "",
    "timeout_body"
)]
#[test_case(Says("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "", "protocol")]
#[test_case(
    Says("HTTP/1.1 302 Found\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n"),
    "",
    "redirect_loop"
)]
#[test_case(
    Says("HTTP/1.1 302 Found\r\nLocation: more\r\nContent-Length: 0\r\n\r\n"),
    ", redirects: 0",
    "too_many_redirects"
)]
#[test_case(Says("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "", "bad_redirect"; "nowhere")]
#[test_case(Says("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"), "", "bad_redirect"; "a file")]
#[test_case(Says("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\nContent-Length: 0\r\n\r\n"), "", "forbidden_address"; "metadata")]
#[test_case(Says("HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n"), ", expect: { status: ['302'] }", "well"; "a redirect that is expected")]
#[tokio::test]
async fn each_way_has_its_name(manner: Manner, fields: &str, expected: &str) {
    let result = probe(manner, fields).await;
    assert_eq!(name(&result), expected);
    assert_eq!(
        result.measured.contains_key(&Measured::TotalMs),
        expected == "well"
    );
}

const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{\"status\":\"ok\",\"checks\":[{\"n\":3}]}\n";

#[tokio::test]
async fn every_step_is_measured() {
    let authority = Authority::new();
    let address = encrypted(authority.server("localhost", -1, 200), Says(GOOD)).await;
    let line = format!(
        "name: api, service: api, kind: http, target: 'https://localhost:{}/'",
        address.port()
    );
    let result = ask_trusting(&authority.pem(), &line).await;
    assert_eq!(name(&result), "well");
    let measured = &result.measured;
    for what in [
        Measured::DnsMs,
        Measured::ConnectMs,
        Measured::TlsMs,
        Measured::FirstByteMs,
        Measured::TotalMs,
    ] {
        assert!(measured[&what] >= 0.0, "{what}");
    }
    assert!(measured[&Measured::TotalMs] >= measured[&Measured::TlsMs]);
    assert!((199.0..=200.0).contains(&measured[&Measured::CertificateDays]));
}

#[test_case("localhost", -20, -3, "tls_expired")]
#[test_case("localhost", 2, 30, "tls_not_yet_valid")]
#[test_case("other.example", -1, 30, "tls_name")]
#[test_case("localhost", -1, 3, "well"; "soon to expire")]
#[tokio::test]
async fn certificates_are_verified(of: &str, from: i64, until: i64, expected: &str) {
    let authority = Authority::new();
    let address = encrypted(authority.server(of, from, until), Says(GOOD)).await;
    let line = format!(
        "name: api, service: api, kind: http, target: 'https://localhost:{}/'",
        address.port()
    );
    let result = ask_trusting(&authority.pem(), &line).await;
    assert_eq!(name(&result), expected);
    let days = result.measured.get(&Measured::CertificateDays).copied();
    #[expect(clippy::cast_precision_loss, reason = "a few days")]
    let expected = (expected == "well" || expected == "tls_expired").then_some(until as f64);
    assert_eq!(days.map(f64::round), expected);
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_not_trusted() {
    let address = encrypted(Authority::new().server("localhost", -1, 30), Says(GOOD)).await;
    let line = format!(
        "name: api, service: api, kind: http, target: 'https://localhost:{}/'",
        address.port()
    );
    let result = ask_trusting(&Authority::new().pem(), &line).await;
    assert_eq!(name(&result), "tls_untrusted");
}

#[tokio::test]
async fn what_is_not_encrypted_where_it_should_be_is_named() {
    let address = plain(Says("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let line = format!(
        "name: api, service: api, kind: http, target: 'https://localhost:{}/', timeout: 500ms",
        address.port()
    );
    let found = name(&ask(&line).await);
    assert!(["tls_handshake", "tls_timeout"].contains(&found), "{found}");
}

#[tokio::test]
async fn nobody_and_nowhere_have_names() {
    let refused = ask(&format!(
        "name: a, service: api, kind: http, target: 'http://{}/'",
        nobody().await
    ))
    .await;
    assert_eq!(name(&refused), "refused");
    let nowhere = ask("name: a, service: api, kind: tcp, target: 'no-such-name.invalid:80'").await;
    assert_eq!(name(&nowhere), "dns");
    let metadata =
        ask("name: a, service: api, kind: http, target: 'http://169.254.169.254/latest'").await;
    assert_eq!(name(&metadata), "forbidden_address");
    let hosted = ask("name: a, service: api, kind: tcp, target: '[fd00:ec2::254]:80'").await;
    assert_eq!(name(&hosted), "forbidden_address");
}

#[tokio::test]
async fn a_port_is_open_or_not() {
    let address = plain(Closes).await;
    let open = ask(&format!(
        "name: a, service: api, kind: tcp, target: '{address}'"
    ))
    .await;
    assert_eq!(name(&open), "well");
    let closed = ask(&format!(
        "name: a, service: api, kind: tcp, target: '{}'",
        nobody().await
    ))
    .await;
    assert_eq!(name(&closed), "refused");
}

#[test_case("{\"token\":\"t-0123\"}", "authorization: Bearer t-0123", "well")]
#[test_case(
    "{\"username\":\"u\",\"password\":\"p\"}",
    "authorization: Basic dTpw",
    "well"
)]
#[test_case("{}", "unseen", "no_credentials"; "no fields")]
#[test_case("t-0123", "unseen", "no_credentials"; "no map")]
#[tokio::test]
async fn credentials_are_sent_and_nothing_repeats_them(
    secret: &'static str,
    header: &str,
    expected: &str,
) {
    let address = plain(Repeats).await;
    let line = format!(
        "name: a, service: api, kind: http, target: 'http://{address}/', credentials: s, expect: {{ body: ['{header}'] }}"
    );
    let result = ask_with(&Prober::new(NoAws, Secret(secret)), &line).await;
    assert_eq!(name(&result), expected);
    assert!(!format!("{result:?}").contains("0123"), "{result:?}");
}

#[tokio::test]
async fn recovery_is_seen_by_the_next_asking() {
    let address = nobody().await;
    let line = format!("name: a, service: api, kind: http, target: 'http://{address}/'");
    assert_eq!(name(&ask(&line).await), "refused");
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _read = stream.read(&mut request).await;
        stream.write_all(GOOD.as_bytes()).await.unwrap();
    });
    assert_eq!(name(&ask(&line).await), "well");
}

#[tokio::test]
async fn a_run_ends_in_time_and_says_what_it_did_not_learn() {
    let slow = plain(Hangs("")).await;
    let lines: Vec<String> = (0..40)
        .map(|n| {
            format!("name: p{n}, service: api, kind: http, target: 'http://{slow}/', timeout: 10s")
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let settings = peers::settings(&lines);
    let catalogue = health::Catalogue::new(&settings, &Default::default());
    let all: Vec<_> = catalogue.watched().iter().collect();
    let prober = Prober::new(NoAws, probes::NoSecrets).at_once(10);
    let begun = std::time::Instant::now();
    let results = prober
        .run(&all, probes::Run::within(Duration::from_millis(300)))
        .await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(results.len(), 40);
    assert!(
        results.iter().all(|result| name(result) == "out_of_time"),
        "{results:?}"
    );
    let names: Vec<String> = results
        .iter()
        .map(|result| result.probe.to_string())
        .collect();
    let expected: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
    assert_eq!(names, expected);
}
