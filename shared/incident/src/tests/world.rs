//! Incidents, groups, inhibitions and silences together.

use jiff::SignedDuration;
use serde_json::json;
use settings::Channel;

use super::history::Town;
use super::town::town;
use super::{anna, batch, fingerprint, policy_of, second};
use crate::{
    Act, GroupKey, IncidentKey, IncidentState, NotificationEvent, Policy, RecordName, Transition,
    World,
};

fn orders() -> IncidentKey {
    IncidentKey::try_new("orders/errors").unwrap()
}

fn state(town: &Town) -> &IncidentState {
    town.world.incident(&orders()).unwrap()
}

/// One group that waits ten seconds, then a minute between its messages.
fn plain() -> Policy {
    policy_of(json!({
        "receivers": [{"name": "team", "slack": [{}]}],
        "route": {"receiver": "team", "group_by": ["service"], "group_wait": "10s",
                  "group_interval": "1m", "repeat_interval": "4h"},
    }))
}

fn told(town: &Town) -> Vec<(i64, NotificationEvent)> {
    let since = |at: &jiff::Timestamp| at.duration_since(super::start()).as_secs();
    town.told
        .iter()
        .map(|(at, told)| (since(at), told.event))
        .collect()
}

#[test]
fn dispositions_come_in_the_order_of_the_input() {
    let mut world = World::whole(town(0));
    let arrivals = batch("+pay:z@1 +a@1 +pay:y@1 +a@1 ~b@1");
    let dispositions = world.arrive(arrivals.clone(), second(1));
    let brought = |at: usize| (&arrivals[at].message, arrivals[at].alert.alert.fingerprint);
    for (at, disposition) in dispositions.iter().enumerate() {
        assert_eq!((&disposition.message, disposition.fingerprint), brought(at));
    }
    assert_eq!(dispositions.len(), 5);
    let effects = world.take_effects();
    assert_eq!(effects.grouped, 4);
    assert_eq!(effects.episodes.len(), 2);
    assert!(
        effects
            .episodes
            .iter()
            .all(|change| change.transition == Transition::Opened)
    );
}

#[test]
fn an_arrival_may_say_which_incident_it_belongs_to() {
    let mut world = World::whole(plain());
    let mut arrivals = batch("+a@1");
    arrivals[0].incident = Some(IncidentKey::try_new("elsewhere").unwrap());
    world.arrive(arrivals, second(1));
    let keys: Vec<String> = world
        .incidents()
        .map(|state| state.key.to_string())
        .collect();
    assert_eq!(keys, ["elsewhere"]);
}

#[test]
fn each_record_is_changed_once_and_counts_one_up() {
    let mut world = World::whole(plain());
    world.arrive(batch("+a@1 +b@1"), second(1));
    let changed = world.take_changed();
    assert_eq!(changed.len(), 2);
    assert_eq!(world.incident(&orders()).unwrap().version, 1);
    assert_eq!(world.groups().next().unwrap().version, 1);
    assert!(world.take_changed().is_empty());
    world.arrive(batch("+a@1"), second(2));
    assert!(
        world.take_changed().is_empty(),
        "a repetition writes nothing"
    );
}

#[test]
fn an_episode_that_fires_again_before_its_end_is_told_goes_on() {
    let mut town = Town::in_parts(plain());
    town.say("+a@0");
    town.pass(10);
    let id = state(&town).episode.as_ref().unwrap().id.clone();
    assert_eq!(state(&town).episode.as_ref().unwrap().settling_ms, 60_000);
    town.say("-a@5");
    town.pass(30);
    town.say("+a@30");
    assert_eq!(state(&town).episode.as_ref().unwrap().id, id);
    town.pass(120);
    assert_eq!(told(&town), [(10, NotificationEvent::Opened)]);
    assert!(town.reports.is_empty());
    town.say("-a@160");
    town.pass(60);
    assert_eq!(told(&town)[1..], [(190, NotificationEvent::Resolved)]);
    assert_eq!(town.reports, [id.to_string()]);
    town.pass(3_600);
    assert_eq!(town.reports.len(), 1, "a report is asked for once");
}

#[test]
fn an_acknowledged_episode_that_fires_again_is_another_and_the_first_is_closed() {
    let mut town = Town::in_parts(plain());
    town.say("+a@0");
    town.pass(10);
    let first = state(&town).episode.as_ref().unwrap().id.clone();
    town.act(&orders(), &anna(), &Act::Acknowledge { until: None })
        .unwrap();
    town.say("-a@10");
    town.say("+a@11");
    assert_eq!(town.reports, [first.to_string()]);
    town.pass(60);
    let news: Vec<_> = town
        .told
        .iter()
        .skip(2)
        .map(|(_, told)| (told.event, told.incident.id == first))
        .collect();
    assert!(
        news.contains(&(NotificationEvent::Resolved, true)),
        "{news:?}"
    );
    assert!(
        news.iter()
            .any(|(event, of_first)| !of_first && *event != NotificationEvent::Resolved)
    );
}

#[test]
fn an_end_by_a_clock_that_is_ahead_is_an_end() {
    let mut town = Town::in_parts(plain());
    town.say("+a@0");
    town.pass(10);
    town.say("-a@15");
    town.pass(60);
    assert_eq!(told(&town)[1..], [(70, NotificationEvent::Resolved)]);
    let known = &state(&town).alerts[&fingerprint("a")];
    assert_eq!(known.span.ends_at, Some(second(10)));
    assert_eq!(known.changed_at, second(15));
}

