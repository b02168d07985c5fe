//! Rules over records: what is counted, summed, measured, told apart and found.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use detection::{EventKind, SecurityEvent};
use log_metrics::{Data, Sketch, State, emf};
use support::{START, picture, program, run};
use test_case::test_case;

const PAYMENTS: &str = r#"
  lambda: false
  rules:
    - name: captured
      match: [event="payment.captured"]
      metrics:
        - { name: PaymentsSucceeded, kind: count, by: [[], [method=payment.method]] }
        - { name: PaymentSuccessRate, kind: distribution, value: 100, unit: Percent }
        - { name: Revenue, kind: sum, of: amount, scale: 0.01 }
        - { name: GatewayTime, kind: distribution, of: gateway_ms, unit: Milliseconds }
        - { name: Payers, kind: distinct, of: user_id, per: day, by: [[], [method=payment.method]] }
    - name: failed
      match: [event="payment.failed"]
      metrics:
        - { name: PaymentSuccessRate, kind: distribution, value: 0, unit: Percent }
      security: { event: payment_failed, account: user_id, amount: amount, address: ip }
      finding: { title: 'payment by {email} failed: {reason}', labels: { service: payments, gateway: '{gateway}' }, at_least: 2 }
"#;

#[test]
fn a_record_gives_what_its_rules_say() {
    let program = program(PAYMENTS);
    let outcome = run(
        &program,
        &[
            r#"{"event":"payment.captured","amount":49900,"gateway_ms":812.5,"user_id":"u1","payment":{"method":"upi"}}"#,
            r#"{"event":"payment.captured","amount":10050,"gateway_ms":300,"user_id":"u2","payment":{"method":"card"}}"#,
            r#"{"event":"payment.captured","amount":"100","gateway_ms":300,"user_id":"u1","payment":{"method":"upi"}}"#,
            r#"{"event":"payment.captured","amount":null,"user_id":7}"#,
            r#"{"event":"payment.failed","amount":100}"#,
            r#"{"event":"payment.refunded","amount":100}"#,
        ],
    );
    insta::assert_snapshot!(picture(&outcome));
    insta::assert_snapshot!(emf::lines("HASIVU", &outcome.points).join("\n"));
    assert_eq!((outcome.counts.lines, outcome.counts.matched), (6, 5));
    let estimates: Vec<String> = outcome
        .state
        .points(None)
        .iter()
        .map(|point| format!("{} {:?} {:?}", point.metric, point.dimensions, point.data))
        .collect();
    insta::assert_snapshot!(estimates.join("\n"));
}

#[test]
fn minutes_are_those_of_the_records() {
    let program = program(PAYMENTS);
    let line = r#"{"event":"payment.captured","amount":100}"#;
    let lines: Vec<&str> = std::iter::repeat_n(line, 150).collect();
    let outcome = run(&program, &lines);
    let revenue = outcome
        .points
        .iter()
        .filter(|point| point.metric == "Revenue");
    let revenue: Vec<_> = revenue
        .map(|point| (point.at - START, point.data.clone()))
        .collect();
    assert_eq!(
        revenue,
        [
            (0, Data::Single(60.0)),
            (60_000, Data::Single(60.0)),
            (120_000, Data::Single(30.0))
        ]
    );
}

#[test]
fn a_finding_has_its_evidence_masked_and_comes_once() {
    let program = program(PAYMENTS);
    let line = r#"{"event":"payment.failed","email":"asha@example.org","reason":"card 4111111111111111 declined","gateway":"razorpay","requestId":"r-1"}"#;
    let other = r#"{"event":"payment.failed","gateway":"other"}"#;
    let outcome = run(&program, &[line, other, line]);
    assert_eq!(
        outcome.findings.len(),
        1,
        "one failure of the other gateway is none"
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&outcome.findings[0]).unwrap());
}

