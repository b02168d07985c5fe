//! A day on its whole way: deliveries, rules, metrics, security events, detectors, findings. What comes out is held
//! against the truth.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Finding, Status};
use detection::{Config, SecurityEvent, State, SubjectKey, observe, shards_of};
use jiff::Timestamp;
use log_day::{Attack, Day, LogLine, Options, Payloads, Truth};
use log_metrics::{Batch, Data, Program};
use settings::Settings;

const SHIPPED: &str = include_str!("../../../config/monitoring.yaml");

/// What the suite makes of a day.
struct Seen {
    sums: BTreeMap<String, f64>,
    counts: BTreeMap<String, u64>,
    values: BTreeMap<String, BTreeMap<i64, u64>>,
    estimates: log_metrics::State,
    findings: Vec<Finding>,
    events: u64,
    largest: usize,
}

/// Every function's shards, as a table would keep them.
struct Shards {
    config: Config,
    states: Vec<State>,
    findings: Vec<Finding>,
    events: u64,
}

impl Shards {
    fn take(&mut self, events: &[SecurityEvent], now: Timestamp) {
        self.events += events.len() as u64;
        let mut sent: BTreeMap<u16, Vec<SecurityEvent>> = BTreeMap::new();
        for event in events {
            for shard in shards_of(event, &self.config) {
                sent.entry(shard).or_default().push(event.clone());
            }
        }
        for (shard, events) in sent {
            let state = &mut self.states[usize::from(shard)];
            self.findings
                .extend(observe(state, &events, now, &self.config));
        }
    }

    fn tick(&mut self, now: Timestamp) {
        for state in &mut self.states {
            if state.due_at(&self.config).is_some_and(|due| due <= now) {
                self.findings.extend(observe(state, &[], now, &self.config));
            }
        }
    }
}

fn key() -> SubjectKey {
    SubjectKey::new(*b"a key for tests!")
}

fn live(options: Options) -> (Seen, Truth) {
    let settings = Settings::from_yaml(SHIPPED).unwrap();
    let program = Program::new(&settings.logs).unwrap();
    let config = Config::new(settings.security.clone(), key());
    let of = config.shards();
    let mut shards = Shards {
        config,
        states: (0..of).map(|shard| State::new(shard, of)).collect(),
        findings: Vec::new(),
        events: 0,
    };
    let mut seen = Seen {
        sums: BTreeMap::new(),
        counts: BTreeMap::new(),
        values: BTreeMap::new(),
        estimates: log_metrics::State::default(),
        findings: Vec::new(),
        events: 0,
        largest: 0,
    };
    let mut payloads = Payloads::default();
    let mut largest = 0;
    let mut minute = 0;
    let mut deliver = |deliveries: Vec<String>, at: i64| {
        let now = Timestamp::from_millisecond(at).unwrap();
        for delivery in deliveries {
            let event: serde_json::Value = serde_json::from_str(&delivery).unwrap();
            let mut batch = Batch::new(&program);
            let data = event["awslogs"]["data"].as_str().unwrap();
            assert_eq!(
                batch.delivery(data, &mut |_| {}),
                log_metrics::Delivery::Whole
            );
            let outcome = batch.finish();
            assert_eq!((outcome.counts.malformed, outcome.counts.cut), (0, 0));
            for point in outcome.points {
                let mut name = point.metric.to_string();
                for (dimension, value) in &point.dimensions {
                    name.push_str(&format!(" {dimension}={value}"));
                }
                *seen.sums.entry(name.clone()).or_default() += point.data.sum();
                *seen.counts.entry(name.clone()).or_default() += point.data.count();
                if let Data::Distribution(values) = point.data {
                    let known = seen.values.entry(name).or_default();
                    for (value, times) in values {
                        *known.entry(value.round() as i64).or_default() += times;
                    }
                }
            }
            seen.estimates.merge(&outcome.state);
            shards.take(&outcome.security, now);
        }
        if at / 60_000 > minute {
            minute = at / 60_000;
            shards.tick(now);
            if minute % 60 == 0 {
                for state in &shards.states {
                    largest = largest.max(serde_json::to_string(state).unwrap().len());
                }
            }
        }
    };
    let mut end = 0;
    let truth = Day::new(options)
        .run(|line: &LogLine<'_>| -> Result<(), std::io::Error> {
            end = line.at;
            deliver(payloads.add(line)?, line.at);
            Ok(())
        })
        .unwrap();
    deliver(payloads.finish().unwrap(), end);
    let later = Timestamp::from_millisecond(end + 9 * 86_400_000).unwrap();
    shards.tick(later);
    seen.findings = shards.findings;
    seen.events = shards.events;
    seen.largest = largest;
    (seen, truth)
}

