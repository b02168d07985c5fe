//! What people do about one incident.

use alert_classification::Status;
use jiff::Timestamp;
use settings::Priority;
use test_case::test_case;

use super::{Bench, anna, arrival, batch, ben, brief, fingerprint, second};
use crate::{
    Act, ActError, Actor, Change, Decision, IncidentId, MAX_TEXT_CHARS, News, TimelineEvent,
    Transition, Verdict, VerdictKind,
};

const ACK: Act = Act::Acknowledge { until: None };

fn until(at: i64) -> Act {
    let until = Some(second(at));
    Act::Acknowledge { until }
}

fn resolve(verdict: Option<VerdictKind>, why: &str) -> Act {
    let why = why.to_owned();
    Act::Resolve { verdict, why }
}

fn comment(text: &str) -> Act {
    Act::Comment { text: text.into() }
}

const fn set(priority: Priority) -> Act {
    Act::SetPriority { priority }
}

fn try_by(bench: &mut Bench, by: &Actor, act: &Act) -> Result<Decision, ActError> {
    let id = bench.episode().id.clone();
    crate::act(
        &mut bench.state,
        &id,
        act,
        by,
        bench.now,
        &bench.policy,
        None,
    )
}

fn by(bench: &mut Bench, by: &Actor, act: &Act) -> Decision {
    try_by(bench, by, act).unwrap()
}

fn news(decision: &Decision) -> Vec<News> {
    decision.steps.iter().map(|step| step.news).collect()
}

#[test_case(&ACK, Transition::StayedOpen; "acknowledge")]
#[test_case(&until(2_000), Transition::StayedOpen; "acknowledge for a time")]
#[test_case(&Act::Unacknowledge, Transition::StayedOpen; "unacknowledge")]
#[test_case(&set(Priority::P1), Transition::StayedOpen; "raise")]
#[test_case(&set(Priority::P4), Transition::StayedOpen; "lower")]
#[test_case(&set(Priority::P3), Transition::StayedOpen; "keep the priority")]
#[test_case(&resolve(None, ""), Transition::Resolved; "resolve")]
#[test_case(&resolve(Some(VerdictKind::TruePositive), "a deploy"), Transition::Resolved; "resolve with a verdict")]
fn an_act_changes_once_and_is_recorded(act: &Act, transition: Transition) {
    let mut bench = Bench::run("+a@1");
    if *act == Act::Unacknowledge {
        by(&mut bench, &anna(), &ACK);
    }
    let version = bench.state.version;
    let decision = by(&mut bench, &ben(), act);
    assert_eq!(
        (decision.change, decision.transition),
        (Change::Changed, transition)
    );
    assert_eq!(bench.state.version, version + 1);
    assert_eq!(bench.episode().updated_at, bench.now);
    let acted = TimelineEvent::Acted {
        by: ben(),
        act: act.clone(),
    };
    let entry = bench
        .state
        .timeline
        .iter()
        .find(|entry| entry.event == acted);
    assert_eq!(
        entry.map(|entry| (entry.at, entry.version)),
        Some((bench.now, version + 1))
    );
    let resolved = TimelineEvent::Resolved {
        id: bench.episode().id.clone(),
    };
    let is_resolved = bench
        .state
        .timeline
        .iter()
        .any(|entry| entry.event == resolved);
    assert_eq!(is_resolved, transition == Transition::Resolved);

    let before = bench.state.clone();
    let again = by(&mut bench, &ben(), act);
    assert_eq!((again.change, again.steps), (Change::Unchanged, Vec::new()));
    assert_eq!(bench.state, before);
    let json = serde_json::to_string(&before).unwrap();
    assert_eq!(
        serde_json::from_str::<crate::IncidentState>(&json).unwrap(),
        before
    );
}

#[test_case(&ACK; "acknowledge")]
#[test_case(&Act::Unacknowledge; "unacknowledge")]
#[test_case(&set(Priority::P1); "set the priority")]
#[test_case(&resolve(None, ""); "resolve")]
#[test_case(&comment("hm"); "comment")]
fn an_act_on_what_is_past_or_unknown_is_refused(act: &Act) {
    let mut bench = Bench::run("+a@1 | -a@2");
    let (past, resolved_at) = (bench.episode().id.clone(), second(1_001));
    bench.say("+a@3");
    let before = bench.state.clone();
    let unknown = IncidentId::of("other", second(0), 1);
    let mut on = |id: &IncidentId| {
        let now = bench.now;
        crate::act(&mut bench.state, id, act, &anna(), now, &bench.policy, None).unwrap_err()
    };
    assert_eq!(on(&past), ActError::Over(past.clone(), resolved_at));
    assert_eq!(on(&unknown), ActError::Unknown(unknown.clone()));
    assert_eq!(bench.state, before);
}

