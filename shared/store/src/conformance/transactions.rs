//! Several records in one decision.

use jiff::Timestamp;

use super::check::{Failure, at, conflict, eventually, joined, same};
use super::records::{group, holds, incident, load, put, write};
use super::suite::Subject;
use crate::error::StoreError;
use crate::port::{OutboxRef, Version};
use crate::record::{
    Check, ListPage, Listing, LoadedRecord, Note, NotePage, OutboxWrite, Page, RecordKey,
    Transaction, Write,
};

const fn check(key: &RecordKey, expected: u64) -> Check<'_> {
    Check {
        key,
        expected: Version(expected),
    }
}

fn entry<'a>(record: &'a RecordKey, id: &'a str, second: i64) -> OutboxWrite<'a> {
    OutboxWrite {
        record,
        id,
        body: "{}",
        written_at: at(second),
    }
}

/// The ids in the outbox, oldest first.
async fn published<T: Subject>(store: &T, expected: &[&str]) -> Result<(), Failure> {
    let expected: Vec<String> = expected.iter().map(|id| (*id).to_owned()).collect();
    eventually("outbox", &expected, async || {
        let pending = store.pending(Timestamp::MAX, 100).await?.entries;
        Ok(pending
            .into_iter()
            .map(|entry| entry.reference.id)
            .collect())
    })
    .await
}

pub(super) async fn all_is_written_or_nothing<T: Subject>(store: T) -> Result<(), Failure> {
    let keys = [
        group("g"),
        incident("a"),
        incident("b"),
        RecordKey::Silences,
    ];
    let [g, a, b, silences] = &keys;
    put(&store, &[write(silences, 0, "[]")]).await?;
    let listed = Some(Listing {
        list: "L",
        sort: "1",
        summary: "s",
    });
    let transaction = |a_expected| {
        let due_at = Some(at(0));
        [
            write(g, 0, "1"),
            Write {
                due_at,
                listed,
                ..write(a, a_expected, "2")
            },
            write(b, 0, "3"),
        ]
    };
    let notes = [Note {
        partition: "audit",
        sort: "1",
        body: "{}",
        keep_until: None,
    }];
    let with = |writes| Transaction {
        writes,
        checks: &[],
        outbox: &[],
        notes: &notes,
    };
    let outbox = [entry(g, "N.1", 1)];
    let wrong = transaction(1);
    let refused = Transaction {
        outbox: &outbox,
        ..with(&wrong)
    };
    match store.commit(refused).await {
        Err(StoreError::Conflict { key }) => same("named", &key, &a.to_string())?,
        other => conflict("one of three", other)?,
    }
    for key in [g, a, b] {
        let loaded = load(&store, key).await?;
        same(&key.to_string(), &loaded, &LoadedRecord::nothing())?;
    }
    published(&store, &[]).await?;
    let first = Page::first(10);
    same(
        "notes",
        &store.notes("audit", first).await?,
        &NotePage::default(),
    )?;
    same("list", &store.list("L", first).await?, &ListPage::default())?;
    same("timers", &store.due(Timestamp::MAX, 10).await?, &Vec::new())?;

    let right = transaction(0);
    let accepted = Transaction {
        outbox: &outbox,
        checks: &[check(silences, 1)],
        ..with(&right)
    };
    store.commit(accepted).await?;
    for (key, body) in [(g, "1"), (a, "2"), (b, "3")] {
        same(&key.to_string(), &load(&store, key).await?, &holds(1, body))?;
    }
    published(&store, &["N.1"]).await?;
    same("notes", &store.notes("audit", first).await?.notes.len(), &1)?;
    let listed = async || Ok(store.list("L", first).await?.entries.len());
    eventually("list", &1, listed).await?;
    eventually("timers", &vec![(a.clone(), at(0))], || {
        store.due(Timestamp::MAX, 10)
    })
    .await
}

pub(super) async fn a_transaction_fails_for_any_of_its_records<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let keys: Vec<RecordKey> = (0..8).map(|n| group(&n.to_string())).collect();
    let all = |expected: &dyn Fn(usize) -> u64| -> Vec<Write<'_>> {
        let keys = keys.iter().enumerate();
        keys.map(|(n, key)| write(key, expected(n), "1")).collect()
    };
    put(&store, &all(&|_| 0)).await?;
    for odd in 0..keys.len() {
        for wrong in [0, 2] {
            let writes = all(&|n| if n == odd { wrong } else { 1 });
            let transaction = Transaction {
                writes: &writes,
                ..Transaction::default()
            };
            match store.commit(transaction).await {
                Err(StoreError::Conflict { key }) => {
                    same(
                        "named",
                        &Some(key),
                        &keys.get(odd).map(RecordKey::partition),
                    )?;
                }
                other => conflict("one of eight", other)?,
            }
        }
    }
    let versions = store.load(&keys).await?.into_values().map(|r| r.version.0);
    same("versions", &versions.collect::<Vec<_>>(), &vec![1; 8])?;
    put(&store, &all(&|_| 1)).await
}

