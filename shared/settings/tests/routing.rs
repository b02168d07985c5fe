//! The routing tree: what is inherited, who is told, and every fault with its remedy.
#![cfg(feature = "yaml")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop with the place"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use settings::{Channel, Duration, GroupBy, Lookup, Priority, Receiver, Routing, Settings, Target};
use test_case::test_case;

struct Labels(BTreeMap<String, String>);

impl Lookup for Labels {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
    fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }
}

fn labels(text: &str) -> Labels {
    let pairs = text.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    Labels(pairs.collect())
}

fn settings(text: &str) -> Settings {
    Settings::from_yaml(&format!("project: x\nrules: []\n{text}")).unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

fn faults(text: &str) -> String {
    let faults = Settings::from_yaml(&format!("project: x\nrules: []\n{text}")).unwrap_err();
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The tree as people read it.
fn picture(routing: &Routing) -> String {
    let mut text = String::new();
    for route in &routing.routes {
        let name = &routing.receiver(route.receiver).unwrap().name;
        let group_by = match &route.group_by {
            GroupBy::All => "...".to_owned(),
            GroupBy::Labels(labels) => labels.join(" "),
        };
        let intervals = |list: &[usize]| -> Vec<String> {
            let names = list
                .iter()
                .map(|at| &routing.time_interval(*at).unwrap().name);
            names.map(ToString::to_string).collect()
        };
        let escalation = route.escalation.and_then(|at| routing.escalation(at));
        writeln!(
            text,
            "{} → {name}; by [{group_by}] {}/{}/{}; mute {:?} active {:?}; escalation {:?}; continue {}; parent {:?} children {:?}",
            route.id,
            route.group_wait,
            route.group_interval,
            route.repeat_interval,
            intervals(&route.mute_time_intervals),
            intervals(&route.active_time_intervals),
            escalation.map(|escalation| escalation.name.as_str()),
            route.continues,
            route.parent,
            route.children,
        )
        .unwrap();
    }
    text
}

const TREE: &str = r#"
route:
  receiver: default
  group_by: [cluster, alertname, cluster]
  escalation: ladder
  routes:
    - matchers: [service="payments"]
      receiver: payments
      continue: true
      group_wait: 0s
      mute_time_intervals: [night]
      routes:
        - match: {severity: critical}
          match_re: {owner: team-X|team-Y}
          group_by: ['...']
          group_interval: 0s
          routes: [{matchers: [a=b], group_by: []}]
        - matchers: ['{severity!="critical", code =~ "5\d\d"}']
          active_time_intervals: [night, weekend]
          escalation: none
          routes: [{matchers: [a=b], group_by: [c]}]
    - matchers: [service=~"payments|orders"]
      repeat_interval: 1d
    - matchers: ['a="quoted \"x\""']
      continue: true
    - matchers: ['a="quoted \"x\""']
receivers:
  - name: default
    webhook: [{}]
  - name: payments
    pagerduty: [{}]
    email: [{to: [a@example.org, b@example.org]}, {send_resolved: false}]
time_intervals:
  - name: night
    time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]
mute_time_intervals:
  - name: weekend
    time_intervals: [{weekdays: ['saturday', 'sunday'], location: Asia/Kolkata}]
escalation:
  - name: ladder
    steps: [{after: 5m, to: [payments]}, {after: 20m, to: [turns, default]}]
    repeat: 2
rotations:
  - name: turns
    members: [payments, default]
    type: weekly
    start: 2026-01-05T09:00
    time_zone: Asia/Kolkata
    overrides: [{from: 2026-01-12T00:00:00Z, until: 2026-01-13T00:00:00Z, member: payments}]
flapping: {}
"#;

#[test]
fn children_inherit_what_alertmanagers_do() {
    insta::assert_snapshot!(picture(&settings(TREE).routing));
}

#[test_case("", &["{}"]; "nothing")]
#[test_case("service=payments", &["{}/{service=\"payments\"}", "{}/{service=~\"payments|orders\"}"]; "it goes on where it says so")]
#[test_case("service=orders", &["{}/{service=~\"payments|orders\"}"]; "one of the words")]
#[test_case("service=ordersx", &["{}"]; "none of the words")]
fn an_alert_goes_down_to_the_last_route_that_matches(given: &str, expected: &[&str]) {
    let routing = settings(TREE).routing;
    let found = routing.matching(&labels(given));
    let ids: Vec<&str> = found
        .iter()
        .map(|at| routing.route(*at).unwrap().id.as_str())
        .collect();
    // The child of payments with `severity!="critical"` needs a code.
    assert_eq!(ids, expected);
}

#[test]
fn the_deepest_route_has_the_alert() {
    let routing = settings(TREE).routing;
    let found = routing.matching(&labels(
        "service=payments severity=critical owner=team-Y a=b",
    ));
    let ids: Vec<&str> = found
        .iter()
        .map(|at| routing.routes[*at].id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            r#"{}/{service="payments"}/{owner=~"team-X|team-Y",severity="critical"}/{a="b"}"#,
            r#"{}/{service=~"payments|orders"}"#
        ]
    );
    assert_eq!(routing.route_of_id(ids[0]), Some(found[0]));
}

