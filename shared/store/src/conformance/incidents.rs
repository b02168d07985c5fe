//! The states of incidents.

use std::collections::HashMap;

use incident::IncidentStatus;
use jiff::Timestamp;

use super::check::{Failure, Probe, commit, conflict, same};
use super::suite::Subject;
use crate::port::{Commit, IncidentStore, Loaded, OutboxEntry, Version};

async fn load<T: Subject>(store: &T, key: &str) -> Result<Loaded<Probe>, Failure> {
    let mut loaded = store.load(&[key]).await?;
    let state = loaded.remove(key);
    state.ok_or_else(|| Failure::new(format!("`{key}` has no entry in the answer")))
}

fn holds(state: Probe) -> Loaded<Probe> {
    Loaded {
        version: Version(state.version),
        state: Some(state),
        fault: None,
    }
}

pub(super) async fn a_missing_key_is_loaded_as_nothing<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    same("state", &load(&store, "a/b").await?, &Loaded::nothing())?;
    let none = IncidentStore::<Probe>::load(&store, &[]).await?;
    same("no keys", &none.len(), &0)
}

pub(super) async fn a_created_state_is_loaded_again<T: Subject>(store: T) -> Result<(), Failure> {
    for version in 1..=3 {
        let state = Probe::new(version, format!("note {version}, “quoted”, ünïcode"));
        let written = store.commit(commit("a/b c", &state, &[])).await?;
        same("new version", &written, &Version(version))?;
        same("state", &load(&store, "a/b c").await?, &holds(state))?;
    }
    Ok(())
}

pub(super) async fn a_stale_version_conflicts<T: Subject>(store: T) -> Result<(), Failure> {
    let (first, second) = (Probe::new(1, "first"), Probe::new(2, "second"));
    store.commit(commit("k", &first, &[])).await?;
    store.commit(commit("k", &second, &[])).await?;
    let late = Probe::new(2, "late");
    conflict(
        "a stale version",
        store.commit(commit("k", &late, &[])).await,
    )?;
    let early = Probe::new(4, "early");
    conflict(
        "a version to come",
        store.commit(commit("k", &early, &[])).await,
    )?;
    let lost = Probe::new(8, "lost");
    conflict(
        "a version of nothing",
        store.commit(commit("other", &lost, &[])).await,
    )?;
    same("state", &load(&store, "k").await?, &holds(second))?;
    same("other", &load(&store, "other").await?, &Loaded::nothing())
}

pub(super) async fn a_key_is_created_once<T: Subject>(store: T) -> Result<(), Failure> {
    let first = Probe::new(1, "first");
    store.commit(commit("k", &first, &[])).await?;
    let again = Probe::new(1, "again");
    conflict("once more", store.commit(commit("k", &again, &[])).await)?;
    same("state", &load(&store, "k").await?, &holds(first))
}

pub(super) async fn of_racing_commits_exactly_one_wins<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    race(store, false).await
}

pub(super) async fn of_racing_transactions_exactly_one_wins<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    race(store, true).await
}

/// Ten writers in each of three rounds; with entries they are transactions.
async fn race<T: Subject>(store: T, entries: bool) -> Result<(), Failure> {
    for version in 1..=3 {
        let mut tasks = Vec::new();
        for writer in 0..10 {
            let store = store.peer();
            tasks.push(tokio::spawn(async move {
                let state = Probe::new(version, format!("writer {writer}"));
                let outbox = entries.then(|| OutboxEntry {
                    id: format!("{version}.{writer}"),
                    body: state.note.clone(),
                    written_at: Timestamp::UNIX_EPOCH,
                });
                let outbox: Vec<OutboxEntry> = outbox.into_iter().collect();
                (store.commit(commit("k", &state, &outbox)).await, state)
            }));
        }
        let mut winners = Vec::new();
        for task in tasks {
            match task
                .await
                .map_err(|error| Failure::new(error.to_string()))?
            {
                (Ok(_), state) => winners.push(state),
                (lost, _) => conflict("a loser", lost)?,
            }
        }
        let winner = match winners.as_slice() {
            [winner] => winner.clone(),
            many => return Err(Failure::new(format!("{} writers won", many.len()))),
        };
        same("state", &load(&store, "k").await?, &holds(winner.clone()))?;
        let pending = store.pending(Timestamp::MAX, 100).await?.entries;
        let bodies = pending.iter().filter(|e| e.body == winner.note).count();
        same("entries of the winner", &(bodies > 0), &entries)?;
        let expected = if entries {
            usize::try_from(version).unwrap_or_default()
        } else {
            0
        };
        same("entries", &pending.len(), &expected)?;
    }
    Ok(())
}

