//! What is done once, and texts by their names.

use jiff::SignedDuration;

use super::check::{Failure, at, conflict, joined, same};
use super::records::{group, load, put, write};
use super::suite::Subject;
use crate::record::{LoadedRecord, RecordKey, Transaction};

pub(super) async fn a_request_is_new_once<T: Subject>(store: T) -> Result<(), Failure> {
    let new = async |key: &str, now, until| store.remember_once(key, at(now), at(until)).await;
    same("first", &new("r 1", 0, 60).await?, &true)?;
    same("again", &new("r 1", 1, 61).await?, &false)?;
    same(
        "by another",
        &store.peer().remember_once("r 1", at(2), at(62)).await?,
        &false,
    )?;
    same("another", &new("r 2", 2, 62).await?, &true)?;
    // Until then and no longer, whenever the table forgets it.
    same("just before", &new("r 1", 59, 99).await?, &false)?;
    same("just then", &new("r 1", 60, 120).await?, &true)?;
    same("since then", &new("r 1", 119, 150).await?, &false)?;
    // Never forgotten before its time.
    let half = at(60) + SignedDuration::from_millis(500);
    same(
        "until half past",
        &store.remember_once("r 3", at(0), half).await?,
        &true,
    )?;
    let early = half - SignedDuration::from_millis(1);
    same(
        "before that",
        &store.remember_once("r 3", early, at(90)).await?,
        &false,
    )
}

pub(super) async fn of_racing_requests_exactly_one_is_new<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    // The second round meets what is remembered no longer.
    for round in [0, 100] {
        let mut tasks = Vec::new();
        for n in 0..20 {
            let store = if n % 2 == 0 {
                store.clone()
            } else {
                store.peer()
            };
            tasks.push(tokio::spawn(async move {
                store.remember_once("r", at(round), at(round + 60)).await
            }));
        }
        let mut new = 0;
        for answer in joined(tasks).await? {
            new += usize::from(answer?);
        }
        same("new", &new, &1)?;
    }
    Ok(())
}

/// A key that is written with the work is there when the work is done, and only then.
pub(super) async fn a_request_is_remembered_with_its_work<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let (once, work) = (RecordKey::Once("r".into()), group("g"));
    put(&store, &[write(&once, 0, "null"), write(&work, 0, "1")]).await?;
    let again = [write(&once, 0, "null"), write(&work, 1, "2")];
    let again = Transaction {
        writes: &again,
        ..Transaction::default()
    };
    conflict("again", store.commit(again).await)?;
    same("work", &load(&store, &work).await?.version.0, &1)?;
    same(
        "by the way",
        &store.remember_once("r", at(0), at(9)).await?,
        &false,
    )?;
    // What is remembered can be looked up.
    same(
        "another",
        &store.remember_once("s", at(0), at(9)).await?,
        &true,
    )?;
    let remembered = load(&store, &RecordKey::Once("s".into())).await?;
    same(
        "version",
        &(remembered.version.0, remembered.fault),
        &(1, None),
    )?;
    let other = load(&store, &RecordKey::Once("t".into())).await?;
    same("never named", &other, &LoadedRecord::nothing())
}

pub(super) async fn a_text_is_kept_until_another_is_put<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let text = async |key: &str| store.get_text(key).await;
    same("before", &text("token/a").await?, &None)?;
    store.put_text("token/a", "{\"ü\":1}", None).await?;
    store
        .put_text("token/b", "", Some(at(1_000_000_000)))
        .await?;
    same(
        "first",
        &text("token/a").await?,
        &Some("{\"ü\":1}".to_owned()),
    )?;
    same(
        "of another name",
        &text("token/b").await?,
        &Some(String::new()),
    )?;
    store.put_text("token/a", "2", None).await?;
    same(
        "second",
        &store.peer().get_text("token/a").await?,
        &Some("2".to_owned()),
    )
}
