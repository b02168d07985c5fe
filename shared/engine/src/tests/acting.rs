//! What people do, and what is written down of it.

use incident::{Act, Change, IncidentId, NotificationEvent, Silence};
use jiff::SignedDuration;
use serde_json::json;
use store::{Fault, RecordKey, RecordStore, Version};

use super::{Bench, anna, at_once, bench, bench_of, events, firing, peer, start, told};
use crate::{Clock, Done, EngineError, Patience, Receipt};

#[tokio::test]
async fn an_acknowledgement_stops_the_ladder_and_is_in_the_audit_trail() {
    let bench = bench();
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    let id = told(&arrived.outcome)[0].incident.id.clone();
    let act = Act::Acknowledge { until: None };
    let done = bench.act(&id, &act, &anna()).await.unwrap();
    assert_eq!(done.change, Change::Changed);
    let again = bench.act(&id, &act, &anna()).await.unwrap();
    assert_eq!(again.change, Change::Unchanged);
    let audit = bench.audit(&id, 10, None).await.unwrap();
    assert_eq!(audit.entries.len(), 1);
    assert_eq!(
        (&audit.entries[0].by, &audit.entries[0].act),
        (&anna(), &act)
    );
    bench.clock.advance(3_600);
    let due = bench.due(bench.clock.now(), 10).await.unwrap();
    let woken = bench.wake(due.into_iter().map(|(_, name)| name)).await;
    assert!(!events(&woken.outcome).contains(&NotificationEvent::Escalated));
    let view = bench.incident(&id).await.unwrap().unwrap();
    assert_eq!(view.acknowledgement.unwrap().by, anna());
}

#[tokio::test]
async fn nobody_acts_on_what_is_unknown_or_over() {
    let bench = bench();
    let unknown = IncidentId::of("x", start(), 1);
    let act = Act::Acknowledge { until: None };
    let error = bench.act(&unknown, &act, &anna()).await.unwrap_err();
    assert!(matches!(error, EngineError::Unknown(_)), "{error}");
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    let id = told(&arrived.outcome)[0].incident.id.clone();
    let resolve = Act::Resolve {
        verdict: None,
        why: String::new(),
    };
    let done = bench.act(&id, &resolve, &anna()).await.unwrap();
    assert_eq!(events(&done.outcome), [NotificationEvent::Resolved]);
    let error = bench.act(&id, &act, &anna()).await.unwrap_err();
    assert!(matches!(error, EngineError::Over { .. }), "{error}");
    let nothing = Act::Comment {
        text: String::new(),
    };
    let error = bench.act(&id, &nothing, &anna()).await.unwrap_err();
    assert!(matches!(error, EngineError::Invalid(_)), "{error}");
    // The state of its key is forgotten, the episode is not.
    bench
        .store
        .expire(start() + SignedDuration::from_hours(100 * 24));
    let error = bench.act(&id, &act, &anna()).await.unwrap_err();
    assert!(matches!(error, EngineError::Over { .. }), "{error}");
}

#[tokio::test]
async fn who_resolves_an_incident_of_very_many_groups_is_heard_by_all() {
    let mut settings = at_once();
    settings["route"]["group_by"] = json!(["..."]);
    let bench = bench_of(settings);
    let alerts: Vec<_> = (0..150)
        .map(|n| firing("orders", &format!("a-{n}")))
        .collect();
    let arrived = bench.arrive(alerts).await;
    assert!(arrived.dispositions.iter().all(Result::is_ok));
    let told = told(&arrived.outcome);
    assert_eq!(told.len(), 150);
    let resolve = Act::Resolve {
        verdict: None,
        why: String::new(),
    };
    let done = bench
        .act(&told[0].incident.id, &resolve, &anna())
        .await
        .unwrap();
    let ends = events(&done.outcome);
    assert_eq!(ends.len(), 150);
    assert!(
        ends.iter()
            .all(|event| *event == NotificationEvent::Resolved)
    );
    assert_eq!(bench.store.outbox_len(), 300);
}

fn silence(id: &str, minutes: i64) -> Silence {
    Silence {
        id: id.into(),
        matchers: vec!["service=\"orders\"".into()],
        starts_at: start(),
        ends_at: start() + SignedDuration::from_mins(minutes),
        times: Vec::new(),
        maintenance: false,
        created_by: anna(),
        created_at: start(),
        comment: "we deploy".to_owned(),
        warned: false,
    }
}