#[test]
fn a_security_event_has_the_fields_of_the_record() {
    let program = program(PAYMENTS);
    let line = r#"{"event":"payment.failed","user_id":"U1","amount":"100","ip":"203.0.113.7, 10.0.0.1","requestId":"r-1"}"#;
    let outcome = run(&program, &[line]);
    let mut expected = SecurityEvent::new(
        EventKind::PaymentFailed,
        jiff::Timestamp::from_millisecond(START).unwrap(),
    );
    expected.id = format!("{:056}", 0).into();
    expected.account = "u1".into();
    expected.amount = Some(100);
    expected.address = Some("203.0.113.7".parse().unwrap());
    expected.reference = "r-1".into();
    assert_eq!(outcome.security, [expected]);
}

#[test]
fn values_over_the_limit_share_a_series() {
    let program = program(
        "  lambda: false\n  limits: { dimension_values: 3 }\n  rules:\n    - { name: a, metrics: [{ name: Requests, kind: count, by: [[], [route]] }] }\n",
    );
    let lines: Vec<String> = (0..10).map(|n| format!("route=/r{n} ok")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let outcome = run(&program, &lines);
    insta::assert_snapshot!(picture(&outcome));
    assert_eq!(outcome.counts.other, 7);
}

#[test_case("route=asha@example.org", "[email]"; "personal")]
#[test_case("route=\"a\u{1f}b\"", "a?b"; "no control character")]
#[test_case("route=₹", "?"; "no ascii")]
#[test_case("email=x@y.org route=/a", "/a"; "another field")]
fn dimensions_can_be_seen_by_anybody(line: &str, expected: &str) {
    let program = program(
        "  lambda: false\n  rules:\n    - { name: a, metrics: [{ name: Requests, kind: count, by: [[route]] }] }\n",
    );
    let outcome = run(&program, &[line]);
    assert_eq!(
        outcome.points[0].dimensions,
        [("route".into(), expected.into())]
    );
}

#[test]
fn formats_of_plain_text_give_fields() {
    let program = program(
        r#"
  lambda: false
  extract:
    - { name: access, pattern: '"(?P<method>[A-Z]+) (?P<route>\S+) HTTP/[\d.]+" (?P<status>\d{3}) (?P<bytes>\d+) (?P<ms>[\d.]+)' }
  rules:
    - name: requests
      match: ['@format="access"']
      metrics:
        - { name: Latency, kind: distribution, of: ms, unit: Milliseconds, by: [[route]] }
    - name: broken
      match: ['status >= 500']
      metrics: [{ name: ServerErrors, kind: count }]
"#,
    );
    let outcome = run(
        &program,
        &[
            r#"203.0.113.7 - - "GET /menus HTTP/1.1" 200 512 12.5"#,
            r#"203.0.113.7 - - "GET /menus HTTP/1.1" 503 0 3000"#,
            "status=500 without the rest",
            "nothing of the kind",
        ],
    );
    insta::assert_snapshot!(picture(&outcome));
}

#[test]
fn a_large_distribution_is_written_as_values_and_counts() {
    let program = program(
        "  lambda: false\n  rules:\n    - { name: a, metrics: [{ name: T, kind: distribution, of: t }] }\n",
    );
    let mut batch = log_metrics::Batch::new(&program);
    for n in 0..1_000 {
        batch.line("g", "s", START, &format!("t={}", n % 150), &mut |_| ());
    }
    let lines = emf::lines("N", &batch.finish().points);
    assert_eq!(lines.len(), 2, "a hundred values a line");
    let (mut count, mut sum) = (0, 0.0);
    for line in &lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let values = value["T"]["Values"].as_array().unwrap();
        assert!(
            values.len() <= 100 && values.len() == value["T"]["Counts"].as_array().unwrap().len()
        );
        count += value["T"]["Count"].as_u64().unwrap();
        sum += value["T"]["Sum"].as_f64().unwrap();
    }
    let truth: u32 = (0..1_000).map(|n| n % 150).sum();
    assert_eq!((count, sum), (1_000, f64::from(truth)));
}