#[test]
fn a_lapse_ends_the_incident_and_is_told() {
    let mut town = Town::in_parts(plain());
    let mut arrivals = batch("+a@0");
    arrivals[0].alert.alert.lifetime_minutes = Some(5);
    town.arrive(&arrivals);
    town.pass(3_600);
    assert_eq!(
        told(&town),
        [
            (10, NotificationEvent::Opened),
            (310, NotificationEvent::Resolved)
        ]
    );
    assert_eq!(
        state(&town).episode.as_ref().unwrap().resolved_at,
        Some(second(300))
    );
    assert_eq!(town.reports.len(), 1);
    assert_eq!(town.next_due(), None);
}

#[test]
fn a_timer_that_comes_again_does_nothing() {
    let mut town = Town::in_parts(plain());
    town.say("+a@0");
    town.pass(10);
    let now = town.now;
    let group = town.world.groups().next().unwrap().key.clone();
    for name in [
        RecordName::Group(group),
        RecordName::Group(GroupKey::from_text("gone")),
        RecordName::Incident(orders()),
        RecordName::Incident(IncidentKey::try_new("unknown").unwrap()),
        RecordName::Silences,
    ] {
        town.world.wake(&name, now);
        assert!(town.world.take_changed().is_empty(), "{name:?}");
        assert_eq!(town.world.take_effects(), crate::Effects::default());
    }
}

#[test]
fn a_silence_begins_ends_and_says_that_it_ends() {
    let mut town = Town::in_parts(plain());
    town.silence("service=\"orders\"", 60);
    assert_eq!(town.world.silences().0, 1);
    town.say("+a@0");
    town.pass(44 * 60);
    assert!(town.told.is_empty());
    assert!(town.world.ending_silences(town.now).is_empty());
    let soon = town.now + SignedDuration::from_mins(1);
    assert_eq!(town.world.ending_silences(soon).len(), 1);
    assert_eq!(town.world.take_changed().len(), 1);
    assert!(town.world.ending_silences(soon).is_empty());
    assert!(town.world.take_changed().is_empty());
    assert!(!town.world.unsilence("unknown", soon));
    assert!(town.world.unsilence("service=\"orders\"", soon));
    assert!(!town.world.unsilence("service=\"orders\"", soon));
    assert_eq!(town.world.silences().0, 3);
}

#[test]
fn what_silences_and_inhibitions_hold_back_is_counted_by_its_reason() {
    let mut town = Town::in_parts(town(0));
    town.silence("alertname=\"c\"", 5);
    town.say("+a@0/P2 +b@0 +c@0");
    town.pass(60);
    let names: Vec<_> = town
        .told
        .iter()
        .flat_map(|(_, told)| &told.alerts)
        .map(|a| a.fingerprint)
        .collect();
    assert!(
        names.iter().all(|name| *name == fingerprint("a")),
        "{names:?}"
    );
    assert_eq!(town.pending(), 2);
    town.say("-b@60 -c@60");
    town.pass(120);
    let group = town.world.groups().next().unwrap();
    let reasons: Vec<&str> = group
        .counters
        .suppressed
        .keys()
        .map(|reason| reason.as_str())
        .collect();
    assert_eq!(reasons, ["inhibited"], "c is inhibited as well");
    assert_eq!(town.pending(), 0);
}

#[test]
fn what_has_no_channel_is_counted_so() {
    let mut policy = plain();
    assert_eq!(
        policy
            .restrict(&[Channel::Email])
            .into_iter()
            .collect::<Vec<_>>(),
        [Channel::Slack]
    );
    let mut town = Town::in_parts(policy);
    town.say("+a@0 ~b@0");
    town.pass(10);
    let group = town.world.groups().next().unwrap();
    assert_eq!(group.counters.suppressed_total(), 2);
    assert!(town.told.is_empty());
}

#[test]
fn a_record_that_cannot_be_read_counts_on() {
    let mut world = World::part(plain(), []);
    world.begin_anew(&RecordName::Incident(orders()), 7);
    let group = GroupKey::from_text("{}:{service=\"orders\"}");
    world.begin_anew(&RecordName::Group(group.clone()), 9);
    world.arrive(batch("+a@0"), second(0));
    assert_eq!(world.incident(&orders()).unwrap().version, 8);
    assert_eq!(world.group(&group).unwrap().version, 10);
}

#[test]
fn what_flaps_is_told_once_and_then_when_it_is_calm() {
    let mut settings = json!({
        "flapping": {"changes": 3, "window": "10m", "quiet": "5m"},
        "receivers": [{"name": "team", "slack": [{}]}],
    });
    settings["route"] = json!({"receiver": "team", "group_wait": "0s", "group_interval": "0s"});
    let mut town = Town::in_parts(policy_of(settings));
    for second in 0..9 {
        let sign = if second % 2 == 0 { '+' } else { '-' };
        town.say(&format!("{sign}a@{second}"));
        town.pass(1);
    }
    town.say("-a@9");
    let events = |town: &Town| {
        told(town)
            .into_iter()
            .map(|told| told.1)
            .collect::<Vec<_>>()
    };
    let first = [
        NotificationEvent::Opened,
        NotificationEvent::Resolved,
        NotificationEvent::Flapping,
    ];
    assert_eq!(events(&town), first);
    // Its end is told when it has been calm, for people know that it fires.
    town.pass(3_600);
    let calm = &told(&town)[3..];
    assert!(!calm.is_empty(), "{calm:?}");
    assert!(
        calm.iter()
            .all(|told| *told == (9 + 300, NotificationEvent::Resolved)),
        "{calm:?}"
    );
    assert_eq!(town.pending(), 0);
}
