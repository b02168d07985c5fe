//! The states of incidents.

use jiff::Timestamp;

use super::check::{Entry, Failure, Probe, commit, conflict, same};
use super::records::{self, incident};
use super::suite::Subject;
use crate::record::LoadedRecord;

async fn load<T: Subject>(store: &T, key: &str) -> Result<LoadedRecord, Failure> {
    records::load(store, &incident(key)).await
}

fn holds(state: &Probe) -> LoadedRecord {
    records::holds(state.version, &state.json())
}

pub(super) async fn a_created_state_is_loaded_again<T: Subject>(store: T) -> Result<(), Failure> {
    for version in 1..=3 {
        let state = Probe::new(version, format!("note {version}, “quoted”, ünïcode"));
        commit(&store, "a/b c", &state, &[]).await?;
        same("state", &load(&store, "a/b c").await?, &holds(&state))?;
    }
    Ok(())
}

pub(super) async fn a_stale_version_conflicts<T: Subject>(store: T) -> Result<(), Failure> {
    let (first, second) = (Probe::new(1, "first"), Probe::new(2, "second"));
    commit(&store, "k", &first, &[]).await?;
    commit(&store, "k", &second, &[]).await?;
    let late = Probe::new(2, "late");
    conflict("a stale version", commit(&store, "k", &late, &[]).await)?;
    let early = Probe::new(4, "early");
    conflict("a version to come", commit(&store, "k", &early, &[]).await)?;
    let lost = Probe::new(8, "lost");
    conflict(
        "a version of nothing",
        commit(&store, "other", &lost, &[]).await,
    )?;
    same("state", &load(&store, "k").await?, &holds(&second))?;
    same(
        "other",
        &load(&store, "other").await?,
        &LoadedRecord::nothing(),
    )
}

pub(super) async fn a_key_is_created_once<T: Subject>(store: T) -> Result<(), Failure> {
    let first = Probe::new(1, "first");
    commit(&store, "k", &first, &[]).await?;
    let again = Probe::new(1, "again");
    conflict("once more", commit(&store, "k", &again, &[]).await)?;
    same("state", &load(&store, "k").await?, &holds(&first))
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
                let outbox = entries.then(|| Entry {
                    id: format!("{version}.{writer}"),
                    body: state.note.clone(),
                    written_at: Timestamp::UNIX_EPOCH,
                });
                let outbox: Vec<Entry> = outbox.into_iter().collect();
                (commit(&store, "k", &state, &outbox).await, state)
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
        same("state", &load(&store, "k").await?, &holds(&winner))?;
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
    commit(&store, "k", &state, &[]).await?;
    same("state", &load(&store, "k").await?, &holds(&state))
}

/// The write succeeded and the answer was lost: the repetition conflicts, and what
/// is loaded then is one's own work, entries included.
pub(super) async fn a_repeated_commit_finds_its_own_work<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let state = Probe::new(1, "mine");
    let outbox = [Entry {
        id: "INC-1.1".to_owned(),
        body: "{}".to_owned(),
        written_at: Timestamp::UNIX_EPOCH,
    }];
    commit(&store, "k", &state, &outbox).await?;
    conflict("the repetition", commit(&store, "k", &state, &outbox).await)?;
    same("state", &load(&store, "k").await?, &holds(&state))?;
    let pending = store.pending(Timestamp::MAX, 10).await?.entries;
    let ids: Vec<&str> = pending.iter().map(|e| e.reference.id.as_str()).collect();
    same("entries", &ids, &vec!["INC-1.1"])
}
