//! A small configuration with a little of everything, and a way to make histories under it.

use std::sync::Arc;

use alert_classification::{Alert, Classifier, Fingerprint, Labels, Status};
use compact_str::CompactString;
use incident::{Act, Actor, Arrival, IncidentKey, Policy, Silence, Via};
use jiff::{SignedDuration, Timestamp};
use replay::Driver;
use settings::Settings;

use crate::{Case, PostMortem, Why, postmortem, why};

const SETTINGS: &str = r#"
project: town
incident_by: [service, category]
priorities: { P1: { response: 5m }, P2: { response: 15m }, P3: { response: 1h }, P4: { response: 24h } }
route:
  receiver: team
  group_by: [service]
  group_wait: 30s
  group_interval: 1m
  repeat_interval: 2h
  routes:
    - matchers: [priority="P1"]
      receiver: everybody
      group_wait: 0s
      group_interval: 0s
      repeat_interval: 1h
      escalation: hard
    - { matchers: [priority="P2"], escalation: soft }
    - { matchers: [service="batch"], receiver: mail, mute_time_intervals: [night] }
receivers:
  - { name: everybody, email: [{}], slack: [{}], sms: [{ send_resolved: false }] }
  - { name: team, slack: [{}] }
  - { name: mail, email: [{}] }
  - { name: anna, pagerduty: [{}] }
  - { name: ben, pagerduty: [{}] }
rotations:
  - { name: primary, type: daily, members: [anna, ben], start: '2026-03-02T09:00', time_zone: UTC }
escalation:
  - { name: hard, ack_timeout: 30m, repeat: 1, steps: [{ after: 5m, to: [primary] }, { after: 15m, to: [primary, team] }] }
  - { name: soft, steps: [{ after: 15m, to: [primary] }] }
inhibit_rules:
  - name: database-first
    source_matchers: [service="database"]
    target_matchers: [service="orders"]
time_intervals:
  - { name: night, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }, { start_time: '00:00', end_time: '07:00' }] }] }
flapping: { changes: 4, window: 30m, quiet: 15m }
services:
  - { name: payments, about: money, match: ['alertname=~"pay.*"'], runbook: 'https://runbooks.example/payments' }
  - { name: orders, about: meals, match: ['alertname=~"order.*"'] }
  - { name: database, about: rows, match: ['alertname=~"db.*"'] }
  - { name: batch, about: nights, match: ['alertname=~"batch.*"'] }
rules:
  - { name: payments-fail, about: payments fail, match: ['alertname=~"pay.*"'], priority: P1, category: errors }
  - { name: orders-slow, about: orders are slow, match: ['alertname=~"order.*"'], priority: P2, category: latency }
  - { name: database-down, about: the database is down, match: ['alertname=~"db.*"'], priority: P2, category: availability }
  - { name: batch-late, about: a batch is late, match: ['alertname="batch-late"'], priority: P3, category: delay }
"#;

pub(super) fn policy() -> Arc<Policy> {
    let settings = Settings::from_yaml(SETTINGS).unwrap();
    Arc::new(Policy::new(settings))
}

/// A history in the making.
pub(super) struct Town {
    pub(super) driver: Driver,
    pub(super) policy: Arc<Policy>,
    classifier: Classifier,
    start: Timestamp,
}

pub(super) fn at(text: &str) -> Timestamp {
    format!("2026-03-02T{text}Z").parse().unwrap()
}

pub(super) fn actor(who: &str) -> Actor {
    Actor {
        who: who.into(),
        via: Via::Slack,
        from: None,
    }
}

impl Town {
    pub(super) fn new() -> Self {
        let policy = policy();
        let start = at("00:00:00");
        Self {
            driver: Driver::new(Arc::clone(&policy), start),
            classifier: Classifier::new(Arc::new(Settings::from_yaml(SETTINGS).unwrap())),
            policy,
            start,
        }
    }

    pub(super) fn to(&mut self, time: Timestamp) {
        self.driver.advance(time, true);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.driver.now().max(self.start)
    }

    /// An alert of this name and title fires since `ago` seconds, or ends.
    pub(super) fn push(&mut self, name: &str, title: &str, status: Status, ago: i64) {
        self.push_for(name, title, status, ago, None);
    }

    pub(super) fn push_for(
        &mut self,
        name: &str,
        title: &str,
        status: Status,
        ago: i64,
        lifetime: Option<u32>,
    ) {
        self.push_from("aws.cloudwatch", name, title, status, ago, lifetime);
    }

    pub(super) fn push_from(
        &mut self,
        source: &str,
        name: &str,
        title: &str,
        status: Status,
        ago: i64,
        lifetime: Option<u32>,
    ) {
        let now = self.now();
        let mut labels = Labels::new();
        labels.set("alertname", name);
        let alert = Alert {
            source: CompactString::from(source),
            kind: CompactString::const_new("CloudWatch Alarm State Change"),
            status,
            title: title.to_owned(),
            description: String::new(),
            fingerprint: Fingerprint::of(labels.iter()),
            labels,
            annotations: Labels::new(),
            measurement: None,
            starts_at: now.checked_sub(SignedDuration::from_secs(ago)).unwrap(),
            ends_at: None,
            changed_at: now,
            fired_anew: false,
            lifetime_minutes: lifetime,
            console_url: None,
        };
        self.driver.arrive(vec![Arrival {
            alert: self.classifier.classify(alert),
            received_at: now,
            message: CompactString::default(),
            lifetime: None,
            incident: None,
        }]);
    }

    pub(super) fn fires(&mut self, name: &str) {
        self.push(name, name, Status::Firing, 0);
    }

    pub(super) fn ends(&mut self, name: &str) {
        self.push(name, name, Status::Resolved, 0);
    }

    pub(super) fn act(&mut self, key: &str, who: &str, act: &Act) {
        let key = IncidentKey::try_new(key).unwrap();
        let id = self
            .driver
            .world()
            .incident(&key)
            .unwrap()
            .episode
            .as_ref()
            .unwrap()
            .id
            .clone();
        self.driver.act(&key, &id, act, &actor(who)).unwrap();
    }

    /// The key of its first incident.
    pub(super) fn first_key(&self) -> String {
        let first = self.driver.world().incidents().next();
        first.unwrap().key.to_string()
    }

    pub(super) fn silence(&mut self, id: &str, matcher: &str, until: Timestamp) {
        let now = self.now();
        let silence = Silence {
            id: id.into(),
            matchers: vec![matcher.into()],
            starts_at: now,
            ends_at: until,
            times: Vec::new(),
            maintenance: false,
            created_by: actor("carl"),
            created_at: now,
            comment: "deploying".into(),
            warned: false,
        };
        self.driver.silence(silence).unwrap();
    }

    /// The case of a key.
    pub(super) fn case(&self, key: &str) -> Case<'_> {
        let world = self.driver.world();
        let key = IncidentKey::try_new(key).unwrap();
        let mut case = Case::new(world.incident(&key).unwrap(), &self.policy, self.now());
        case.groups = world.groups().collect();
        case.silences = world.silences().1.iter().collect();
        case
    }

    pub(super) fn why(&self, key: &str) -> Why {
        why(&self.case(key), None)
    }

    pub(super) fn report(&self, key: &str) -> PostMortem {
        postmortem(&self.case(key)).unwrap()
    }
}
