//! Alerts that arrive: units, what is written with them, and who hears what.

use incident::{
    Arrival, IncidentId, IncidentKey, IncidentStatus, NotificationEvent, Outcome, SuppressionReason,
};
use serde_json::json;
use store::{Fault, Operation, Page, RecordKey, RecordStore};

use super::{Bench, alert, at_once, bench, bench_of, events, firing, peer, policy, resolved, told};
use crate::{EngineError, IncidentFilter, Patience, units};

#[tokio::test]
async fn an_alert_is_told_and_its_incident_is_found_by_id_and_in_lists() {
    let bench = bench();
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    assert_eq!(events(&arrived.outcome), [NotificationEvent::Opened]);
    assert_eq!(
        (
            arrived.outcome.books.grouped,
            arrived.outcome.books.notified
        ),
        (1, 1)
    );
    assert_eq!(arrived.outcome.books.opened, 1);
    let id = told(&arrived.outcome)[0].incident.id.clone();
    let view = bench.incident(&id).await.unwrap().expect("is found");
    assert_eq!((view.key.as_str(), view.current), ("orders/errors", true));
    assert_eq!(view.groups.len(), 1);
    for open in [true, false] {
        let filter = IncidentFilter {
            open,
            ..IncidentFilter::default()
        };
        let page = bench.incidents(&filter, 10, None).await.unwrap();
        assert_eq!(page.incidents.len(), 1);
        assert_eq!((&page.incidents[0].id, page.next), (&id, None));
    }
    // Over, it is in the list of all only.
    let arrived = bench.arrive(vec![resolved("orders", "a", 60)]).await;
    assert_eq!(events(&arrived.outcome), [NotificationEvent::Resolved]);
    let open = IncidentFilter {
        open: true,
        ..IncidentFilter::default()
    };
    assert!(
        bench
            .incidents(&open, 10, None)
            .await
            .unwrap()
            .incidents
            .is_empty()
    );
    let all = bench
        .incidents(&IncidentFilter::default(), 10, None)
        .await
        .unwrap();
    assert_eq!(all.incidents[0].status, IncidentStatus::Resolved);
}

