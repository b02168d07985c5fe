//! A process that dies between any two steps loses nothing and decides nothing twice.

use std::collections::BTreeSet;
use std::time::Duration;

use alert_classification::{Fingerprint, Status};
use incident::{Act, Notification};
use jiff::SignedDuration;
use serde_json::json;
use settings::Priority;
use store::{Fault, Outbox};

use super::{Bench, anna, at_once, bench, bench_of, firing, peer, policy, resolved};
use crate::{Clock, Engine, Patience};

/// Gives up at once, as a process that dies does.
fn mortal() -> Patience {
    Patience {
        attempts: 1,
        pause: Duration::ZERO,
    }
}

/// What is in the outbox, which nobody empties here.
async fn outbox(bench: &Bench) -> BTreeSet<(String, String)> {
    let later = bench.clock.now() + SignedDuration::from_hours(1_000);
    let pending = bench.store.pending(later, 1_000).await.unwrap();
    assert_eq!(pending.unreadable, 0);
    let read = |body: &str| serde_json::from_str::<Notification>(body).unwrap();
    let entries = pending.entries.iter().map(|entry| read(&entry.body));
    entries
        .map(|n| (n.event.as_str().to_owned(), n.receiver.to_string()))
        .collect()
}

/// How many keys have an open episode.
fn open(bench: &Bench) -> usize {
    let listed = bench.store.records();
    listed
        .filter(|(_, record)| record.list.as_deref() == Some("INCIDENTS#open"))
        .count()
}

#[tokio::test]
async fn alerts_that_come_again_after_a_crash_leave_what_they_would_have_left() {
    for fault in [Fault::Unavailable, Fault::AnswerLost] {
        for step in 0..40 {
            let whole = bench();
            let broken = bench();
            let dying = peer(&broken, mortal());
            let again = peer(&broken, Patience::default());
            dying.store.inject_after(step, fault);
            let begin = vec![firing("orders", "a"), firing("menus", "b")];
            for script in [begin, vec![resolved("orders", "a", 60)]] {
                whole.arrive(script.clone()).await;
                dying.arrive(script.clone()).await;
                again.arrive(script).await;
                whole.clock.advance(60);
                broken.clock.advance(60);
            }
            broken.store.clear_faults();
            assert_eq!(
                outbox(&whole).await,
                outbox(&broken).await,
                "{fault:?} at {step}"
            );
            let count = |bench: &Bench| bench.store.records().count();
            assert_eq!(count(&whole), count(&broken), "{fault:?} at {step}");
            assert_eq!((open(&whole), open(&broken)), (1, 1), "{fault:?} at {step}");
        }
    }
}

#[tokio::test]
async fn a_ladder_that_is_cut_short_goes_on() {
    for step in 0..12 {
        let bench = bench();
        bench.arrive(vec![firing("orders", "a")]).await;
        bench.clock.advance(601);
        let due = bench.due(bench.clock.now(), 10).await.unwrap();
        let names: Vec<_> = due.into_iter().map(|(_, name)| name).collect();
        assert_eq!(names.len(), 1);
        let dying = peer(&bench, mortal());
        dying.store.inject_after(step, Fault::Unavailable);
        dying.wake(names.clone()).await;
        bench.store.clear_faults();
        bench.wake(names).await;
        let told = outbox(&bench).await;
        assert!(
            told.contains(&("opened".to_owned(), "second".to_owned())),
            "{told:?}"
        );
        assert_eq!(told.len(), 2, "{told:?}");
    }
}

#[tokio::test]
async fn an_act_that_is_cut_short_is_done_once_when_it_is_done_again() {
    for fault in [Fault::Unavailable, Fault::AnswerLost] {
        for step in 0..12 {
            let bench = bench();
            let arrived = bench.arrive(vec![firing("orders", "a")]).await;
            let id = super::told(&arrived.outcome)[0].incident.id.clone();
            let act = Act::Acknowledge { until: None };
            let dying = peer(&bench, mortal());
            dying.store.inject_after(step, fault);
            let _dead = dying.act(&id, &act, &anna()).await;
            bench.store.clear_faults();
            bench.act(&id, &act, &anna()).await.unwrap();
            let audit = bench.audit(&id, 10, None).await.unwrap();
            assert_eq!(audit.entries.len(), 1, "{fault:?} at {step}");
        }
    }
}

/// The alerts that receivers were told are in a state.
async fn told_of(bench: &Bench, status: Status) -> BTreeSet<(String, Fingerprint)> {
    let later = bench.clock.now() + SignedDuration::from_hours(1_000);
    let pending = bench.store.pending(later, 10_000).await.unwrap();
    let read = |body: &str| serde_json::from_str::<Notification>(body).ok();
    let told = pending.entries.iter().filter_map(|entry| read(&entry.body));
    let named = told.flat_map(|told| {
        let alerts = told
            .alerts
            .into_iter()
            .filter(|alert| alert.status == status);
        alerts
            .map(|alert| (told.receiver.to_string(), alert.fingerprint))
            .collect::<Vec<_>>()
    });
    named.collect()
}

#[tokio::test]
async fn what_a_deployment_moves_in_parts_is_not_lost_between_them() {
    let with = |matchers: &str| {
        let mut settings = at_once();
        settings["route"]["routes"] = json!([{ "matchers": [matchers], "group_by": ["..."] }]);
        settings
    };
    let names: Vec<String> = (0..60).map(|n| format!("alert-{n}")).collect();
    for step in 0..12 {
        let old = bench_of(with("service=\"orders\""));
        let arrived = old
            .arrive(names.iter().map(|name| firing("orders", name)).collect())
            .await;
        let id = super::told(&arrived.outcome)[0].incident.id.clone();
        let new = Engine::new(
            old.store.peer(),
            policy(with("service=~\"orders|pay\"")),
            old.clock.clone(),
            Patience::default(),
            8,
        );
        new.clock.advance(60);
        let dying = peer(&new, mortal());
        dying.store.inject_after(step, Fault::Unavailable);
        let priority = Priority::P2;
        let _dead = dying
            .act(&id, &Act::SetPriority { priority }, &anna())
            .await;
        new.store.clear_faults();
        let ends = names.iter().map(|name| resolved("orders", name, 60));
        new.arrive(ends.collect()).await;
        new.clock.advance(60);
        let due = new.due(new.clock.now(), 1_000).await.unwrap();
        new.wake(due.into_iter().map(|(_, name)| name)).await;
        let fired = told_of(&new, Status::Firing).await;
        assert_eq!(fired.len(), names.len());
        assert_eq!(fired, told_of(&new, Status::Resolved).await, "at {step}");
    }
}