#[test]
fn what_routes_refer_to_is_resolved() {
    let routing = settings(TREE).routing;
    assert_eq!(routing.resolve_timeout, Duration::from_minutes(5));
    assert_eq!(routing.max_silence, Duration::from_minutes(30 * 24 * 60));
    let flapping = routing.flapping.unwrap();
    assert_eq!(
        (
            flapping.changes,
            flapping.window.as_minutes(),
            flapping.quiet.as_minutes()
        ),
        (6, 30, 15)
    );
    let ladder = routing.escalation(0).unwrap();
    assert_eq!(ladder.steps[0].to, [Target::Receiver(1)]);
    assert_eq!(
        ladder.steps[1].to,
        [Target::Rotation(0), Target::Receiver(0)]
    );
    assert_eq!(
        (ladder.repeat, ladder.repeat_after, ladder.ack_timeout),
        (2, Duration::from_minutes(15), None)
    );
    let turns = routing.rotation(0).unwrap();
    let on_call = |at: &str| turns.on_call(at.parse().unwrap());
    assert_eq!(on_call("2026-01-05T03:30:00Z"), Some(1));
    assert_eq!(on_call("2026-01-12T03:30:00Z"), Some(1), "the stand-in");
    assert_eq!(on_call("2026-01-13T03:30:00Z"), Some(0));
    let weekend = routing.time_interval(1).unwrap();
    assert!(weekend.contains("2026-01-09T18:30:00Z".parse().unwrap()));
    assert!(!weekend.contains("2026-01-09T18:29:59Z".parse().unwrap()));
    let Receiver { integrations, .. } = routing.receiver(1).unwrap();
    let told: Vec<_> = integrations
        .iter()
        .map(|one| (one.channel, one.to.len(), one.send_resolved))
        .collect();
    assert_eq!(
        told,
        [
            (Channel::Email, 2, true),
            (Channel::Email, 0, false),
            (Channel::Pagerduty, 0, true)
        ]
    );
}

#[test_case("[{after: 0s, to: [w]}]", 5; "at least five minutes")]
#[test_case("[{after: 20m, to: [w]}]", 20; "the only step")]
#[test_case("[{after: 20m, to: [w]}, {after: 50m, to: [w]}]", 30; "between the last two")]
fn a_round_follows_after(steps: &str, minutes: u32) {
    let text = format!(
        "route: {{receiver: w}}\nreceivers: [{{name: w}}]\nescalation: [{{name: e, steps: {steps}}}]"
    );
    let ladder = &settings(&text).routing.escalations[0];
    assert_eq!(ladder.repeat_after.as_minutes(), minutes);
}

#[test]
fn without_a_route_there_is_a_branch_for_each_priority() {
    let settings = settings("priorities: {P2: {response: 20m, notify: [slack]}}");
    let mut text = picture(&settings.routing);
    for receiver in &settings.routing.receivers {
        let channels: Vec<&str> = receiver.channels().map(Channel::as_str).collect();
        writeln!(text, "{}: {}", receiver.name, channels.join(", ")).unwrap();
    }
    for escalation in &settings.routing.escalations {
        writeln!(text, "{}: {:?}", escalation.name, escalation.steps).unwrap();
    }
    insta::assert_snapshot!(text);
    let found = settings.routing.matching(&labels("priority=P2"));
    assert_eq!(settings.routing.channels(&found), [Channel::Slack]);
    assert_eq!(settings.policy(Priority::P2).notify, [Channel::Slack]);
}

