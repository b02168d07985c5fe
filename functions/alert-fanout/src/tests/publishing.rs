//! From the outbox to the topic: what a crash leaves behind is told by the next tick.

use incident::{IncidentStatus, NotificationEvent};
use store::{Commit, Fault, IncidentStore, Operation, Outbox, OutboxEntry, Version};

use super::{Bench, Mood, advance, alarm, bench, clock, tick};

async fn left(bench: &Bench) -> usize {
    let later = clock() + jiff::SignedDuration::from_hours(1);
    bench.store.pending(later, 100).await.unwrap().entries.len()
}

#[tokio::test]
async fn a_crash_between_writing_and_publishing_is_repaired_by_a_tick() {
    let bench = bench();
    bench.publisher.is(Mood::NeverAnswers);
    let bodies = [alarm("urgent-1", "orders", "ALARM", 1)];
    tokio::select! {
        answer = bench.batch(&bodies) => panic!("it did not crash: {answer:?}"),
        () = bench.publisher.entered.notified() => {}
    }
    bench.publisher.is(Mood::Well);
    assert_eq!(left(&bench).await, 1);

    // The message is handed out again: its alert is known, so nobody else publishes.
    advance(20);
    let (books, failed) = bench.batch_attempt(&bodies, 2).await;
    assert_eq!((books.suppressed_total(), failed.len()), (1, 0));
    assert!(bench.publisher.told().is_empty());

    advance(11);
    let (books, failed) = bench.batch(&[tick()]).await;
    assert_eq!((books.swept, books.heartbeats, failed.len()), (1, 1, 0));
    let told = bench.publisher.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event, NotificationEvent::Opened);
    assert_eq!(left(&bench).await, 0);
}

#[tokio::test]
async fn a_tick_leaves_alone_what_is_just_being_published() {
    let bench = bench();
    bench.publisher.is(Mood::Down);
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    bench.publisher.is(Mood::Well);
    advance(29);
    let (books, _) = bench.batch(&[tick()]).await;
    assert_eq!((books.swept, books.heartbeats), (0, 1));
    assert_eq!(left(&bench).await, 1);
}

#[tokio::test]
async fn a_topic_that_is_down_fails_no_message_and_is_counted_beside_the_heartbeat() {
    let bench = bench();
    bench.publisher.is(Mood::Down);
    let (books, failed) = bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert_eq!((books.notified, books.unpublished, failed.len()), (1, 1, 0));
    advance(60);
    let (books, failed) = bench.batch(&[tick()]).await;
    assert_eq!(
        (books.heartbeats, books.unpublished, failed.len()),
        (1, 1, 0)
    );

    bench.publisher.is(Mood::Well);
    advance(60);
    let (books, _) = bench.batch(&[tick()]).await;
    assert_eq!((books.heartbeats, books.swept), (1, 1));
    assert_eq!(bench.publisher.told().len(), 1);
}

#[tokio::test]
async fn a_refused_notification_is_published_by_the_next_tick_and_its_neighbour_only_once() {
    let bench = bench();
    bench.publisher.is(Mood::RefusesFirst);
    let bodies = [
        alarm("urgent-1", "orders", "ALARM", 1),
        alarm("urgent-2", "menus", "ALARM", 1),
    ];
    let (books, _) = bench.batch(&bodies).await;
    assert_eq!(books.unpublished, 1);
    bench.publisher.is(Mood::Well);
    advance(31);
    bench.batch(&[tick()]).await;
    let mut ids: Vec<_> = bench.publisher.told().into_iter().map(|n| n.id).collect();
    assert_eq!(ids.len(), 2);
    ids.dedup();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_cleared_is_published_again() {
    let bench = bench();
    bench
        .store
        .inject(Fault::Unavailable, Some(Operation::Remove), 1);
    let (_, failed) = bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert!(failed.is_empty());
    advance(31);
    bench.batch(&[tick()]).await;
    let told = bench.publisher.told();
    // At least once: the notifiers claim a notification by its id.
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].id, told[1].id);
    assert_eq!(left(&bench).await, 0);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_read_is_counted_beside_the_heartbeat() {
    let bench = bench();
    bench
        .store
        .inject(Fault::Throttled, Some(Operation::Pending), 1);
    let (books, failed) = bench.batch(&[tick()]).await;
    assert_eq!(
        (books.heartbeats, books.unpublished, failed.len()),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn an_entry_that_is_no_notification_keeps_nothing_else_back() {
    let bench = bench();
    let written_at = clock();
    let entry = OutboxEntry {
        id: "broken".to_owned(),
        body: "{}".to_owned(),
        written_at,
    };
    let commit = Commit {
        key: "a",
        expected: Version::NONE,
        state: &0_u32,
        status: IncidentStatus::Open,
        outbox: &[entry],
        keep_until: None,
    };
    bench.store.commit(commit).await.unwrap();
    bench.publisher.is(Mood::Down);
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    bench.publisher.is(Mood::Well);
    advance(31);
    let (books, _) = bench.batch(&[tick()]).await;
    assert_eq!(
        (books.swept, books.unpublished, books.heartbeats),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn an_entry_that_the_store_cannot_read_is_counted() {
    let bench = bench();
    bench.publisher.is(Mood::Down);
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    bench.store.break_outbox();
    bench.publisher.is(Mood::Well);
    advance(31);
    let (books, _) = bench.batch(&[tick()]).await;
    assert_eq!(
        (books.swept, books.unpublished, books.heartbeats),
        (0, 1, 1)
    );
}
