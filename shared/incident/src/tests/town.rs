//! A configuration with a little of everything, and random histories of what happens under it.

use alert_classification::Status;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use settings::Priority;

use super::{anna, arrival_of, ben, policy_of};
use crate::{Act, Actor, Arrival, Policy, VerdictKind};

/// The configuration, and how it is after a reload: the same routes, receivers and steps, other times.
pub(super) fn town(variant: usize) -> Policy {
    policy_of(settings(variant))
}

/// The same, with other routes after a reload: their matchers, and with them their groups, are others.
pub(super) fn moving_town(variant: usize) -> Policy {
    let mut settings = settings(variant);
    let routes = &mut settings["route"]["routes"];
    routes[0]["matchers"] =
        json!([(["priority=\"P1\"", "priority=~\"P1|P2\"", "priority!=\"P4\""][variant % 3])]);
    routes[1]["matchers"] =
        json!([(["service=\"pay\"", "service=~\"p.*\"", "service=\"orders\""][variant % 3])]);
    policy_of(settings)
}

fn settings(variant: usize) -> Value {
    let (wait, interval, repeat) = [
        ("10s", "60s", "10m"),
        ("0s", "20s", "4m"),
        ("30s", "2m", "1h"),
    ][variant % 3];
    json!({
        "flapping": {"changes": 4, "window": "5m", "quiet": "3m"},
        "receivers": [
            {"name": "team", "slack": [{}], "email": [{"send_resolved": false}]},
            {"name": "page", "pagerduty": [{}], "sms": [{"send_resolved": false}]},
            {"name": "boss", "email": [{}]},
            {"name": "pay", "webhook": [{}], "slack": [{"to": ["#pay"]}]},
            {"name": "nobody"},
        ],
        "rotations": [{
            "name": "turns", "members": ["page", "boss"],
            "type": "daily", "start": "2026-03-01T08:10:00Z",
        }],
        "escalation": [{
            "name": "climb",
            "steps": [{"after": "1m", "to": ["page"]}, {"after": "3m", "to": ["boss", "turns"]}],
            "repeat": 1, "repeat_after": "4m", "ack_timeout": "6m",
        }],
        "time_intervals": [
            {"name": "breaks", "time_intervals": [
                {"times": [{"start_time": "08:05", "end_time": "08:12"}]},
                {"times": [{"start_time": "08:30", "end_time": "08:45"}]},
            ]},
            {"name": "hours", "time_intervals": [
                {"times": [{"start_time": "08:02", "end_time": "08:40"}]},
                {"times": [{"start_time": "09:00", "end_time": "24:00"}]},
            ]},
        ],
        "inhibit_rules": [
            {"name": "down", "source_matchers": ["alertname=\"a\""],
             "target_matchers": ["alertname=~\"b|c\""], "equal": ["service"]},
            {"name": "worse", "source_matchers": ["priority=\"P1\""],
             "target_matchers": ["priority=~\"P1|P4\""], "equal": ["service"]},
        ],
        "route": {
            "receiver": "team", "group_by": ["service"], "group_wait": wait,
            "group_interval": interval, "repeat_interval": repeat,
            "routes": [
                {"matchers": ["priority=\"P1\""], "receiver": "page", "continue": true,
                 "group_wait": "0s", "group_interval": "0s", "repeat_interval": "5m",
                 "escalation": "climb"},
                {"matchers": ["service=\"pay\""], "receiver": "pay", "group_by": ["..."],
                 "mute_time_intervals": ["breaks"], "escalation": "climb"},
                {"matchers": ["priority=\"P4\""], "receiver": "team", "group_by": [],
                 "active_time_intervals": ["hours"]},
                {"matchers": ["alertname=\"d\""], "receiver": "nobody"},
            ],
        },
    })
}

/// An alert that says something so many seconds ago.
#[derive(Clone, Debug)]
pub(super) struct Report {
    service: &'static str,
    name: &'static str,
    status: Status,
    ago: i64,
    priority: Priority,
    minutes: Option<u32>,
    anew: bool,
}

impl Report {
    pub(super) fn arrival(&self, now: Timestamp) -> Arrival {
        let at = now - SignedDuration::from_secs(self.ago);
        let mut arrival = arrival_of(self.service, self.name, self.status, at, self.priority);
        arrival.alert.alert.lifetime_minutes = self.minutes;
        arrival.alert.alert.fired_anew = self.anew;
        arrival
    }

    /// What ends each alert that there can be.
    pub(super) fn all_clear() -> Vec<Self> {
        SERVICES
            .into_iter()
            .flat_map(|service| NAMES.map(|name| (service, name)))
            .map(|(service, name)| Self {
                service,
                name,
                status: Status::Resolved,
                ago: 0,
                priority: Priority::P3,
                minutes: None,
                anew: false,
            })
            .collect()
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Alerts arrive.
    Arrive(Vec<Report>),
    /// Seconds pass.
    Pass(i64),
    /// Somebody does something about the incident at this place.
    Act(usize, Actor, Act),
    /// Something is silenced for so many minutes.
    Silence(&'static str, i64),
    /// That is ended.
    Unsilence(&'static str),
    /// The configuration is loaded anew.
    Reload(usize),
}

const SERVICES: [&str; 2] = ["orders", "pay"];
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const SILENCED: [&str; 4] = [
    "service=\"orders\"",
    "alertname=\"b\"",
    "priority=\"P1\"",
    "alertname=~\"c|d\"",
];

fn any_report() -> impl Strategy<Value = Report> {
    (
        prop::sample::select(SERVICES.to_vec()),
        prop::sample::select(NAMES.to_vec()),
        prop_oneof![
            5 => Just(Status::Firing),
            4 => Just(Status::Resolved),
            1 => Just(Status::Info),
        ],
        prop_oneof![4 => Just(0), 1 => 0_i64..200],
        prop::sample::select(Priority::ALL.to_vec()),
        prop_oneof![3 => Just(None), 1 => (1_u32..12).prop_map(Some)],
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |(service, name, status, ago, priority, minutes, anew)| Report {
                service,
                name,
                status,
                ago,
                priority,
                minutes,
                anew,
            },
        )
}

fn any_act() -> impl Strategy<Value = Act> {
    let verdict = Some(VerdictKind::FalsePositive);
    prop_oneof![
        4 => Just(Act::Acknowledge { until: None }),
        2 => Just(Act::Unacknowledge),
        1 => Just(Act::Resolve { verdict: None, why: String::new() }),
        1 => Just(Act::Resolve { verdict, why: "noise".into() }),
        1 => Just(Act::Comment { text: "hm".into() }),
        2 => prop::sample::select(Priority::ALL.to_vec())
            .prop_map(|priority| Act::SetPriority { priority }),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let who = prop::sample::select(vec![anna(), ben()]);
    let what = || prop::sample::select(SILENCED.to_vec());
    prop_oneof![
        10 => prop::collection::vec(any_report(), 1..5).prop_map(Event::Arrive),
        9 => prop_oneof![1_i64..30, 30_i64..400].prop_map(Event::Pass),
        5 => (0_usize..8, who, any_act()).prop_map(|(at, who, act)| Event::Act(at, who, act)),
        2 => (what(), 1_i64..30).prop_map(|(what, minutes)| Event::Silence(what, minutes)),
        1 => what().prop_map(Event::Unsilence),
        1 => (0_usize..3).prop_map(Event::Reload),
    ]
}

/// Any history of up to so many events.
pub(super) fn any_history(events: usize) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(any_event(), 1..events)
}