#[test]
fn with_a_route_a_priority_tells_whom_the_route_tells() {
    let settings = settings(
        r"
priorities: {P1: {response: 7m}}
route:
  receiver: w
  routes:
    - {matchers: [priority=P1], receiver: all, continue: true}
    - {matchers: [priority=~P1|P2], receiver: chat}
    - {matchers: [service=~'.+', priority=P3], receiver: all}
receivers: [{name: w, webhook: [{}]}, {name: all, sms: [{}], email: [{}]}, {name: chat, slack: [{}], email: [{}]}]
",
    );
    let policy = settings.policy(Priority::P1);
    assert_eq!(policy.response_minutes, 7);
    assert_eq!(
        policy.notify,
        [Channel::Email, Channel::Slack, Channel::Sms]
    );
    let told = |priority| settings.policy(priority).notify;
    assert_eq!(told(Priority::P2), [Channel::Email, Channel::Slack]);
    assert_eq!(told(Priority::P3), [Channel::Webhook]);
}

#[test]
fn the_shipped_tree_keeps_the_strategys_promises() {
    let text = include_str!("../../../config/monitoring.yaml");
    let routing = Settings::from_yaml(text).unwrap().routing;
    let of = |given: &str| {
        let found = routing.matching(&labels(given));
        assert_eq!(found.len(), 1, "{given}");
        routing.route(found[0]).unwrap()
    };
    let minutes = |given: &str| -> Vec<u32> {
        let escalation = of(given).escalation.and_then(|at| routing.escalation(at));
        let steps = escalation.unwrap().steps.iter();
        steps.map(|step| step.after.as_minutes()).collect()
    };
    assert!(of("priority=P1").group_wait.is_zero());
    assert!(of("priority=P1").group_interval.is_zero());
    assert_eq!(of("priority=P2").group_wait, Duration::from_secs(30));
    assert_eq!(minutes("priority=P1"), [5, 15]);
    assert_eq!(minutes("priority=P2"), [15]);
    assert_eq!(minutes("priority=P3"), [60]);
    assert_eq!(minutes("priority=P4"), [24 * 60]);
    let digest = routing
        .time_interval(of("priority=P4").active_time_intervals[0])
        .unwrap();
    assert!(
        digest.contains("2026-01-05T03:30:00Z".parse().unwrap()),
        "09:00 in India"
    );
    assert!(!digest.contains("2026-01-05T09:00:00Z".parse().unwrap()));
    let outage = &routing.inhibit_rules[0];
    let holds = |matchers: &[settings::Matcher], given: &str| {
        matchers
            .iter()
            .all(|matcher| matcher.is_match(&labels(given)))
    };
    assert!(holds(
        &outage.source,
        "service=database category=availability priority=P1"
    ));
    assert!(!holds(
        &outage.source,
        "service=database category=saturation priority=P3"
    ));
    assert!(holds(
        &outage.target,
        "service=payments category=errors priority=P2"
    ));
    assert!(!holds(
        &outage.target,
        "service=payments category=errors priority=P1"
    ));
    assert!(!holds(
        &outage.target,
        "service=realtime category=errors priority=P2"
    ));
}

#[test]
fn what_the_build_writes_is_the_same_tree() {
    let text = format!("project: x\nrules: []\n{TREE}");
    let raw = settings::check::read_yaml(&text).unwrap();
    let json = serde_json::to_string(&raw).unwrap();
    let read = Settings::from_json(&json).unwrap();
    assert_eq!(
        format!("{:?}", read.routing),
        format!("{:?}", settings(TREE).routing)
    );
}