/// The value of the label `subject` that a finding about them has.
fn label(config: &Config, dimension: &str, subject: &str) -> String {
    config.label(dimension, subject).unwrap()
}

fn is_of(finding: &Finding, attack: &Attack, config: &Config) -> bool {
    finding.annotations.get("detector") == Some(attack.detector.as_str())
        && finding.labels.get("subject")
            == Some(label(config, &attack.dimension, &attack.subject).as_str())
}

#[test]
fn a_day_comes_out_as_it_went_in() {
    for seed in [1, 2] {
        let options = Options {
            seed,
            lines: 60_000,
            ..Options::default()
        };
        let (seen, truth) = live(options);
        metrics_are_exact(&seen, &truth);
        attacks_are_found(&seen, &truth);
    }
}

fn metrics_are_exact(seen: &Seen, truth: &Truth) {
    let event = |name: &str| truth.events.get(name).copied().unwrap_or(0);
    let counts = [
        ("PaymentsSucceeded", event("payment.captured")),
        ("PaymentsFailed", event("payment.failed")),
        ("Refunds", event("payment.refunded")),
        ("OrdersPlaced", event("order.placed")),
        ("OrdersCompleted", event("order.completed")),
        (
            "OrdersNotCompleted",
            event("order.cancelled") + event("order.failed"),
        ),
        ("DeliveriesVerified", event("delivery.verified")),
        ("DeliveriesNotVerified", event("delivery.failed")),
        ("LoginsSucceeded", event("auth.login.succeeded")),
        ("LoginsFailed", event("auth.login.failed")),
        ("TokenRefreshes", event("auth.token.refreshed")),
        ("InvalidTokens", event("auth.token.invalid")),
        ("AccessDenied", event("auth.access.denied")),
        ("RateLimited", event("rate_limit.exceeded")),
        ("PolicyViolations", event("policy.violated")),
        ("RfidVerifications", event("rfid.verified")),
        ("RfidFailures", event("rfid.failed")),
        ("ReaderDisconnects", event("reader.disconnected")),
        ("Registrations", event("user.registered")),
        ("FeatureUses", event("feature.used")),
        ("ApiRequests", event("http.request")),
        (
            "ApiClientErrors",
            truth.requests.get("4xx").copied().unwrap_or(0),
        ),
    ];
    for (metric, expected) in counts {
        let found = seen.sums.get(metric).copied().unwrap_or(0.0);
        assert_eq!(found, expected as f64, "{metric}");
    }
    for (reason, expected) in &truth.declined {
        assert_eq!(
            seen.sums[&format!("PaymentsFailed reason={reason}")],
            *expected as f64
        );
    }
    for (feature, expected) in &truth.features {
        assert_eq!(
            seen.sums[&format!("FeatureUses feature={feature}")],
            *expected as f64
        );
    }
    let paise = |metric: &str| (seen.sums[metric] * 100.0).round() as i64;
    assert_eq!(paise("Revenue"), truth.revenue);
    assert_eq!(paise("RefundedAmount"), truth.refunded);
    assert_eq!(seen.counts["CacheHitRate"], truth.cache_reads);
    assert_eq!(seen.sums["CacheHitRate"], truth.cache_hits as f64 * 100.0);
    let times = [
        ("ApiLatency", "request_ms"),
        ("GatewayTime", "gateway_ms"),
        ("PaymentTime", "payment_ms"),
        ("LoginTime", "login_ms"),
        ("RfidTime", "rfid_ms"),
        ("SessionDuration", "session_s"),
        ("DbQueryTime", "query_ms"),
    ];
    for (metric, name) in times {
        let expected = &truth.times[name];
        let values = &seen.values[metric];
        assert_eq!(values.values().sum::<u64>(), expected.count, "{metric}");
        assert_eq!(seen.sums[metric].round() as i64, expected.sum, "{metric}");
        for (percent, exact) in [(50, expected.p50), (95, expected.p95), (99, expected.p99)] {
            assert_eq!(percentile(values, percent), exact, "{metric} p{percent}");
        }
    }
    let functions = |metric: &str| -> f64 {
        let of = seen.sums.iter().filter(|(name, _)| {
            name.starts_with(&format!("{metric} function=")) && name.matches('=').count() == 1
        });
        of.map(|(_, sum)| sum).sum()
    };
    assert_eq!(functions("LambdaColdStarts"), truth.cold_starts as f64);
    assert_eq!(
        functions("LambdaBilledDuration").round() as u64,
        truth.billed_ms
    );
    // The sketch's standard error is 0.81 %; three of them.
    let mut estimates: BTreeMap<String, f64> = BTreeMap::new();
    for point in seen.estimates.points(None) {
        if point.dimensions.is_empty() {
            let known = estimates.entry(point.metric.to_string()).or_default();
            *known = known.max(point.data.sum());
        }
    }
    for (metric, exact) in [
        ("DailyActiveUsers", &truth.daily_active_users),
        ("MonthlyActiveUsers", &truth.monthly_active_users),
        ("ReadersSeen", &truth.readers),
    ] {
        let exact = *exact.values().max().unwrap() as f64;
        let found = estimates[metric];
        println!("{metric}: {found} of {exact}");
        assert!(
            (found / exact - 1.0).abs() < 0.0243,
            "{metric}: {found} of {exact}"
        );
    }
}

