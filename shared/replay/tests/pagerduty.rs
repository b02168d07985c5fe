//! What PagerDuty has open is what fires: no message ends a PagerDuty incident while an alert that was
//! told under its key fires, and whatever was opened there is ended when nothing of it fires any more.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Fingerprint;
use alert_classification::Status;
use jiff::Timestamp;
use notification::pagerduty::{Rendered, render};
use proptest::prelude::*;
use replay::{Scenario, tell};
use serde_json::{Value, json};
use settings::Channel;

const ALERTS: [&str; 3] = ["a", "b", "c"];
const SERVICES: [&str; 2] = ["orders", "menus"];
/// After the last step everything ends, and there is time to say so.
const REST: i64 = 4 * 3600;

/// P1 and P2 of one incident are told by different groups, those of P2 of several incidents at once.
fn configuration() -> Value {
    json!({
        "resolve_timeout": "30d",
        "flapping": { "changes": 1000, "window": "1m", "quiet": "1m" },
        "rules": [
            { "name": "one", "match": ["level=\"1\""], "priority": "P1", "category": "errors" },
            { "name": "two", "match": ["level=\"2\""], "priority": "P2", "category": "errors" },
        ],
        "receivers": [
            { "name": "pages", "pagerduty": [{}], "webhook": [{}] },
            { "name": "team", "email": [{}] },
            { "name": "on-call", "pagerduty": [{}] },
        ],
        "escalation": [{ "name": "ladder", "steps": [{ "after": "5m", "to": ["on-call"] }] }],
        "route": {
            "receiver": "team", "group_by": ["category"], "repeat_interval": "1h",
            "routes": [
                {
                    "matchers": ["priority=\"P1\""], "receiver": "pages", "group_by": ["service"],
                    "group_wait": "0s", "group_interval": "0s",
                },
                {
                    "matchers": ["priority=\"P2\""], "escalation": "ladder", "group_wait": "30s",
                    "group_interval": "1m",
                },
            ],
        },
        "inhibit_rules": [{
            "name": "c", "source_matchers": ["level=\"1\""], "target_matchers": ["alertname=\"c\""],
            "equal": ["service"],
        }],
    })
}

#[derive(Clone, Debug)]
enum Deed {
    Push {
        alert: usize,
        service: usize,
        level: u8,
        fires: bool,
    },
    Silence {
        alert: usize,
        minutes: i64,
    },
    Acknowledge {
        service: usize,
    },
    Resolve {
        service: usize,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let push = (0..ALERTS.len(), 0..SERVICES.len(), 1_u8..3, any::<bool>());
    let push = push.prop_map(|(alert, service, level, fires)| Deed::Push {
        alert,
        service,
        level,
        fires,
    });
    prop_oneof![
        8 => push,
        1 => (0..ALERTS.len(), 1_i64..60).prop_map(|(alert, minutes)| Deed::Silence { alert, minutes }),
        1 => (0..SERVICES.len()).prop_map(|service| Deed::Acknowledge { service }),
        1 => (0..SERVICES.len()).prop_map(|service| Deed::Resolve { service }),
    ]
}

/// What happens, each at its second.
fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let gap = prop_oneof![Just(1_i64), 2..90_i64, 90..1_000_i64];
    prop::collection::vec((gap, deed()), 1..30).prop_map(|deeds| {
        let mut now = 0;
        let timed = deeds.into_iter().map(|(gap, deed)| {
            now += gap;
            (now, deed)
        });
        timed.collect()
    })
}

fn labels(alert: usize, service: usize, level: u8) -> Value {
    json!({ "alertname": ALERTS[alert], "service": SERVICES[service], "level": level.to_string() })
}

fn fingerprint(labels: &Value) -> Fingerprint {
    let pairs = labels.as_object().unwrap().iter();
    Fingerprint::of(pairs.map(|(name, value)| (name.as_str(), value.as_str().unwrap())))
}

fn step(at: i64, place: usize, deed: &Deed) -> Value {
    match deed {
        Deed::Push {
            alert,
            service,
            level,
            fires,
        } => {
            let labels = labels(*alert, *service, *level);
            let ends_at = if *fires { at + 1_000_000 } else { at };
            json!({ "at": at, "push": [{ "labels": labels, "starts_at": at, "ends_at": ends_at }] })
        }
        Deed::Silence { alert, minutes } => json!({ "at": at, "silence": {
            "id": format!("s{place}"), "matchers": [format!("alertname=\"{}\"", ALERTS[*alert])],
            "from": at, "until": at + minutes * 60,
        } }),
        Deed::Acknowledge { service } => {
            json!({ "at": at, "ack": { "incident": { "service": SERVICES[*service] } } })
        }
        Deed::Resolve { service } => {
            json!({ "at": at, "resolve": { "incident": { "service": SERVICES[*service] } } })
        }
    }
}

/// From when to when each alert fires, as its source and people say.
#[derive(Default)]
struct Truth(BTreeMap<Fingerprint, Vec<(i64, i64)>>);

