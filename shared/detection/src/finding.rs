//! Findings: what people and rules see of an attack.
//!
//! Labels identify it, so they are the same when it begins and when it is over: the kind, the service, the dimension
//! and the subject. Everything else is in annotations. What stands there is masked.

use alert_classification::{FINDING_SCHEMA, Finding, Labels, Measurement, Status};
use compact_str::{CompactString, ToCompactString, format_compact};
use jiff::Timestamp;
use settings::Detector;

use crate::judge::Verdict;
use crate::state::Subject;
use crate::subject::{self, Dimension, Key};
use crate::track::Track;
use crate::{Config, SecurityEvent};

/// Who finds it.
pub const SOURCE: &str = "tocsin.detection";
/// So many examples of each sort.
const EXAMPLES: usize = 3;

/// Whom a finding is about.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) key: Key,
    pub(crate) shown: &'a str,
    pub(crate) rule: Option<&'a (u64, CompactString)>,
}

impl<'a> Who<'a> {
    pub(crate) fn of(key: Key, subject: &'a Subject) -> Self {
        Self {
            key,
            shown: &subject.shown,
            rule: subject.rule.as_ref(),
        }
    }
}

/// A few of the events, for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    references: Vec<CompactString>,
    addresses: Vec<CompactString>,
    accounts: Vec<CompactString>,
    endpoints: Vec<CompactString>,
}

impl Evidence {
    pub(crate) fn add(&mut self, event: &SecurityEvent) {
        let put = |list: &mut Vec<CompactString>, text: &dyn Fn() -> CompactString| {
            if list.len() < EXAMPLES {
                let text = text();
                if !text.is_empty() && !list.contains(&text) {
                    list.push(text);
                }
            }
        };
        put(&mut self.references, &|| {
            subject::evidence(&event.reference)
        });
        put(&mut self.endpoints, &|| subject::evidence(&event.endpoint));
        if let Some(address) = event.address {
            put(&mut self.addresses, &|| address.to_compact_string());
        }
        if !event.account.is_empty() {
            put(&mut self.accounts, &|| subject::account(&event.account));
        }
    }

    fn annotate(&self, annotations: &mut Labels) {
        let lists = [
            ("example_requests", &self.references),
            ("example_addresses", &self.addresses),
            ("example_accounts", &self.accounts),
            ("example_endpoints", &self.endpoints),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                annotations.set(name, list.join(", "));
            }
        }
    }
}

/// An attack has begun.
pub(crate) fn firing(
    who: Who<'_>,
    verdict: &Verdict,
    evidence: &Evidence,
    config: &Config,
) -> Option<Finding> {
    let spec = config.spec(verdict.detector)?;
    let count = if verdict.slow {
        spec.slow.unwrap_or(spec.fast)
    } else {
        spec.fast
    };
    let mut annotations = Labels::new();
    annotations.set("about", who.shown);
    annotations.set("detector", verdict.detector.as_str());
    annotations.set("technique", technique(verdict.detector));
    annotations.set("pace", if verdict.slow { "slow" } else { "fast" });
    annotations.set("count", verdict.count.to_compact_string());
    annotations.set("window", window(count.window));
    annotations.set("first", time(verdict.first)?.to_compact_string());
    annotations.set("last", time(verdict.last)?.to_compact_string());
    if verdict.sum.hits > 0 && verdict.detector.counts_distinct() {
        annotations.set("events", verdict.sum.hits.to_compact_string());
    }
    if verdict.sum.others > 0 {
        annotations.set("succeeded", verdict.sum.others.to_compact_string());
    }
    if !verdict.who.is_empty() {
        annotations.set("got_in", verdict.who.join(", "));
    }
    if let Some(leap) = &verdict.leap {
        annotations.set("from", leap.from.to_compact_string());
        annotations.set("to", leap.to.to_compact_string());
        annotations.set("kilometres", format_compact!("{:.0}", leap.kilometres));
        annotations.set("minutes", (leap.seconds / 60).to_compact_string());
    }
    evidence.annotate(&mut annotations);
    let what = sentence(verdict, window(count.window).as_str());
    let mut found = finding(who, verdict.detector, &spec.service);
    found.title = format!("{}: {}", title(verdict.detector, who), what);
    found.status = Status::Firing;
    found.annotations = annotations;
    found.starts_at = time(verdict.first);
    found.changed_at = time(verdict.last.max(verdict.first));
    if verdict.detector.counts() {
        found.measurement = Some(Measurement {
            value: Some(verdict.count as f64),
            threshold: Some(f64::from(count.threshold)),
            comparison: CompactString::const_new(">="),
            unit: CompactString::const_new("Count"),
            period_seconds: None,
            window_seconds: Some(count.window),
        });
    }
    Some(found)
}

