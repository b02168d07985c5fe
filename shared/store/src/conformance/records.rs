//! Records by their keys.

use std::collections::BTreeMap;

use super::check::{Failure, noise, same};
use super::suite::Subject;
use crate::port::Version;
use crate::record::{
    LoadedRecord, Note, OutboxWrite, Page, RecordKey, StoredNote, Transaction, Write,
};

pub(super) fn incident(key: &str) -> RecordKey {
    RecordKey::Incident(key.into())
}

pub(super) fn group(key: &str) -> RecordKey {
    RecordKey::Group(key.into())
}

/// A write on a version, due and listed nowhere.
pub(super) const fn write<'a>(key: &'a RecordKey, expected: u64, body: &'a str) -> Write<'a> {
    Write {
        key,
        expected: Version(expected),
        body,
        due_at: None,
        listed: None,
        keep_until: None,
    }
}

pub(super) async fn put<T: Subject>(store: &T, writes: &[Write<'_>]) -> Result<(), Failure> {
    let transaction = Transaction {
        writes,
        ..Transaction::default()
    };
    Ok(store.commit(transaction).await?)
}

pub(super) async fn load<T: Subject>(store: &T, key: &RecordKey) -> Result<LoadedRecord, Failure> {
    let loaded = store.load(std::slice::from_ref(key)).await?.remove(key);
    loaded.ok_or_else(|| Failure::new(format!("`{key}` has no entry in the answer")))
}

pub(super) fn holds(version: u64, body: &str) -> LoadedRecord {
    LoadedRecord {
        version: Version(version),
        body: Some(body.to_owned()),
        fault: None,
    }
}

pub(super) async fn what_is_not_there_is_loaded_as_nothing<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let silences = load(&store, &RecordKey::Silences).await?;
    same("silences", &silences, &LoadedRecord::nothing())?;
    same("no keys", &store.load(&[]).await?.len(), &0)
}

pub(super) async fn records_of_each_kind_are_told_apart<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let keys = [
        incident("a/b c#STATE"),
        group("a/b c#STATE"),
        RecordKey::Inhibition("a/b c#STATE".into()),
        RecordKey::Silences,
        RecordKey::Episode("a/b c#STATE".into()),
        RecordKey::Once("a/b c#STATE".into()),
        RecordKey::Sensor("a/b c#STATE".into()),
        incident("GROUP#x"),
        group("x"),
    ];
    for version in 0..3 {
        let bodies = keys
            .each_ref()
            .map(|key| format!(r#"{{"{key}":"{version}, “ü”"}}"#));
        let pairs = || keys.iter().zip(&bodies);
        let writes: Vec<Write<'_>> = pairs()
            .map(|(key, body)| write(key, version, body))
            .collect();
        put(&store, &writes).await?;
        let expected: BTreeMap<RecordKey, LoadedRecord> = pairs()
            .map(|(key, body)| (key.clone(), holds(version + 1, body)))
            .collect();
        same("records", &store.load(&keys).await?, &expected)?;
    }
    Ok(())
}

pub(super) async fn many_records_are_loaded_at_once<T: Subject>(store: T) -> Result<(), Failure> {
    let keys: Vec<RecordKey> = (0..250).map(|n| group(&format!("service-{n}"))).collect();
    let mut expected = BTreeMap::new();
    for chunk in keys.chunks(60) {
        let mut writes = Vec::new();
        for (n, key) in chunk.iter().enumerate() {
            let there = n % 5 != 0;
            let loaded = if there {
                holds(1, "7")
            } else {
                LoadedRecord::nothing()
            };
            expected.insert(key.clone(), loaded);
            writes.extend(there.then(|| write(key, 0, "7")));
        }
        put(&store, &writes).await?;
    }
    // What is asked for twice is answered once.
    let asked: Vec<RecordKey> = keys.iter().chain(keys.iter().take(20)).cloned().collect();
    same("all", &(store.load(&asked).await? == expected), &true)
}

pub(super) async fn large_bodies_come_back_the_same<T: Subject>(store: T) -> Result<(), Failure> {
    let long = format!(r#"{{"ü":"{}"}}"#, "an alert and another, ".repeat(50_000));
    let dense = format!(r#""{}""#, noise(300_000));
    let key = group("k");
    let note = |sort, body| Note {
        partition: "k",
        sort,
        body,
        keep_until: None,
    };
    let transaction = Transaction {
        writes: &[write(&key, 0, &long)],
        outbox: &[OutboxWrite {
            record: &key,
            id: "N.1",
            body: &long,
            written_at: jiff::Timestamp::UNIX_EPOCH,
        }],
        notes: &[note("1", &long), note("2", &dense)],
        checks: &[],
    };
    store.commit(transaction).await?;
    store.put_text("k", &long, None).await?;
    let exact = |what: &str, read: &str, written: &str| same(what, &(read == written), &true);
    let record = load(&store, &key).await?.body.unwrap_or_default();
    exact("record", &record, &long)?;
    exact(
        "text",
        &store.get_text("k").await?.unwrap_or_default(),
        &long,
    )?;
    let notes = store.notes("k", Page::first(5)).await?.notes;
    let expected = [("1", &long), ("2", &dense)].map(|(sort, body)| StoredNote {
        sort: sort.to_owned(),
        body: body.clone(),
    });
    same("notes", &(notes == expected), &true)?;
    let pending = store.pending(jiff::Timestamp::MAX, 5).await?.entries;
    let entry = pending
        .into_iter()
        .next()
        .map(|entry| entry.body)
        .unwrap_or_default();
    exact("notification", &entry, &long)
}

pub(super) async fn an_unreadable_record_does_not_fail_its_neighbours<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let (well, ill) = (group("well"), group("ill"));
    put(&store, &[write(&well, 0, "1"), write(&ill, 0, "2")]).await?;
    store.break_record(&ill).await?;
    let loaded = store.load(&[well.clone(), ill.clone()]).await?;
    same("neighbour", &loaded.get(&well), &Some(&holds(1, "1")))?;
    let broken = load(&store, &ill).await?;
    same(
        "version and body",
        &(broken.version, broken.body),
        &(Version(1), None),
    )?;
    let fault = broken.fault.unwrap_or_default();
    let said = fault.starts_with("the body cannot be inflated: ");
    same(&format!("`{fault}` says why"), &said, &true)?;
    // Its version stays, so it can be written anew.
    put(&store, &[write(&ill, 1, "3")]).await?;
    same("anew", &load(&store, &ill).await?, &holds(2, "3"))
}
