//! Resolves under another key than their firing's: the rules were edited while something fired.

use std::collections::BTreeMap;

use incident::{NotificationEvent, SuppressionReason};
use serde_json::json;
use settings::Settings;
use store::{Fault, Operation};

use super::{Bench, alarm, bench, patience};
use crate::Rules;

/// The same alarms in another category: another key.
fn edited() -> Rules {
    let settings = json!({
        "project": "test",
        "priorities": { "P1": { "response": "5m", "notify": ["email"] } },
        "rules": [
            { "name": "urgent", "match": ["alertname=~\"urgent-.*\""], "priority": "P1", "category": "capacity" },
        ],
    });
    Rules::new(Settings::from_json(&settings.to_string()).unwrap(), None)
}

async fn firing() -> Bench {
    let bench = bench();
    let (books, _) = bench
        .batch(&[
            alarm("urgent-1", "orders", "ALARM", 1),
            alarm("urgent-2", "menus", "ALARM", 1),
        ])
        .await;
    assert_eq!(books.groups.opened, 2);
    bench.after(edited())
}

#[tokio::test]
async fn a_resolve_ends_its_incident_although_the_rules_were_edited() {
    let bench = firing().await;
    let resolve = [alarm("urgent-1", "orders", "OK", 60)];
    let (books, failed) = bench.batch(&resolve).await;
    assert_eq!(
        (books.groups.notified, books.groups.resolved, failed.len()),
        (1, 1, 0)
    );
    let told = bench.ports.publisher.told();
    let [.., opened, _, resolved] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(resolved.event, NotificationEvent::Resolved);
    assert_eq!(resolved.incident.key, "orders/availability");
    assert_eq!(resolved.incident.id, opened.incident.id);
    // Repeated, it ends nothing any more, the other incident neither.
    let (books, _) = bench.batch(&resolve).await;
    assert_eq!(
        books.refused,
        BTreeMap::from([(SuppressionReason::ResolveWithoutFiring, 1)])
    );
}

#[tokio::test]
async fn a_stray_among_others_is_decided_alone() {
    let bench = firing().await;
    let (books, failed) = bench
        .batch(&[
            alarm("urgent-3", "orders", "ALARM", 60),
            alarm("urgent-1", "orders", "OK", 60),
            alarm("urgent-9", "orders", "OK", 60),
        ])
        .await;
    assert!(failed.is_empty());
    assert_eq!(
        (
            books.groups.opened,
            books.groups.resolved,
            books.groups.notified
        ),
        (1, 1, 2)
    );
    assert_eq!(
        books.refused,
        BTreeMap::from([(SuppressionReason::ResolveWithoutFiring, 1)])
    );
}

#[tokio::test]
async fn ordinary_alerts_do_not_look_through_the_open_incidents() {
    let bench = bench();
    let often = 100;
    bench
        .engine
        .store()
        .inject(Fault::Unavailable, Some(Operation::List), often);
    let ring = alarm("urgent-1", "orders", "ALARM", 1);
    let end = alarm("urgent-1", "orders", "OK", 60);
    let short = [
        alarm("urgent-2", "orders", "ALARM", 61),
        alarm("urgent-2", "orders", "OK", 62),
    ];
    for batch in [
        &[ring.clone()][..],
        &[ring.clone(), ring],
        std::slice::from_ref(&end),
        &[end.clone(), end.clone()],
        &short,
        &short,
    ] {
        let (_, failed) = bench.batch(batch).await;
        assert!(failed.is_empty(), "{batch:?}");
    }
}

#[tokio::test]
async fn a_stray_waits_until_the_open_incidents_can_be_looked_through() {
    let bench = firing().await;
    let attempts = patience().attempts as usize;
    bench
        .engine
        .store()
        .inject(Fault::Unavailable, Some(Operation::List), attempts);
    let bodies = [
        alarm("urgent-3", "orders", "ALARM", 60),
        alarm("urgent-1", "orders", "OK", 60),
    ];
    let (books, failed) = bench.batch(&bodies).await;
    assert_eq!(failed.iter().collect::<Vec<_>>(), ["m1"]);
    assert_eq!((books.groups.opened, books.groups.resolved), (1, 0));
    let (books, failed) = bench.batch_attempt(&bodies, 2).await;
    assert_eq!((books.groups.resolved, failed.len()), (1, 0));
}