pub(super) async fn a_large_state_comes_back_the_same<T: Subject>(store: T) -> Result<(), Failure> {
    let mut note = String::new();
    let mut alert = 0;
    while note.len() < 1024 * 1024 {
        note.push_str(&format!(
            "alert {alert} of “gradebook” fires since it is {alert}; "
        ));
        alert += 1;
    }
    let state = Probe::new(1, note);
    store.commit(commit("k", &state, &[])).await?;
    same("state", &load(&store, "k").await?, &holds(state))
}

pub(super) async fn many_keys_are_loaded_at_once<T: Subject>(store: T) -> Result<(), Failure> {
    let keys: Vec<String> = (0..250).map(|n| format!("service-{n}/errors")).collect();
    let mut expected = HashMap::new();
    for (n, key) in keys.iter().enumerate() {
        let loaded = if n % 5 == 0 {
            Loaded::nothing()
        } else {
            let state = Probe::new(1, key.as_str());
            store.commit(commit(key, &state, &[])).await?;
            holds(state)
        };
        expected.insert(key.clone(), loaded);
    }
    let mut asked: Vec<&str> = keys.iter().map(String::as_str).collect();
    // A key that is asked for twice is answered once.
    asked.extend(keys.iter().take(20).map(String::as_str));
    let loaded = store.load(&asked).await?;
    same("number", &loaded.len(), &expected.len())?;
    same("states", &(loaded == expected), &true)
}

/// The write succeeded and the answer was lost: the repetition conflicts, and what
/// is loaded then is one's own work, entries included.
pub(super) async fn a_repeated_commit_finds_its_own_work<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let state = Probe::new(1, "mine");
    let outbox = [OutboxEntry {
        id: "INC-1.1".to_owned(),
        body: "{}".to_owned(),
        written_at: Timestamp::UNIX_EPOCH,
    }];
    store.commit(commit("k", &state, &outbox)).await?;
    conflict(
        "the repetition",
        store.commit(commit("k", &state, &outbox)).await,
    )?;
    same("state", &load(&store, "k").await?, &holds(state))?;
    let pending = store.pending(Timestamp::MAX, 10).await?.entries;
    let ids: Vec<&str> = pending.iter().map(|e| e.reference.id.as_str()).collect();
    same("entries", &ids, &vec!["INC-1.1"])
}

/// The index follows the table with a delay, so it is asked until it has caught up.
async fn open<T: Subject>(store: &T, limit: usize, expected: &[&str]) -> Result<(), Failure> {
    let mut keys = Vec::new();
    for _ in 0..100 {
        keys = store.open_keys(limit).await?;
        if keys == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    same("open keys", &keys.as_slice(), &expected)
}

pub(super) async fn open_keys_are_those_whose_last_commit_was_open<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    open(&store, 10, &[]).await?;
    let first = Probe::new(1, "opened");
    let entry = OutboxEntry {
        id: "INC-1.1".to_owned(),
        body: "{}".to_owned(),
        written_at: Timestamp::UNIX_EPOCH,
    };
    // With and without a notification: a transaction and a plain write.
    store.commit(commit("b/errors", &first, &[entry])).await?;
    store.commit(commit("a/errors", &first, &[])).await?;
    store.commit(commit("c/latency", &first, &[])).await?;
    let status = IncidentStatus::Info;
    let quiet = Commit {
        status,
        ..commit("d/info", &first, &[])
    };
    store.commit(quiet).await?;
    open(&store, 10, &["a/errors", "b/errors", "c/latency"]).await?;
    open(&store, 2, &["a/errors", "b/errors"]).await?;
    let second = Probe::new(2, "resolved");
    let status = IncidentStatus::Resolved;
    let over = Commit {
        status,
        ..commit("b/errors", &second, &[])
    };
    store.commit(over).await?;
    open(&store, 10, &["a/errors", "c/latency"]).await?;
    let third = Probe::new(3, "opened again");
    store.commit(commit("b/errors", &third, &[])).await?;
    open(&store, 10, &["a/errors", "b/errors", "c/latency"]).await?;
    // What is open is not what is to be published.
    let pending = store.pending(Timestamp::MAX, 10).await?;
    same("outbox", &pending.entries.len(), &1)
}
