//! The twin in memory as a simulation uses it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that is wrong fails the test"
)]

use jiff::{SignedDuration, Timestamp};
use store::{
    Fault, Listing, MemoryStore, Note, Operation, Outbox, OutboxWrite, Page, RecordKey,
    RecordStore, StoreError, StoredRecord, Transaction, Version, Write,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn group() -> RecordKey {
    RecordKey::Group("g".into())
}

const fn write(key: &RecordKey, expected: u64) -> Write<'_> {
    Write {
        key,
        expected: Version(expected),
        body: "7",
        due_at: None,
        listed: None,
        keep_until: None,
    }
}

/// Writes the group and a notification of it.
async fn commit(store: &MemoryStore, expected: u64) -> Result<(), StoreError> {
    let group = group();
    let transaction = Transaction {
        writes: &[write(&group, expected)],
        outbox: &[OutboxWrite {
            record: &group,
            id: "N",
            body: "{}",
            written_at: at(0),
        }],
        ..Transaction::default()
    };
    store.commit(transaction).await
}

fn version(store: &MemoryStore) -> u64 {
    let mut records = store.records();
    records.next().map_or(0, |(_, record)| record.version.0)
}

#[tokio::test]
async fn a_transaction_fails_before_or_after_it_is_written() {
    for (fault, done) in [
        (Fault::Unavailable, 0),
        (Fault::Throttled, 0),
        (Fault::AnswerLost, 1),
    ] {
        let store = MemoryStore::new();
        store.inject(fault, Some(Operation::Commit), 1);
        commit(&store, 0).await.unwrap_err();
        assert_eq!(
            (version(&store), store.outbox_len()),
            (done, usize::from(done == 1))
        );
        let again = commit(&store, 0).await;
        assert_eq!(again.is_ok(), done == 0, "{fault:?}");
        // Whoever compares knows its own work.
        let loaded = store
            .load(&[group()])
            .await
            .unwrap()
            .remove(&group())
            .unwrap();
        assert_eq!(
            (loaded.version, loaded.body.as_deref()),
            (Version(1), Some("7"))
        );
    }
}

/// Every step of some work is broken off in turn.
#[tokio::test]
async fn a_fault_happens_after_so_many_operations() {
    let work = async |store: &MemoryStore| {
        store.load(&[group()]).await?;
        commit(store, 0).await?;
        store.due(at(0), 1).await?;
        store.remember_once("r", at(0), at(9)).await
    };
    let store = MemoryStore::new();
    work(&store).await.unwrap();
    assert_eq!(store.operations(), 4);
    for step in 0..4 {
        let store = MemoryStore::new();
        store.inject_after(step, Fault::Unavailable);
        work(&store).await.unwrap_err();
        assert_eq!(store.operations(), step + 1);
        assert_eq!(version(&store), u64::from(step > 1));
    }
    let store = MemoryStore::new();
    store.inject_after(1, Fault::Unavailable);
    store.fail_next(3);
    store.clear_faults();
    work(&store).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_goes_its_own_way() {
    let store = MemoryStore::new();
    commit(&store, 0).await.unwrap();
    let (snapshot, clone) = (store.snapshot(), store.clone());
    commit(&store, 1).await.unwrap();
    assert_eq!([&store, &clone, &snapshot].map(version), [2, 2, 1]);
    snapshot
        .remove(&[store::OutboxRef::of(&group(), "N")])
        .await
        .unwrap();
    assert_eq!(
        [&store, &clone, &snapshot].map(MemoryStore::outbox_len),
        [1, 1, 0]
    );
}

#[tokio::test]
async fn what_lies_in_the_table_can_be_seen() {
    let store = MemoryStore::new();
    let (group, silences) = (group(), RecordKey::Silences);
    let listing = Listing {
        list: "L",
        sort: "1",
        summary: "s",
    };
    let transaction = Transaction {
        writes: &[
            write(&silences, 0),
            Write {
                due_at: Some(at(5)),
                listed: Some(listing),
                keep_until: Some(at(9) + SignedDuration::from_millis(1)),
                ..write(&group, 0)
            },
        ],
        ..Transaction::default()
    };
    store.commit(transaction).await.unwrap();
    store.break_record(&silences);
    let plain = StoredRecord {
        version: Version(1),
        body: None,
        due_at: None,
        list: None,
        expires_at: None,
    };
    let full = StoredRecord {
        body: Some("7".to_owned()),
        due_at: Some(at(5)),
        list: Some("L".to_owned()),
        expires_at: Some(10),
        ..plain.clone()
    };
    let records: Vec<(RecordKey, StoredRecord)> = store.records().collect();
    assert_eq!(records, [(group, full), (silences, plain)]);
}

#[tokio::test]
async fn what_may_be_forgotten_is_forgotten_when_told() {
    let store = MemoryStore::new();
    let (group, silences) = (group(), RecordKey::Silences);
    let keep_until = Some(at(10));
    let note = Note {
        partition: "n",
        sort: "1",
        body: "{}",
        keep_until,
    };
    let transaction = Transaction {
        writes: &[
            write(&silences, 0),
            Write {
                keep_until,
                ..write(&group, 0)
            },
        ],
        notes: &[note],
        ..Transaction::default()
    };
    store.commit(transaction).await.unwrap();
    store.put_text("t", "1", keep_until).await.unwrap();
    assert!(store.remember_once("r", at(0), at(10)).await.unwrap());
    store.expire(at(9));
    assert_eq!((store.records().count(), store.notes_len()), (3, 1));
    store.expire(at(10));
    let left: Vec<RecordKey> = store.records().map(|(key, _)| key).collect();
    assert_eq!(left, [silences]);
    assert_eq!(store.notes_len(), 0);
    assert_eq!(store.get_text("t").await.unwrap(), None);
    assert_eq!(
        store.notes("n", Page::first(1)).await.unwrap().notes.len(),
        0
    );
}