#[test_case("{matchers: [a=b], receiver: nobody}", "there is no receiver `nobody`; known are: w, or add it"; "receiver")]
#[test_case("{matchers: [a=b], receiver: W}", "did you mean `w`?"; "receiver in capitals")]
#[test_case("{matchers: [a=b], mute_time_intervals: [nights]}", "there is no time interval `nights`; did you mean `night`?"; "interval")]
#[test_case("{matchers: [a=b], active_time_intervals: [day]}", "route.routes[0].active_time_intervals[0]: there is no time interval `day`"; "active interval")]
#[test_case("{matchers: [a=b], escalation: up}", "there is no escalation `up`; add it to `escalation`"; "escalation")]
#[test_case("{matchers: [a=b], group_by: ['...', c]}", "`...` is all labels"; "all labels and one")]
#[test_case("{matchers: [a=b], repeat_interval: 0s}", "`0s` is no time at all"; "no repeat interval")]
#[test_case("{matchers: [a=b], group_interval: soon}", "`soon` is no duration"; "no duration")]
#[test_case("{matchers: ['{a=b, c}']}", "`c` is no matcher"; "the second of two matchers")]
#[test_case("{match_re: {a: '('}}", "unclosed group"; "expression")]
#[test_case("{match: {'a b': c}}", "`a b` is no label name"; "label")]
#[test_case("{match: {a: 5}}", "this is a number where a text is expected"; "a number for a text")]
#[test_case("{}, {matchers: [a=b]}", "route.routes[1]: route.routes[0] has every alert"; "after one that has all")]
#[test_case("{matchers: [a=b]}, {match: {c: d, a: b}}", "route.routes[0] has all alerts of this route"; "after one that asks for less")]
fn names_the_fault_of_a_route(routes: &str, expected: &str) {
    let faults = faults(&format!(
        "route: {{receiver: w, routes: [{routes}]}}\nreceivers: [{{name: w}}]\n\
         time_intervals: [{{name: night, time_intervals: [{{weekdays: [monday]}}]}}]"
    ));
    assert!(faults.contains(expected), "{faults}");
    assert_eq!(faults.lines().count(), 1, "{faults}");
}

#[test_case("{matchers: [a=b], continue: true}, {matchers: [a=b]}"; "it goes on")]
#[test_case("{matchers: [a=b, c=d]}, {matchers: [a=b]}"; "the narrower comes first")]
#[test_case("{matchers: [a=b]}, {}"; "the last has the rest")]
fn these_routes_are_reached(routes: &str) {
    settings(&format!(
        "route: {{receiver: w, routes: [{routes}]}}\nreceivers: [{{name: w}}]"
    ));
}

#[test_case("route: {}", "route.receiver: the root names no receiver"; "no receiver in the root")]
#[test_case("route: {receiver: w, matchers: [a=b]}\nreceivers: [{name: w}]", "route.matchers: the root has every alert"; "matchers in the root")]
#[test_case("route: {receiver: w, continue: true}\nreceivers: [{name: w}]", "route.continue: the root has no siblings"; "continue in the root")]
#[test_case("receivers: [{name: w}]", "there is no `route`, so nothing uses `receivers`"; "receivers alone")]
#[test_case("route: {receiver: w}\nreceivers: [{name: w}, {name: w}]", "the receiver `w` stands at receivers[0] already"; "a receiver twice")]
#[test_case("route: {receiver: w}\nreceivers: [{name: w}]\nrotations: [{name: w, members: [w], type: daily, start: 2026-01-05T09:00}]", "the rotation `w` stands at receivers[0] already"; "a rotation like a receiver")]
#[test_case("route: {receiver: t}\nreceivers: [{name: w}]\nrotations: [{name: t, members: [w], type: daily, start: 2026-01-05T09:00}]", "`t` is a rotation, and routes tell receivers"; "a rotation in a route")]
#[test_case("route: {receiver: w}\nreceivers: [{name: w, teams: [{}]}]", "there is no field `teams` here"; "a channel that there is not")]
#[test_case("route: {receiver: w}\nreceivers: [{name: w, email: [{to: [me]}]}]", "receivers[0].email[0].to[0]: `me` is no e-mail address"; "address")]
#[test_case("route: {receiver: w}\nreceivers: [{name: w, sms: [{to: ['0800 1']}]}]", "is no telephone number in E.164"; "number")]
#[test_case("route: {receiver: w}\nreceivers: [{name: w}]\npriorities: {P1: {notify: [email]}}", "priorities.P1.notify: there is a `route`"; "notify beside route")]
#[test_case("inhibit_rules: [{equal: [a]}]", "every alert is source and target"; "inhibition without matchers")]
#[test_case("inhibit_rules: [{source_matchers: [a], target_matchers: [b=c]}]", "`a` is no matcher"; "inhibition with a faulty matcher")]
#[test_case("inhibit_rules: [{name: a, source_matchers: [a=b]}, {name: a, source_matchers: [c=d]}]", "the rule `a` stands at"; "inhibition rules of one name")]
#[test_case("flapping: {changes: 1}", "at least 2"; "one change")]
#[test_case("time_intervals: [{name: a, time_intervals: [{weekdays: [moonday]}]}]", "time_intervals[0].time_intervals[0].weekdays[0]"; "weekday")]
#[test_case("time_intervals: [{name: a, time_intervals: [{weekdays: []}]}]", "this list is empty"; "no weekday")]
#[test_case("time_intervals: [{name: a}]", "there is no time in this"; "no time")]
#[test_case("time_intervals: [{name: a, time_intervals: [{}]}]\nmute_time_intervals: [{name: a, time_intervals: [{}]}]", "stands at time_intervals[0] already"; "an interval twice")]
fn names_the_fault(text: &str, expected: &str) {
    let faults = faults(text);
    assert!(faults.contains(expected), "{faults}");
    assert_eq!(faults.lines().count(), 1, "{faults}");
}