#[tokio::test]
async fn a_silence_holds_back_and_is_audited_and_ended() {
    let bench = bench();
    bench.put_silence(silence("s1", 60)).await.unwrap();
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    assert!(arrived.outcome.outgoing.is_empty());
    assert_eq!(bench.silences().await.unwrap().len(), 1);
    let (ended, _) = bench.end_silence("s1", &anna()).await.unwrap();
    assert_eq!(ended.ends_at, bench.clock.now());
    let error = bench.end_silence("s1", &anna()).await.unwrap_err();
    assert!(matches!(error, EngineError::UnknownSilence(_)), "{error}");
    let page = bench.silence_audit(10, None).await.unwrap();
    let (audit, next) = (page.entries, page.next);
    let ended: Vec<bool> = audit.iter().map(|entry| entry.ended).collect();
    assert_eq!((ended, next), (vec![false, true], None));
    let mut faulty = silence("s2", 60);
    faulty.matchers.clear();
    let error = bench.put_silence(faulty).await.unwrap_err();
    assert!(matches!(error, EngineError::InvalidSilence(_)), "{error}");
}

#[tokio::test]
async fn people_are_told_once_that_a_silence_ends() {
    let bench = bench();
    bench.put_silence(silence("s1", 60)).await.unwrap();
    let outcome = bench.warn_of_silences().await.unwrap();
    assert!(outcome.outgoing.is_empty());
    bench.clock.advance(46 * 60);
    let outcome = bench.warn_of_silences().await.unwrap();
    let notices = told(&outcome);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].event, NotificationEvent::Info);
    assert_eq!(notices[0].reason, "a silence of anna ends in 14 minutes");
    assert_eq!(bench.store.outbox_len(), 1);
    assert!(bench.warn_of_silences().await.unwrap().outgoing.is_empty());
}

/// What a receipt says of an act: whose request it was, and whether it changed anything.
fn kept(request: &str, done: &Done) -> String {
    json!([request, done.1 == Change::Changed]).to_string()
}

#[tokio::test]
async fn an_act_with_a_receipt_is_done_once_whatever_happens_on_the_way() {
    for fault in [Fault::Unavailable, Fault::AnswerLost] {
        for step in 0..10 {
            let bench = bench();
            let arrived = bench.arrive(vec![firing("orders", "a")]).await;
            let id = told(&arrived.outcome)[0].incident.id.clone();
            let act = Act::Comment {
                text: "I look".to_owned(),
            };
            let once = async |bench: &Bench, request: &str| {
                let write = |done: &Done| kept(request, done);
                let receipt = Receipt {
                    name: "r",
                    expected: Version::NONE,
                    keep_until: start(),
                    write: &write,
                };
                bench.act_once(&id, &act, &anna(), Some(&receipt)).await
            };
            let first = peer(&bench, Patience::default());
            first.store.inject_after(step, fault);
            let done = once(&first, "first").await;
            assert!(done.is_ok(), "{fault:?} at {step}: {done:?}");
            bench.store.clear_faults();
            let again = once(&bench, "second").await.unwrap_err();
            assert!(matches!(again, EngineError::Repeated), "{again}");
            let audit = bench.audit(&id, 10, None).await.unwrap();
            assert_eq!(audit.entries.len(), 1, "{fault:?} at {step}");
            let key = RecordKey::Once("r".into());
            let receipt = &bench.store.load(std::slice::from_ref(&key)).await.unwrap()[&key];
            assert_eq!(receipt.body.as_deref(), Some("[\"first\",true]"));
        }
    }
}

#[tokio::test]
async fn a_refused_act_leaves_no_receipt_and_one_that_changes_nothing_does() {
    let bench = bench();
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    let id = told(&arrived.outcome)[0].incident.id.clone();
    let write = |done: &Done| kept("r", done);
    let receipt = Receipt {
        name: "r",
        expected: Version::NONE,
        keep_until: start(),
        write: &write,
    };
    let nothing = Act::Comment {
        text: String::new(),
    };
    let refused = bench.act_once(&id, &nothing, &anna(), Some(&receipt)).await;
    assert!(matches!(refused, Err(EngineError::Invalid(_))));
    let give = Act::Unacknowledge;
    let done = bench.act_once(&id, &give, &anna(), Some(&receipt)).await;
    assert_eq!(done.unwrap().change, Change::Unchanged);
    let key = RecordKey::Once("r".into());
    let receipt = &bench.store.load(std::slice::from_ref(&key)).await.unwrap()[&key];
    assert_eq!(receipt.body.as_deref(), Some("[\"r\",false]"));
}
