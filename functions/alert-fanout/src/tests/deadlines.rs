//! An invocation that runs out of time answers all the same, and what it leaves is done later.

use std::time::Duration;

use jiff::SignedDuration;

use super::twins::{Listless, Silent};
use super::{Mood, advance, alarm, bench, clock, tick};
use crate::RECEIVES;
use adapters::Deadline;

/// The end of an invocation that has 20 seconds.
fn twenty_seconds() -> Deadline {
    Deadline::at(clock() + SignedDuration::from_secs(20), clock())
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_hangs_keeps_no_decision_back_and_no_answer() {
    let bench = bench();
    bench.ports.publisher.is(Mood::NeverAnswers);
    let bodies: Vec<String> = (0..80)
        .map(|i| alarm("urgent-1", &format!("service-{i}"), "ALARM", 1))
        .collect();
    let begun = tokio::time::Instant::now();
    let (books, failed) = bench.batch_until(&bodies, 1, twenty_seconds()).await;
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(
        (
            books.groups.notified,
            books.undone.unpublished,
            failed.len()
        ),
        (80, 80, 0)
    );
    bench.ports.publisher.is(Mood::Well);
    advance(60);
    assert_eq!(bench.sweep().await.sent, 80);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_hangs_gives_every_message_back_and_the_heart_beats() {
    let bench = bench();
    let silent = bench.with(Silent(bench.engine.store().clone()));
    let bodies = [alarm("urgent-1", "orders", "ALARM", 1), tick()];
    let begun = tokio::time::Instant::now();
    let (books, failed) = silent.batch_until(&bodies, 1, twenty_seconds()).await;
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!((books.received, books.heartbeats, failed.len()), (0, 1, 1));
    // Handed out for the last time, it is in the books.
    let (books, _) = silent
        .batch_until(&bodies, RECEIVES, twenty_seconds())
        .await;
    assert_eq!((books.received, books.dead_lettered), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_would_be_begun_too_late_is_not_begun() {
    let bench = bench();
    let deadline = twenty_seconds();
    tokio::time::advance(Duration::from_secs(17)).await;
    let bodies = [alarm("urgent-1", "orders", "ALARM", 1), tick()];
    let (books, failed) = bench.batch_until(&bodies, 1, deadline).await;
    assert_eq!((books.received, books.heartbeats, failed.len()), (0, 1, 1));
    assert!(bench.ports.publisher.told().is_empty());
    let (books, failed) = bench.batch_until(&bodies, 2, twenty_seconds()).await;
    assert_eq!((books.groups.notified, failed.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_function_with_a_short_time_does_something_too() {
    let bench = bench();
    let short = Deadline::at(clock() + SignedDuration::from_secs(3), clock());
    let bodies = [alarm("urgent-1", "orders", "ALARM", 1)];
    let (books, failed) = bench.batch_until(&bodies, 1, short).await;
    assert_eq!((books.groups.notified, failed.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_environment_without_a_deadline_is_not_hurried() {
    let bench = bench();
    let past = Deadline::at(clock() - SignedDuration::from_hours(1), clock());
    let bodies = [alarm("urgent-1", "orders", "ALARM", 1)];
    let (books, failed) = bench.batch_until(&bodies, 1, past).await;
    assert_eq!((books.groups.notified, failed.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_fires_is_told_before_it_is_looked_up_what_a_stray_may_end() {
    let bench = bench();
    let listless = bench.with(Listless(bench.engine.store().clone()));
    let bodies = [
        alarm("ordinary-1", "menus", "OK", 1),
        alarm("urgent-1", "orders", "ALARM", 1),
    ];
    let (books, failed) = listless.batch_until(&bodies, 1, twenty_seconds()).await;
    assert_eq!(failed.iter().collect::<Vec<_>>(), ["m0"]);
    assert_eq!(books.groups.notified, 1);
    assert_eq!(bench.ports.publisher.told().len(), 1);
}