#[test_case("steps: []", "this escalation has no steps"; "no steps")]
#[test_case("steps: [{after: 5m, to: []}]", "this step tells nobody"; "nobody")]
#[test_case("steps: [{after: 5m, to: [w]}, {after: 4m, to: [w]}]", "taken at 4m, before the one above, at 5m"; "backwards")]
#[test_case("steps: [{after: 5m, to: [turn]}]", "there is no receiver or rotation `turn`; did you mean `turns`?"; "unknown")]
#[test_case("steps: [{after: 5m, to: [w]}], ack_timeout: 0s", "no time at all"; "an acknowledgement that never counts")]
#[test_case("steps: [{to: [w]}]", "the field `after` is missing"; "no time")]
fn names_the_fault_of_an_escalation(text: &str, expected: &str) {
    let faults = faults(&format!(
        "route: {{receiver: w}}\nreceivers: [{{name: w}}]\nescalation: [{{name: e, {text}}}]\n\
         rotations: [{{name: turns, members: [w], type: daily, start: 2026-01-05T09:00}}]"
    ));
    assert!(faults.contains(expected), "{faults}");
    assert_eq!(faults.lines().count(), 1, "{faults}");
}

#[test]
fn no_escalation_is_named_none() {
    let faults = faults(
        "route: {receiver: w}\nreceivers: [{name: w}]\nescalation: [{name: none, steps: [{after: 1m, to: [w]}]}]",
    );
    assert!(
        faults.contains("give this escalation another name"),
        "{faults}"
    );
}

#[test_case("members: [], type: daily, start: 2026-01-05T09:00", "no members"; "no members")]
#[test_case("members: [v], type: daily, start: 2026-01-05T09:00", "there is no receiver `v`"; "unknown member")]
#[test_case("members: [w], type: monthly, start: 2026-01-05T09:00", "`monthly` is not allowed here"; "unknown type")]
#[test_case("members: [w], type: daily, start: tomorrow", "`tomorrow` is no beginning"; "beginning")]
#[test_case("members: [w], type: daily, start: 2026-01-05T09:00, time_zone: Kolkata", "`Kolkata` is no time zone; write Asia/Kolkata"; "zone")]
#[test_case("members: [w], type: daily, shift_length: 0, start: 2026-01-05T09:00", "`shift_length` is 0"; "no length")]
#[test_case("members: [w], type: daily, start: 2026-01-05T09:00, overrides: [{from: now, until: 2026-01-05T09:00:00Z, member: w}]", "`now` is no instant"; "instant")]
#[test_case("members: [w], type: daily, start: 2026-01-05T09:00, overrides: [{from: 2026-01-05T09:00:00Z, until: 2026-01-06T09:00:00Z, member: v}]", "there is no member `v`"; "a stand-in that is no member")]
fn names_the_fault_of_a_rotation(text: &str, expected: &str) {
    let faults = faults(&format!(
        "route: {{receiver: w}}\nreceivers: [{{name: w}}]\nrotations: [{{name: r, {text}}}]"
    ));
    assert!(faults.contains(expected), "{faults}");
    assert_eq!(faults.lines().count(), 1, "{faults}");
}