#[tokio::test]
async fn lists_are_filtered_and_go_on_where_they_ended() {
    let bench = bench();
    for n in 0..9 {
        let service = if n % 3 == 0 { "menus" } else { "orders" };
        let name = format!("alert-{n}");
        let mut arrival = alert(service, &name, alert_classification::Status::Firing, n);
        arrival.alert.classification.stable_category = name.as_str().into();
        bench.arrive(vec![arrival]).await;
        bench.clock.advance(1);
    }
    let filter = IncidentFilter {
        service: Some("menus".into()),
        ..IncidentFilter::default()
    };
    let mut seen: Vec<IncidentId> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = bench.incidents(&filter, 2, after.as_deref()).await.unwrap();
        assert!(page.incidents.iter().all(|line| line.service == "menus"));
        seen.extend(page.incidents.into_iter().map(|line| line.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut newest_first = seen.clone();
    newest_first.sort_by(|a, b| b.cmp(a));
    assert_eq!((seen.len(), &seen), (3, &newest_first));
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let bench = bench();
    bench.arrive(vec![firing("orders", "a")]).await;
    let before: Vec<_> = bench.store.records().collect();
    let again = bench.arrive(vec![firing("orders", "a")]).await;
    let disposition = again.dispositions[0].as_ref().unwrap();
    let reason = SuppressionReason::Duplicate;
    assert_eq!(disposition.outcome, Outcome::Suppressed { reason });
    assert!(again.outcome.outgoing.is_empty());
    assert_eq!(before, bench.store.records().collect::<Vec<_>>());
}

#[test]
fn alerts_that_share_a_group_are_one_unit_and_others_are_not() {
    let policy = policy(at_once());
    let mut other = firing("orders", "b");
    other.alert.classification.stable_category = "latency".into();
    let cut = units(
        &policy,
        vec![firing("orders", "a"), firing("menus", "a"), other],
    );
    let places: Vec<Vec<usize>> = cut
        .iter()
        .map(|unit| unit.chunks.iter().flat_map(crate::Chunk::places).collect())
        .collect();
    assert_eq!(places, [vec![0, 2], vec![1]]);
}

#[test]
fn an_alert_and_what_explains_it_are_one_unit() {
    let mut settings = at_once();
    settings["inhibit_rules"] = json!([{
        "source_matchers": ["alertname=\"down\""], "target_matchers": ["alertname=\"slow\""],
    }]);
    let cut = units(
        &policy(settings),
        vec![
            firing("orders", "slow"),
            firing("menus", "down"),
            firing("pay", "x"),
        ],
    );
    assert_eq!(cut.len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_known_for_ones_own() {
    for fault in [Fault::AnswerLost, Fault::Unavailable, Fault::Throttled] {
        let bench = bench();
        bench.store.inject(fault, Some(Operation::Commit), 1);
        let arrived = bench.arrive(vec![firing("orders", "a")]).await;
        assert!(arrived.dispositions[0].is_ok());
        assert_eq!(arrived.outcome.books.notified, 1, "{fault:?}");
        assert_eq!(arrived.outcome.outgoing.len(), 1, "{fault:?}");
        assert_eq!(bench.store.outbox_len(), 1);
    }
}

#[tokio::test]
async fn a_table_that_is_down_fails_the_alerts_and_nothing_is_lost_when_they_come_again() {
    let bench = bench();
    bench
        .store
        .inject(Fault::Unavailable, Some(Operation::Load), 100);
    let arrived = bench
        .arrive(vec![firing("orders", "a"), firing("menus", "a")])
        .await;
    assert_eq!(
        arrived.dispositions.iter().filter(|d| d.is_err()).count(),
        2
    );
    bench.store.clear_faults();
    let arrived = bench
        .arrive(vec![firing("orders", "a"), firing("menus", "a")])
        .await;
    assert_eq!(arrived.outcome.outgoing.len(), 2);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_kept_as_a_note_and_its_version_goes_on() {
    let bench = bench();
    let first = bench.arrive(vec![firing("orders", "a")]).await;
    let group = told(&first.outcome)[0].group_key.clone();
    bench.store.break_record(&RecordKey::Group(group.clone()));
    bench
        .store
        .break_record(&RecordKey::Incident("orders/errors".into()));
    let arrived = bench.arrive(vec![firing("orders", "b")]).await;
    let notification = &told(&arrived.outcome)[0];
    assert_eq!(notification.event, NotificationEvent::Opened);
    assert_ne!(notification.id, told(&first.outcome)[0].id);
    assert_eq!(arrived.outcome.books.unreadable, 2);
    let partition = format!("UNREADABLE#GROUP#{group}");
    let notes = bench
        .store
        .notes(&partition, Page::first(10))
        .await
        .unwrap();
    assert!(notes.notes[0].body.contains("fault"), "{notes:?}");
}

#[tokio::test]
async fn two_that_race_for_one_group_both_count() {
    let one = bench();
    let other = peer(&one, Patience::default());
    for second in 0..20 {
        let batch = |name: &str| {
            let name = format!("{name}-{second}");
            vec![alert(
                "orders",
                &name,
                alert_classification::Status::Firing,
                second,
            )]
        };
        let (a, b) = tokio::join!(one.arrive(batch("a")), other.arrive(batch("b")));
        let notified = a.outcome.books.notified + b.outcome.books.notified;
        assert_eq!(notified, 2);
    }
}

#[tokio::test]
async fn a_resolve_is_decided_where_its_alert_fires() {
    let bench = bench();
    bench.arrive(vec![firing("orders", "a")]).await;
    let mut stray = resolved("orders", "a", 60);
    stray.alert.classification.stable_category = "latency".into();
    let mut arrivals = vec![stray.clone()];
    let strays = bench.strays(&arrivals).await.unwrap();
    bench.bring_home(&strays, &mut arrivals).await.unwrap();
    let home = arrivals[0].incident.clone().expect("a home");
    assert_eq!(home.as_str(), "orders/errors");
    let arrived = bench.arrive(arrivals).await;
    assert_eq!(events(&arrived.outcome), [NotificationEvent::Resolved]);
    // Repeated, it is a duplicate wherever it is decided.
    let mut again = vec![stray];
    let strays = bench.strays(&again).await.unwrap();
    bench.bring_home(&strays, &mut again).await.unwrap();
    assert!(bench.arrive(again).await.outcome.outgoing.is_empty());
}

/// Open incidents of a service, each of a kind of trouble of its own.
async fn open(bench: &Bench, service: &str, count: usize) {
    for number in 0..count {
        let mut arrival = firing(service, &format!("a{number}"));
        arrival.alert.classification.stable_category = format!("c{number}").into();
        bench.arrive(vec![arrival]).await;
    }
}

/// How often the table is asked to find the home of a resolve.
async fn asked(bench: &Bench, resolve: Arrival) -> (u64, Option<IncidentKey>) {
    let mut arrivals = vec![resolve];
    let strays = bench.strays(&arrivals).await.unwrap();
    assert!(!strays.is_empty());
    let before = bench.store.operations();
    bench.bring_home(&strays, &mut arrivals).await.unwrap();
    let home = arrivals.remove(0).incident;
    (bench.store.operations() - before, home)
}

#[tokio::test]
async fn what_ends_and_never_began_reads_no_incidents_of_other_services() {
    let bench = bench();
    open(&bench, "orders", 30).await;
    assert_eq!(asked(&bench, resolved("menus", "job", 60)).await, (1, None));
}

#[tokio::test]
async fn of_the_same_service_the_newest_are_read_in_small_parts_and_not_all() {
    let bench = bench();
    open(&bench, "orders", 60).await;
    // The list, and five times ten.
    assert_eq!(
        asked(&bench, resolved("orders", "job", 60)).await,
        (6, None)
    );
    let (times, home) = asked(&bench, resolved("orders", "a59", 60)).await;
    let home = home.map(|home| home.to_string());
    assert_eq!((times, home.as_deref()), (6, Some("orders/c59")));
}

#[tokio::test]
async fn where_incidents_have_alerts_of_several_services_all_may_have_the_firing() {
    let mut settings = at_once();
    settings["incident_by"] = json!(["category"]);
    let bench = bench_of(settings);
    bench
        .arrive(vec![firing("orders", "other"), firing("menus", "a")])
        .await;
    let mut stray = resolved("menus", "a", 60);
    stray.alert.classification.stable_category = "latency".into();
    let (_, home) = asked(&bench, stray).await;
    assert_eq!(home.as_ref().map(IncidentKey::as_str), Some("errors"));
}

#[tokio::test]
async fn a_decision_that_cannot_be_written_says_so() {
    let bench = bench_of(at_once());
    bench
        .store
        .inject(Fault::Unavailable, Some(Operation::Commit), 100);
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    let error = arrived.dispositions[0].as_ref().unwrap_err();
    assert!(matches!(**error, EngineError::Store(_)), "{error}");
}