fn percentile(values: &BTreeMap<i64, u64>, percent: u64) -> i64 {
    let count: u64 = values.values().sum();
    let mut seen = 0;
    for (value, times) in values {
        seen += times;
        if seen * 100 >= count * percent {
            return *value;
        }
    }
    0
}

fn attacks_are_found(seen: &Seen, truth: &Truth) {
    let settings = Settings::from_yaml(SHIPPED).unwrap();
    let config = Config::new(settings.security, key());
    let fired: Vec<&Finding> = seen
        .findings
        .iter()
        .filter(|f| f.status == Status::Firing)
        .collect();
    let missed: Vec<&Attack> = truth
        .attacks
        .iter()
        .filter(|attack| !fired.iter().any(|finding| is_of(finding, attack, &config)))
        .collect();
    let involved: BTreeSet<String> = truth
        .attacks
        .iter()
        .flat_map(|attack| {
            attack
                .involved
                .iter()
                .chain(std::iter::once(&attack.subject))
        })
        .filter_map(|who| who.split_once(':'))
        .map(|(dimension, who)| label(&config, dimension, who))
        .chain(std::iter::once("platform".to_owned()))
        .collect();
    let wrong: Vec<&&Finding> = fired
        .iter()
        .filter(|finding| !involved.contains(finding.labels.get("subject").unwrap_or_default()))
        .collect();
    let resolved = seen
        .findings
        .iter()
        .filter(|f| f.status == Status::Resolved)
        .count();
    println!(
        "{} lines, {} security events, {} attacks of which {} missed, {} findings of which {} false, {} resolved, largest record {} bytes",
        truth.lines,
        seen.events,
        truth.attacks.len(),
        missed.len(),
        fired.len(),
        wrong.len(),
        resolved,
        seen.largest
    );
    for finding in &wrong {
        println!("false: {}", finding.title);
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
    assert!(wrong.is_empty());
    assert_eq!(
        resolved,
        fired.len(),
        "all that began is over nine days later"
    );
    for decoy in &truth.decoys {
        assert!(
            !fired.iter().any(|finding| is_of(finding, decoy, &config)),
            "{decoy:?}"
        );
    }
}