#[test]
fn a_tree_deeper_than_anybody_needs_is_refused() {
    let mut routes = "{matchers: [a=b]}".to_owned();
    for _ in 0..33 {
        routes = format!("{{matchers: [a=b], routes: [{routes}]}}");
    }
    let faults = faults(&format!(
        "route: {{receiver: w, routes: [{routes}]}}\nreceivers: [{{name: w}}]"
    ));
    assert!(faults.contains("more than 32 levels deep"), "{faults}");
}

/// Alertmanager's walk, word by word.
fn linear(routing: &Routing, node: usize, subject: &Labels) -> Option<Vec<usize>> {
    let route = &routing.routes[node];
    if !route
        .matchers
        .iter()
        .all(|matcher| matcher.is_match(subject))
    {
        return None;
    }
    let mut all = Vec::new();
    for child in &route.children {
        let found = linear(routing, *child, subject);
        let matched = found.is_some();
        all.extend(found.into_iter().flatten());
        if matched && !routing.routes[*child].continues {
            break;
        }
    }
    if all.is_empty() {
        all.push(node);
    }
    Some(all)
}

fn matcher() -> impl Strategy<Value = serde_json::Value> {
    let name = prop::sample::select(vec!["a", "b", "c"]);
    let value = prop::sample::select(vec!["", "x", "y", "z", "x|y", "|z", ".*", "x.?", "[yz]"]);
    let sign = prop::sample::select(vec!["=", "=", "=", "!=", "=~", "=~", "!~"]);
    (name, sign, value).prop_map(|(name, sign, value)| format!("{name}{sign}\"{value}\"").into())
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    let leaf = (prop::collection::vec(matcher(), 0..3), any::<bool>()).prop_map(
        |(matchers, continues)| serde_json::json!({"matchers": matchers, "continue": continues}),
    );
    leaf.prop_recursive(3, 40, 8, |inner| {
        (
            prop::collection::vec(matcher(), 0..3),
            any::<bool>(),
            prop::collection::vec(inner, 0..8),
        )
            .prop_map(|(matchers, continues, routes)| {
                serde_json::json!({"matchers": matchers, "continue": continues, "routes": routes})
            })
    })
}

proptest! {
    #[test]
    fn the_index_changes_nothing(
        routes in prop::collection::vec(tree(), 0..12),
        subjects in prop::collection::vec(
            prop::collection::btree_map("[abc]", "[xyz]?", 0..4), 1..20),
    ) {
        let json = serde_json::json!({
            "project": "x", "rules": [], "receivers": [{"name": "w"}],
            "route": {"receiver": "w", "routes": routes},
        });
        let routing = Settings::from_json(&json.to_string()).unwrap().routing;
        for labels in subjects {
            let subject = Labels(labels);
            prop_assert_eq!(routing.matching(&subject), linear(&routing, 0, &subject).unwrap());
        }
    }

    #[test]
    fn ids_are_unique_and_siblings_elsewhere_do_not_change_them(
        routes in prop::collection::vec(tree(), 1..6),
        more in tree(),
    ) {
        let read = |routes: &[serde_json::Value]| {
            let json = serde_json::json!({
                "project": "x", "rules": [], "receivers": [{"name": "w"}],
                "route": {"receiver": "w", "routes": routes},
            });
            let routing = Settings::from_json(&json.to_string()).unwrap().routing;
            routing.routes.iter().map(|route| route.id.clone()).collect::<Vec<_>>()
        };
        let before = read(&routes);
        let unique: std::collections::BTreeSet<_> = before.iter().collect();
        prop_assert_eq!(unique.len(), before.len());
        let mut longer = routes;
        longer.push(more);
        let after = read(&longer);
        prop_assert_eq!(&after[..before.len()], before.as_slice());
    }
}