#[test]
fn no_line_has_more_metrics_or_a_metric_twice() {
    let rules: Vec<String> = (0..230)
        .map(|n| {
            format!(
                "    - {{ name: r{n}, metrics: [{{ name: M{n}, kind: distribution, of: t }}] }}"
            )
        })
        .collect();
    let program = program(&format!(
        "  lambda: false\n  rules:\n{}\n",
        rules.join("\n")
    ));
    let mut batch = log_metrics::Batch::new(&program);
    for n in 0..250 {
        batch.line("g", "s", START, &format!("t={n}"), &mut |_| ());
    }
    let lines = emf::lines("N", &batch.finish().points);
    let mut seen = std::collections::BTreeMap::<String, u64>::new();
    for line in &lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let metrics = value["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            .as_array()
            .unwrap();
        assert!(metrics.len() <= 100);
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            *seen.entry(name.to_owned()).or_default() += value[name]["Count"].as_u64().unwrap();
        }
    }
    assert_eq!(seen.len(), 230);
    assert!(seen.values().all(|count| *count == 250));
}

#[test]
fn users_of_a_day_are_those_of_all_deliveries_once() {
    let program = program(
        "  lambda: false\n  rules:\n    - { name: a, metrics: [{ name: DailyActiveUsers, kind: distinct, of: user, per: day }, { name: MonthlyActiveUsers, kind: distinct, of: user, per: month }] }\n",
    );
    let mut whole = State::default();
    let day = 86_400_000;
    for (delivery, from) in [(0, 0), (1, 5_000), (1, 5_000), (2, 12_000)] {
        let mut batch = log_metrics::Batch::new(&program);
        for n in from..from + 8_000 {
            // The last two thousand of each are of the next day in Kolkata.
            let at = START + if n >= from + 6_000 { day } else { 0 } + delivery;
            batch.line("g", "s", at, &format!(r#"{{"user":"u{n}"}}"#), &mut |_| ());
        }
        whole.merge(&batch.finish().state);
    }
    let stored = serde_json::to_string(&whole).unwrap();
    assert!(stored.len() < 100_000, "{}", stored.len());
    let whole: State = serde_json::from_str(&stored).unwrap();
    let estimates = whole.points(None).into_iter().zip(&whole.sketches);
    let close = |metric: &str, period: &str, truth: f64| {
        let (point, _) = estimates
            .clone()
            .find(|(point, seen)| point.metric == metric && seen.period == period)
            .unwrap();
        let Data::Single(estimate) = point.data else {
            unreachable!("an estimate is one number")
        };
        assert!(
            (estimate / truth - 1.0).abs() < 3.0 * Sketch::STANDARD_ERROR,
            "{metric} {period}: {estimate}"
        );
    };
    // 0..6,000, 5,000..11,000 and 12,000..18,000; then 6,000..8,000, 11,000..13,000 and 18,000..20,000.
    close("DailyActiveUsers", "2026-11-24", 17_000.0);
    close("DailyActiveUsers", "2026-11-25", 6_000.0);
    close("MonthlyActiveUsers", "2026-11", 20_000.0);
}

#[test]
fn the_past_is_forgotten() {
    let program = program(
        "  lambda: false\n  rules:\n    - { name: a, metrics: [{ name: D, kind: distinct, of: u, per: day }, { name: M, kind: distinct, of: u, per: month }] }\n",
    );
    let mut batch = log_metrics::Batch::new(&program);
    for days in 0..40 {
        batch.line("g", "s", START + days * 86_400_000, "u=1", &mut |_| ());
    }
    let mut state = batch.finish().state;
    assert_eq!(state.sketches.len(), 40 + 3);
    let now = jiff::Timestamp::from_millisecond(START + 39 * 86_400_000).unwrap();
    state.forget(now, program.zone());
    let left: Vec<String> = state
        .sketches
        .iter()
        .map(|seen| seen.period.to_string())
        .collect();
    assert_eq!(
        left,
        [
            "2026-12",
            "2026-12-31",
            "2027-01-01",
            "2027-01",
            "2027-01-02"
        ]
    );
}
