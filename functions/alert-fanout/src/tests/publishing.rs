//! From the outbox to the topic: what a crash leaves behind is told by the next sweep.

use engine::outbox::Published;
use incident::NotificationEvent;
use store::{Fault, Operation, Outbox, OutboxWrite, RecordKey, RecordStore, Transaction};

use super::{Bench, Mood, advance, alarm, bench, clock};

async fn left(bench: &Bench) -> usize {
    let later = clock() + jiff::SignedDuration::from_hours(1);
    bench
        .engine
        .store()
        .pending(later, 100)
        .await
        .unwrap()
        .entries
        .len()
}

#[tokio::test]
async fn a_crash_between_writing_and_publishing_is_repaired_by_a_sweep() {
    let bench = bench();
    bench.ports.publisher.is(Mood::NeverAnswers);
    let bodies = [alarm("urgent-1", "orders", "ALARM", 1)];
    tokio::select! {
        answer = bench.batch(&bodies) => panic!("it did not crash: {answer:?}"),
        () = bench.ports.publisher.entered.notified() => {}
    }
    bench.ports.publisher.is(Mood::Well);
    assert_eq!(left(&bench).await, 1);

    // The message is handed out again: its alert is known, so nobody else publishes.
    advance(20);
    let (books, failed) = bench.batch_attempt(&bodies, 2).await;
    assert_eq!((books.refused_total(), failed.len()), (1, 0));
    assert!(bench.ports.publisher.told().is_empty());

    advance(11);
    assert_eq!(bench.sweep().await, Published { sent: 1, failed: 0 });
    let told = bench.ports.publisher.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event, NotificationEvent::Opened);
    assert_eq!(left(&bench).await, 0);
}

#[tokio::test]
async fn a_sweep_leaves_alone_what_is_just_being_published() {
    let bench = bench();
    bench.ports.publisher.is(Mood::Down);
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    bench.ports.publisher.is(Mood::Well);
    advance(29);
    assert_eq!(bench.sweep().await, Published { sent: 0, failed: 0 });
    assert_eq!(left(&bench).await, 1);
}

#[tokio::test]
async fn a_topic_that_is_down_fails_no_message_and_is_counted() {
    let bench = bench();
    bench.ports.publisher.is(Mood::Down);
    let (books, failed) = bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert_eq!(
        (
            books.groups.notified,
            books.undone.unpublished,
            failed.len()
        ),
        (1, 1, 0)
    );
    advance(60);
    assert_eq!(bench.sweep().await, Published { sent: 0, failed: 1 });

    bench.ports.publisher.is(Mood::Well);
    advance(60);
    assert_eq!(bench.sweep().await, Published { sent: 1, failed: 0 });
    assert_eq!(bench.ports.publisher.told().len(), 1);
}

#[tokio::test]
async fn a_refused_notification_is_published_by_the_next_sweep_and_its_neighbour_only_once() {
    let bench = bench();
    bench.ports.publisher.is(Mood::RefusesFirst);
    let bodies = [
        alarm("urgent-1", "orders", "ALARM", 1),
        alarm("urgent-2", "menus", "ALARM", 1),
    ];
    let (books, _) = bench.batch(&bodies).await;
    assert_eq!(books.undone.unpublished, 1);
    bench.ports.publisher.is(Mood::Well);
    advance(31);
    bench.sweep().await;
    let mut ids: Vec<_> = bench
        .ports
        .publisher
        .told()
        .into_iter()
        .map(|n| n.id)
        .collect();
    assert_eq!(ids.len(), 2);
    ids.dedup();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_cleared_is_published_again() {
    let bench = bench();
    bench
        .engine
        .store()
        .inject(Fault::Unavailable, Some(Operation::Remove), 1);
    let (_, failed) = bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert!(failed.is_empty());
    advance(31);
    bench.sweep().await;
    let told = bench.ports.publisher.told();
    // At least once: the notifiers claim a notification by its id.
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].id, told[1].id);
    assert_eq!(left(&bench).await, 0);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_read_is_counted() {
    let bench = bench();
    bench
        .engine
        .store()
        .inject(Fault::Throttled, Some(Operation::Pending), 1);
    assert_eq!(bench.sweep().await, Published { sent: 0, failed: 1 });
}

#[tokio::test]
async fn an_entry_that_is_no_notification_keeps_nothing_else_back() {
    let bench = bench();
    let record = RecordKey::Group("a".into());
    let entry = OutboxWrite {
        record: &record,
        id: "broken",
        body: "{}",
        written_at: clock(),
    };
    let transaction = Transaction {
        outbox: &[entry],
        ..Transaction::default()
    };
    bench.engine.store().commit(transaction).await.unwrap();
    bench.ports.publisher.is(Mood::Down);
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    bench.ports.publisher.is(Mood::Well);
    advance(31);
    assert_eq!(bench.sweep().await, Published { sent: 1, failed: 1 });
}

#[tokio::test]
async fn an_entry_that_the_store_cannot_read_is_counted() {
    let bench = bench();
    bench.ports.publisher.is(Mood::Down);
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    bench.engine.store().break_outbox();
    bench.ports.publisher.is(Mood::Well);
    advance(31);
    assert_eq!(bench.sweep().await, Published { sent: 0, failed: 1 });
}