pub(super) async fn nothing_is_written_unless_the_checks_hold<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let (key, silences, absent) = (group("g"), RecordKey::Silences, incident("absent"));
    put(&store, &[write(&silences, 0, "[]")]).await?;
    let attempt = async |checks: &[Check<'_>], writes: &[Write<'_>]| {
        let transaction = Transaction {
            writes,
            checks,
            ..Transaction::default()
        };
        store.commit(transaction).await
    };
    let first = [write(&key, 0, "1")];
    let cases = [
        ("a stale version", [check(&silences, 2), check(&absent, 0)]),
        ("something there", [check(&silences, 0), check(&absent, 0)]),
        ("nothing there", [check(&silences, 1), check(&absent, 1)]),
    ];
    for (what, checks) in cases {
        conflict(what, attempt(&checks, &first).await)?;
        // Without any write as well.
        conflict(what, attempt(&checks, &[]).await)?;
    }
    same(
        "record",
        &load(&store, &key).await?,
        &LoadedRecord::nothing(),
    )?;
    let hold = [check(&silences, 1), check(&absent, 0)];
    attempt(&hold, &[]).await?;
    let [one, _] = hold;
    attempt(&[one], &[]).await?;
    attempt(&hold, &first).await?;
    same("record", &load(&store, &key).await?, &holds(1, "1"))?;
    // A check changes nothing.
    same("silences", &load(&store, &silences).await?, &holds(1, "[]"))?;
    same(
        "absent",
        &load(&store, &absent).await?,
        &LoadedRecord::nothing(),
    )
}

pub(super) async fn of_racing_creations_exactly_one_wins<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let mut tasks = Vec::new();
    for n in 0..10 {
        let store = store.peer();
        tasks.push(tokio::spawn(async move {
            let (group, own) = (group("g"), incident(&n.to_string()));
            let body = n.to_string();
            // In either order: a transaction has none.
            let mut writes = [write(&group, 0, &body), write(&own, 0, &body)];
            if n % 2 == 0 {
                writes.reverse();
            }
            let transaction = Transaction {
                writes: &writes,
                ..Transaction::default()
            };
            (store.commit(transaction).await, body, own)
        }));
    }
    let mut winners = Vec::new();
    for (result, body, own) in joined(tasks).await? {
        let there = load(&store, &own).await?.version.0;
        match result {
            Ok(()) => {
                same("the winner's own record", &there, &1)?;
                winners.push(body);
            }
            lost => {
                conflict("a loser", lost)?;
                same("a loser's own record", &there, &0)?;
            }
        }
    }
    let [winner] = winners.as_slice() else {
        return Err(Failure::new(format!("{winners:?} won")));
    };
    same(
        "group",
        &load(&store, &group("g")).await?,
        &holds(1, winner),
    )
}

/// Counts in two records at once until it could.
async fn increment<T: Subject>(store: &T) -> Result<(), StoreError> {
    let (one, other) = (group("one"), RecordKey::Silences);
    loop {
        let loaded = store.load(&[one.clone(), other.clone()]).await?;
        let read = |key: &RecordKey| loaded.get(key).cloned().unwrap_or_default();
        let (first, second) = (read(&one), read(&other));
        let next = first.version.next().0.to_string();
        let writes = [
            write(&one, first.version.0, &next),
            write(&other, second.version.0, &next),
        ];
        let transaction = Transaction {
            writes: &writes,
            ..Transaction::default()
        };
        match store.commit(transaction).await {
            Err(StoreError::Conflict { .. }) => tokio::task::yield_now().await,
            result => return result,
        }
    }
}

pub(super) async fn no_increment_of_two_records_is_lost<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = store.peer();
        tasks.push(tokio::spawn(async move {
            for _ in 0..5 {
                increment(&store).await?;
            }
            Ok::<(), StoreError>(())
        }));
    }
    joined(tasks)
        .await?
        .into_iter()
        .collect::<Result<(), _>>()?;
    for key in [group("one"), RecordKey::Silences] {
        same(
            &key.to_string(),
            &load(&store, &key).await?,
            &holds(20, "20"),
        )?;
    }
    Ok(())
}

/// The transaction took place and its answer was lost: the repetition conflicts, and what
/// is loaded then is one's own work, entries included.
pub(super) async fn a_repeated_transaction_finds_its_own_work<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let (g, a) = (group("g"), incident("a"));
    let transaction = Transaction {
        writes: &[write(&g, 0, "1"), write(&a, 0, "2")],
        outbox: &[entry(&g, "N.1", 1)],
        ..Transaction::default()
    };
    store.commit(transaction).await?;
    conflict("the repetition", store.commit(transaction).await)?;
    same("group", &load(&store, &g).await?, &holds(1, "1"))?;
    same("incident", &load(&store, &a).await?, &holds(1, "2"))?;
    published(&store, &["N.1"]).await
}

pub(super) async fn an_entry_belongs_to_its_record<T: Subject>(store: T) -> Result<(), Failure> {
    let keys = [
        incident("a"),
        group("a"),
        RecordKey::Silences,
        incident("GROUP#a"),
        RecordKey::Episode("a".into()),
    ];
    // Of one name and time, with records and without.
    let writes = [write(&keys[0], 0, "1"), write(&keys[1], 0, "1")];
    let outbox: Vec<OutboxWrite<'_>> = keys.iter().map(|key| entry(key, "N", 1)).collect();
    let transaction = Transaction {
        writes: &writes,
        outbox: &outbox,
        ..Transaction::default()
    };
    store.commit(transaction).await?;
    let references = |entries: &[OutboxWrite<'_>]| -> Vec<OutboxRef> {
        let mut references: Vec<OutboxRef> = entries.iter().map(OutboxWrite::reference).collect();
        references.sort_unstable();
        references
    };
    let pending = async || {
        let pending = store.pending(Timestamp::MAX, 100).await?.entries;
        let mut pending: Vec<OutboxRef> = pending.into_iter().map(|e| e.reference).collect();
        pending.sort_unstable();
        Ok(pending)
    };
    eventually("all", &references(&outbox), pending).await?;
    let (gone, left) = outbox.split_at(2);
    store.remove(&references(gone)).await?;
    eventually("left", &references(left), pending).await?;
    store.remove(&references(left)).await?;
    eventually("none", &Vec::new(), pending).await
}