#[test_case(&ACK, false; "acknowledge")]
#[test_case(&Act::Unacknowledge, false; "unacknowledge")]
#[test_case(&set(Priority::P1), false; "set the priority")]
#[test_case(&resolve(None, ""), true; "resolve")]
#[test_case(&comment("it was the disk"), true; "comment")]
fn an_act_on_the_last_episode_after_its_end(act: &Act, allowed: bool) {
    let mut bench = Bench::run("+a@1 | -a@2");
    let id = bench.episode().id.clone();
    let result = try_by(&mut bench, &anna(), act);
    assert_eq!(result.is_ok(), allowed);
    match result {
        Ok(decision) => assert_eq!(decision.transition, Transition::StayedQuiet),
        Err(error) => assert_eq!(error, ActError::Over(id, second(1_001))),
    }
}

#[test]
fn a_verdict_may_follow_the_end_and_the_first_one_counts() {
    let mut bench = Bench::run("+a@1 | -a@2");
    let noise = resolve(Some(VerdictKind::FalsePositive), "noise");
    assert_eq!(by(&mut bench, &anna(), &noise).change, Change::Changed);
    let verdict = Verdict {
        kind: VerdictKind::FalsePositive,
        why: "noise".into(),
        by: anna(),
    };
    assert_eq!(bench.episode().verdict.as_ref(), Some(&verdict));
    let other = resolve(Some(VerdictKind::TruePositive), "no");
    assert_eq!(by(&mut bench, &ben(), &other).change, Change::Unchanged);
    assert_eq!(bench.episode().verdict.as_ref(), Some(&verdict));
    assert_eq!(bench.episode().resolved_at, Some(second(1_001)));
}

#[test_case(&comment(""), Some(0); "an empty comment")]
#[test_case(&comment("x"), None; "a short comment")]
#[test_case(&comment(&"ü".repeat(MAX_TEXT_CHARS)), None; "the longest comment")]
#[test_case(&comment(&"ü".repeat(MAX_TEXT_CHARS + 1)), Some(MAX_TEXT_CHARS + 1); "a comment that is too long")]
#[test_case(&resolve(None, &"x".repeat(MAX_TEXT_CHARS)), None; "the longest reason")]
#[test_case(&resolve(None, &"x".repeat(MAX_TEXT_CHARS + 1)), Some(MAX_TEXT_CHARS + 1); "a reason that is too long")]
fn a_text_has_a_length(act: &Act, faulty: Option<usize>) {
    let mut bench = Bench::run("+a@1");
    let error = try_by(&mut bench, &anna(), act).err();
    let field = if matches!(act, Act::Comment { .. }) {
        "text"
    } else {
        "why"
    };
    let limit = MAX_TEXT_CHARS;
    assert_eq!(
        error,
        faulty.map(|chars| ActError::Text {
            field,
            chars,
            limit
        })
    );
}

#[test]
fn the_same_comment_twice_is_two_comments() {
    let mut bench = Bench::run("+a@1");
    by(&mut bench, &anna(), &comment("hm"));
    assert_eq!(
        by(&mut bench, &anna(), &comment("hm")).change,
        Change::Changed
    );
}

#[test]
fn an_acknowledgement_cannot_end_before_it_begins() {
    let mut bench = Bench::run("+a@1");
    let at = bench.now;
    let error = try_by(&mut bench, &anna(), &Act::Acknowledge { until: Some(at) }).unwrap_err();
    assert_eq!(error, ActError::Past { field: "until", at });
    assert!(error.to_string().contains("has passed"), "{error}");
    assert_eq!(bench.episode().acknowledgement, None);
}

#[test]
fn an_acknowledgement_counts_until_it_ends() {
    let mut bench = Bench::run("+a@1");
    by(&mut bench, &anna(), &until(1_100));
    let holds = |at: Timestamp| bench.episode().acknowledged(at).is_some();
    assert!(holds(second(1_099)));
    assert!(!holds(second(1_100)));
    assert_eq!(bench.episode().first_acknowledged_at, Some(bench.now));
    // The same person may take it on again.
    let first = bench.now;
    bench.now = second(1_100);
    assert_eq!(
        by(&mut bench, &anna(), &until(1_100 + 1)).change,
        Change::Changed
    );
    assert_eq!(bench.episode().first_acknowledged_at, Some(first));
}

#[test]
fn without_an_end_the_escalations_counts() {
    let mut bench = Bench::run("+a@1");
    let id = bench.episode().id.clone();
    let default = Some(second(1_200));
    let (now, policy) = (bench.now, bench.policy.clone());
    crate::act(&mut bench.state, &id, &ACK, &anna(), now, &policy, default).unwrap();
    assert_eq!(
        bench.episode().acknowledgement.as_ref().unwrap().until,
        default
    );
    let own = until(1_150);
    crate::act(&mut bench.state, &id, &own, &ben(), now, &policy, default).unwrap();
    let held = bench.episode().acknowledgement.as_ref().unwrap();
    assert_eq!(
        (held.by.who.as_str(), held.until),
        ("ben", Some(second(1_150)))
    );
}