impl Truth {
    fn of(deeds: &[(i64, Deed)]) -> Self {
        let mut truth = Self::default();
        let mut service_of = BTreeMap::new();
        for (at, deed) in deeds {
            match deed {
                Deed::Push {
                    alert,
                    service,
                    level,
                    fires,
                } => {
                    let name = fingerprint(&labels(*alert, *service, *level));
                    service_of.insert(name, *service);
                    if *fires && truth.since(name, *at).is_none() {
                        truth.0.entry(name).or_default().push((*at, i64::MAX));
                    } else if !*fires {
                        truth.end(name, *at);
                    }
                }
                Deed::Resolve { service } => {
                    for (name, _) in service_of.iter().filter(|(_, of)| *of == service) {
                        truth.end(*name, *at);
                    }
                }
                Deed::Silence { .. } | Deed::Acknowledge { .. } => {}
            }
        }
        truth
    }

    fn end(&mut self, name: Fingerprint, at: i64) {
        if let Some((_, end)) = self.0.get_mut(&name).and_then(|spans| spans.last_mut()) {
            *end = at.min(*end);
        }
    }

    /// Since when it fires, if it does.
    fn since(&self, name: Fingerprint, at: i64) -> Option<i64> {
        let spans = self.0.get(&name)?.iter();
        let mut now = spans.filter(|(start, end)| *start <= at && at < *end);
        now.next().map(|(start, _)| *start)
    }
}

fn second(at: Timestamp, start: Timestamp) -> i64 {
    at.duration_since(start).as_secs()
}

/// What is wrong with what PagerDuty is told.
fn judge(mut deeds: Vec<(i64, Deed)>) -> Result<(), String> {
    let last = deeds.last().map_or(0, |(at, _)| *at);
    for (place, service) in (0_i64..).zip(0..SERVICES.len()) {
        for (nth, alert) in (0_i64..).zip(0..ALERTS.len()) {
            for level in [1, 2] {
                let at = last + 900 + 10 * place + 2 * nth + i64::from(level);
                let fires = false;
                deeds.push((
                    at,
                    Deed::Push {
                        alert,
                        service,
                        level,
                        fires,
                    },
                ));
            }
        }
    }
    let steps = deeds.iter().enumerate();
    let steps = steps.map(|(place, (at, deed))| step(*at, place, deed));
    let scenario = json!({
        "settings": configuration(), "steps": steps.collect::<Vec<_>>(), "until": last + REST,
    });
    let scenario = Scenario::from_yaml(&scenario.to_string()).unwrap();
    let start = scenario.start();
    let truth = Truth::of(&deeds);
    // Which firings were told under a key: the alert, and since when it fires.
    let mut under: BTreeMap<String, BTreeSet<(Fingerprint, i64)>> = BTreeMap::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    for told in tell(&scenario, None).unwrap() {
        let (at, letter) = (second(told.at, start), told.notification);
        if !letter.channels.contains(&Channel::Pagerduty) {
            continue;
        }
        let Rendered::Event(event) = render(&letter, None) else {
            continue;
        };
        let event: Value = serde_json::from_str(&event.body("").unwrap()).unwrap();
        let key = event["dedup_key"].as_str().unwrap().to_owned();
        match event["event_action"].as_str().unwrap() {
            "trigger" => {
                let firing = letter.alerts.iter().filter(|a| a.status == Status::Firing);
                let firing = firing.filter_map(|alert| {
                    Some((alert.fingerprint, truth.since(alert.fingerprint, at)?))
                });
                under.entry(key.clone()).or_default().extend(firing);
                open.insert(key);
            }
            "resolve" => {
                for (alert, since) in under.get(&key).into_iter().flatten() {
                    if truth.since(*alert, at) == Some(*since) {
                        return Err(format!(
                            "at {at} s {key} is resolved, and {alert} fires since {since} s"
                        ));
                    }
                }
                open.remove(&key);
            }
            _acknowledged if !open.contains(&key) => {
                return Err(format!("at {at} s {key} is acknowledged and not open"));
            }
            _acknowledged => {}
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("nothing fires, and {open:?} are open"))
    }
}

const fn push(alert: usize, level: u8, fires: bool) -> Deed {
    Deed::Push {
        alert,
        service: 0,
        level,
        fires,
    }
}

#[test]
fn the_end_of_the_p2_does_not_end_the_page_of_the_p1() {
    let deeds = vec![
        (1, push(0, 1, true)),
        (2, push(1, 2, true)),
        (2_400, push(1, 2, false)),
    ];
    assert_eq!(judge(deeds), Ok(()));
}

#[test]
fn the_end_of_a_part_does_not_end_what_is_held_back() {
    let deeds = vec![
        (1, push(0, 1, true)),
        (2, push(1, 1, true)),
        (
            60,
            Deed::Silence {
                alert: 1,
                minutes: 30,
            },
        ),
        (120, push(0, 1, false)),
    ];
    assert_eq!(judge(deeds), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_pagerduty_has_open_is_what_fires(deeds in deeds()) {
        prop_assert_eq!(judge(deeds), Ok(()));
    }
}
