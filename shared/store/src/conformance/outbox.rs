//! What is still to be published.

use jiff::Timestamp;

use super::check::{Entry, Failure, Probe, at, commit, conflict, same};
use super::suite::Subject;
use crate::port::{OutboxRef, PendingEntry};

fn entry(id: &str, second: i64) -> Entry {
    Entry {
        id: id.to_owned(),
        body: format!(r#"{{"id":"{id}"}}"#),
        written_at: at(second),
    }
}

fn ids(entries: &[PendingEntry]) -> Vec<&str> {
    entries.iter().map(|e| e.reference.id.as_str()).collect()
}

fn references(entries: &[PendingEntry]) -> Vec<OutboxRef> {
    entries.iter().map(|e| e.reference.clone()).collect()
}

/// Asks until the index shows so many entries: it follows the table with a delay.
async fn pending<T: Subject>(
    store: &T,
    older_than: Timestamp,
    limit: usize,
    expected: usize,
) -> Result<Vec<PendingEntry>, Failure> {
    let mut entries = Vec::new();
    for _ in 0..100 {
        entries = store.pending(older_than, limit).await?.entries;
        if entries.len() == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    same("pending entries", &entries.len(), &expected)?;
    Ok(entries)
}

pub(super) async fn entries_are_written_with_the_state<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let state = Probe::new(1, "opened");
    let mut outbox = vec![entry("INC-A.1", 1), entry("INC-A.1#2", 2)];
    // Long enough to be deflated.
    if let Some(second) = outbox.last_mut() {
        second.body = "a long notification, ".repeat(5000);
    }
    commit(&store, "a/b", &state, &outbox).await?;
    let entries = pending(&store, at(10), 10, 2).await?;
    let expected: Vec<PendingEntry> = outbox
        .into_iter()
        .map(|entry| PendingEntry {
            reference: OutboxRef {
                key: "a/b".to_owned(),
                id: entry.id,
            },
            body: entry.body,
            written_at: entry.written_at,
        })
        .collect();
    same("entries", &entries, &expected)
}

pub(super) async fn a_failed_condition_writes_no_entry<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let first = Probe::new(1, "first");
    commit(&store, "k", &first, &[entry("A.1", 1)]).await?;
    let late = Probe::new(1, "late");
    conflict(
        "a stale version",
        commit(&store, "k", &late, &[entry("B.1", 2)]).await,
    )?;
    let entries = pending(&store, at(10), 10, 1).await?;
    same("entries", &ids(&entries), &vec!["A.1"])
}

pub(super) async fn pending_is_bounded_by_age_and_number<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    for n in (0..30).rev() {
        let key = format!("key-{n}");
        let state = Probe::new(1, "opened");
        let outbox = [entry(&format!("E{n:02}"), n)];
        commit(&store, &key, &state, &outbox).await?;
    }
    pending(&store, at(100), 100, 30).await?;
    let some = pending(&store, at(12), 5, 5).await?;
    same(
        "the oldest",
        &ids(&some),
        &vec!["E00", "E01", "E02", "E03", "E04"],
    )?;
    let old = pending(&store, at(12), 100, 12).await?;
    let last = old.last().map(|e| e.reference.id.as_str());
    same("the youngest of the old", &last, &Some("E11"))?;
    pending(&store, at(0), 100, 0).await?;
    pending(&store, at(100), 0, 0).await.map(drop)
}

pub(super) async fn removed_entries_are_gone<T: Subject>(store: T) -> Result<(), Failure> {
    let state = Probe::new(1, "opened");
    let outbox: Vec<Entry> = (0..60).map(|n| entry(&format!("E{n:02}"), n)).collect();
    commit(&store, "k", &state, &outbox).await?;
    let all = pending(&store, at(100), 100, 60).await?;
    let (gone, left) = all.split_at(55);
    let mut remove = references(gone);
    // Asked for twice, and no longer there: neither is an error.
    remove.extend(references(gone).into_iter().take(3));
    store.remove(&remove).await?;
    store.remove(&remove).await?;
    store.remove(&[]).await?;
    let entries = pending(&store, at(100), 100, 5).await?;
    same("entries", &ids(&entries), &ids(left))
}