/// An attack is over, or nobody watches it any longer: `why` says so then.
pub(crate) fn resolved(
    who: Who<'_>,
    track: &Track,
    now: u32,
    why: Option<&str>,
    config: &Config,
) -> Option<Finding> {
    let detector = track.detector()?;
    let service = config.spec(detector).map(|spec| spec.service.clone());
    let service = service.unwrap_or_else(|| detector.default_service().to_owned());
    let mut found = finding(who, detector, &service);
    let reason = why.unwrap_or("nothing more was seen of it");
    found.title = format!("{} is over", title(detector, who));
    found.status = Status::Resolved;
    found.annotations.set("about", who.shown);
    found.annotations.set("reason", reason);
    found
        .annotations
        .set("last", time(track.last)?.to_compact_string());
    found.starts_at = track.firing.and_then(|firing| time(firing.since));
    found.changed_at = time(now);
    Some(found)
}

fn finding(who: Who<'_>, detector: Detector, service: &str) -> Finding {
    let mut labels = Labels::new();
    labels.set("alertname", kind(detector));
    labels.set("service", service);
    labels.set("dimension", who.key.dimension.as_str());
    labels.set("subject", who.key.label(who.shown));
    if let Some((hash, rule)) = who.rule {
        let whose = Key {
            hash: *hash,
            ..who.key
        };
        let shown = who.shown.split(' ').next().unwrap_or_default();
        labels.set("subject", whose.label(shown));
        labels.set("policy", rule.as_str());
    }
    Finding {
        schema: CompactString::const_new(FINDING_SCHEMA),
        title: String::new(),
        source: CompactString::const_new(SOURCE),
        kind: CompactString::const_new(kind(detector)),
        status: Status::Firing,
        description: String::new(),
        labels,
        annotations: Labels::new(),
        measurement: None,
        starts_at: None,
        changed_at: None,
        url: None,
    }
}

/// The finding's kind, and its label `alertname`.
#[must_use]
pub const fn kind(detector: Detector) -> &'static str {
    match detector {
        Detector::BruteForceAccount => "brute-force-account",
        Detector::BruteForceAddress => "brute-force-address",
        Detector::BruteForceDistributed => "brute-force-distributed",
        Detector::PasswordSpraying => "password-spraying",
        Detector::CredentialStuffing => "credential-stuffing",
        Detector::AccountTakeover => "account-takeover",
        Detector::ImpossibleTravel => "impossible-travel",
        Detector::RateLimit => "rate-limit-violations",
        Detector::InvalidTokens => "invalid-tokens",
        Detector::UnauthorisedAccess => "unauthorised-access",
        Detector::PrivilegeProbing => "privilege-probing",
        Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard => "payment-velocity",
        Detector::CardTesting => "card-testing",
        Detector::ManyCards => "many-cards",
        Detector::JustUnderLimit => "amounts-just-under-limit",
        Detector::RefundAbuse => "refund-abuse",
        Detector::RefundAmount => "refund-amount",
        Detector::PolicyViolation => "policy-violation",
    }
}