#[test_case(&until(1_500), &until(1_400), false; "a shorter time of the same person shortens nothing")]
#[test_case(&until(1_500), &until(1_600), true; "a longer time of the same person counts")]
#[test_case(&until(1_500), &ACK, true; "for good is longer")]
#[test_case(&ACK, &until(1_500), false; "no time is longer than for good")]
fn a_second_press_of_the_same_person(first: &Act, then: &Act, changes: bool) {
    let mut bench = Bench::run("+a@1");
    by(&mut bench, &anna(), first);
    let change = by(&mut bench, &anna(), then).change;
    assert_eq!(change == Change::Changed, changes);
    // Whoever else takes it over says for how long.
    assert_eq!(by(&mut bench, &ben(), then).change, Change::Changed);
}

#[test]
fn what_still_fires_may_be_set_to_the_priority_that_the_incident_had() {
    let mut bench = Bench::quick();
    let fires = |name, priority| arrival(name, Status::Firing, second(1), priority);
    bench.send(&[fires("a", Priority::P1), fires("b", Priority::P3)]);
    bench.send(&[arrival("a", Status::Resolved, second(2), Priority::P1)]);
    assert_eq!(bench.episode().priority, Priority::P1);
    let decision = by(&mut bench, &anna(), &set(Priority::P1));
    assert_eq!(news(&decision), [News::Rose]);
    // Once is enough.
    let again = by(&mut bench, &anna(), &set(Priority::P1));
    assert_eq!(again.change, Change::Unchanged);
}

#[test]
fn a_priority_that_is_set_tells_what_fires_again() {
    let mut bench = Bench::run("+a@1 +b@1 +c@1 | -c@2");
    let decision = by(&mut bench, &anna(), &set(Priority::P1));
    assert_eq!(news(&decision), [News::Rose, News::Rose]);
    assert!(decision.steps.iter().all(|step| step.place.is_none()));
    let episode = bench.episode();
    assert_eq!(
        (episode.priority, episode.response_minutes),
        (Priority::P1, 5)
    );
    // The priority that it has anyway is noted, and tells nobody.
    let decision = by(&mut Bench::run("+a@1/P2"), &anna(), &set(Priority::P2));
    assert_eq!(
        (decision.change, news(&decision)),
        (Change::Changed, vec![])
    );
}

#[test]
fn what_is_worse_than_the_judgement_overrides_it() {
    let mut bench = Bench::run("+a@1/P2");
    by(&mut bench, &anna(), &set(Priority::P3));
    bench.say("+b@2/P3 +c@2/P4");
    assert_eq!(bench.episode().priority, Priority::P3);
    assert_eq!(bench.episode().set_priority, Some(Priority::P3));
    bench.say("+d@3/P2");
    assert_eq!(bench.episode().priority, Priority::P2);
    assert_eq!(bench.episode().set_priority, None);
    assert_eq!(bench.episode().response_minutes, 15);
}

#[test]
fn what_was_judged_to_be_worse_stays_so() {
    let mut bench = Bench::run("+a@1/P3");
    by(&mut bench, &anna(), &set(Priority::P1));
    bench.say("+b@2/P2");
    assert_eq!(bench.episode().priority, Priority::P1);
    assert_eq!(bench.episode().set_priority, Some(Priority::P1));
}

#[test]
fn what_somebody_resolves_is_over_for_all_its_alerts() {
    let mut bench = Bench::run("+a@1 +b@1 | -b@2");
    let decision = by(&mut bench, &anna(), &resolve(None, "fixed"));
    assert_eq!(news(&decision), [News::Ended]);
    assert_eq!(decision.steps[0].fingerprint, fingerprint("a"));
    assert!(bench.firing().is_empty());
    let known = &bench.state.alerts[&fingerprint("a")];
    assert_eq!((known.span.ends_at, known.lapsed), (Some(bench.now), true));
    assert_eq!(bench.episode().resolved_at, Some(bench.now));
}

#[test]
fn the_same_firing_does_not_reopen_what_somebody_resolved() {
    let mut bench = Bench::run("+a@5");
    by(&mut bench, &anna(), &resolve(None, ""));
    assert_eq!(bench.say("+a@5 +a@4"), "unchanged: duplicate out_of_order");
    assert_eq!(bench.say("-a@6"), "quiet: already_resolved");
    assert_eq!(bench.say("-a@6"), "unchanged: duplicate");
    assert_eq!(bench.say("+a@5"), "unchanged: out_of_order");
    assert_eq!(brief(&bench.send(&batch("+a@7"))), "opened: began");
}

#[test]
fn every_way_and_act_has_its_name() {
    use crate::Via;
    let names = [
        Via::Link,
        Via::Slack,
        Via::Pagerduty,
        Via::Token,
        Via::Tocsin,
        Via::Replay,
    ]
    .map(|via| (via.as_str(), serde_json::to_value(via).unwrap()));
    assert!(names.iter().all(|(name, json)| json == name), "{names:?}");
    let acts = [
        ACK,
        Act::Unacknowledge,
        resolve(None, ""),
        comment("x"),
        set(Priority::P1),
    ];
    for act in acts {
        assert_eq!(serde_json::to_value(&act).unwrap()["act"], act.as_str());
    }
    for reason in crate::SuppressionReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}