/// The technique of MITRE ATT&CK (`T…`), or OWASP's automated threat (`OAT-…`) or weakness.
const fn technique(detector: Detector) -> &'static str {
    match detector {
        Detector::BruteForceAccount | Detector::BruteForceAddress => "T1110.001",
        Detector::BruteForceDistributed => "T1110",
        Detector::PasswordSpraying => "T1110.003",
        Detector::CredentialStuffing => "T1110.004",
        Detector::AccountTakeover | Detector::ImpossibleTravel => "T1078",
        Detector::RateLimit => "API4:2023",
        Detector::InvalidTokens => "T1550",
        Detector::UnauthorisedAccess => "API5:2023",
        Detector::PrivilegeProbing => "T1087",
        Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard
        | Detector::JustUnderLimit
        | Detector::RefundAbuse
        | Detector::RefundAmount => "T1657",
        Detector::CardTesting => "OAT-001",
        Detector::ManyCards => "OAT-010",
        Detector::PolicyViolation => "CWE-285",
    }
}

fn title(detector: Detector, who: Who<'_>) -> String {
    let (key, shown) = (who.key, who.shown);
    let what = match detector {
        Detector::BruteForceAccount => "Brute force",
        Detector::BruteForceAddress => "Brute force from",
        Detector::BruteForceDistributed => "Brute force from many addresses",
        Detector::PasswordSpraying => "Password spraying from",
        Detector::CredentialStuffing => "Credential stuffing",
        Detector::AccountTakeover if matches!(key.dimension, Dimension::Address) => {
            "Somebody got in while passwords were sprayed from"
        }
        Detector::AccountTakeover => "Suspected take-over",
        Detector::ImpossibleTravel => "Impossible travel",
        Detector::RateLimit => "Too many requests from",
        Detector::InvalidTokens => "Invalid tokens from",
        Detector::UnauthorisedAccess => "Forbidden requests from",
        Detector::PrivilegeProbing => "Privileges probed by",
        Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard => "Payments in quick succession",
        Detector::CardTesting => "Cards tested from",
        Detector::ManyCards => "Many cards",
        Detector::JustUnderLimit => "Payments just under a limit",
        Detector::RefundAbuse => "Many refunds",
        Detector::RefundAmount => "Large refunds",
        Detector::PolicyViolation => "A policy is broken by",
    };
    match key.dimension {
        Dimension::Platform => what.to_owned(),
        Dimension::Address | Dimension::Network => format!("{what} {shown}"),
        Dimension::Account | Dimension::Device | Dimension::Card => {
            format!("{what} {} {shown}", key.dimension.as_str())
        }
    }
}

fn sentence(verdict: &Verdict, window: &str) -> String {
    let count = verdict.count;
    let sum = &verdict.sum;
    match verdict.detector {
        Detector::BruteForceAccount | Detector::BruteForceAddress => {
            format!("{count} log-ins failed within {window}")
        }
        Detector::BruteForceDistributed => {
            format!("log-ins failed from about {count} addresses within {window}")
        }
        Detector::PasswordSpraying | Detector::CredentialStuffing => format!(
            "{} log-ins to about {count} accounts failed within {window}",
            sum.hits
        ),
        Detector::AccountTakeover if !verdict.who.is_empty() => {
            format!("{count} log-ins succeeded")
        }
        Detector::AccountTakeover => format!("a log-in succeeded after {count} had failed"),
        Detector::ImpossibleTravel => verdict.leap.map_or_else(String::new, |leap| {
            format!("{:.0} km in {} minutes", leap.kilometres, leap.seconds / 60)
        }),
        Detector::RateLimit => format!("{count} requests were refused within {window}"),
        Detector::InvalidTokens => format!("{count} within {window}"),
        Detector::UnauthorisedAccess => format!("{count} within {window}"),
        Detector::PrivilegeProbing => format!("about {count} endpoints within {window}"),
        Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard
        | Detector::JustUnderLimit => format!("{count} within {window}"),
        Detector::CardTesting => format!("{count} payments were declined within {window}"),
        Detector::ManyCards => format!("about {count} cards within {window}"),
        Detector::RefundAbuse => format!("{count} within {window}"),
        Detector::RefundAmount => format!("{count} times what is too much within {window}"),
        Detector::PolicyViolation => format!("{count} times within {window}"),
    }
}

fn window(seconds: u32) -> String {
    settings::Duration::from_secs(u64::from(seconds)).to_string()
}

fn time(seconds: u32) -> Option<Timestamp> {
    Timestamp::from_second(i64::from(seconds)).ok()
}
