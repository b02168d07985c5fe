//! What is due.

use jiff::{SignedDuration, Timestamp};

use super::check::{Failure, at, eventually};
use super::records::{group, incident, put, write};
use super::suite::Subject;
use crate::record::{RecordKey, Write};

async fn due<T: Subject>(
    store: &T,
    now: Timestamp,
    limit: usize,
    expected: &[(&RecordKey, Timestamp)],
) -> Result<(), Failure> {
    let expected: Vec<(RecordKey, Timestamp)> = expected
        .iter()
        .map(|(key, at)| ((*key).clone(), *at))
        .collect();
    eventually("due", &expected, || store.due(now, limit)).await
}

const fn timer(key: &RecordKey, expected: u64, due_at: Option<Timestamp>) -> Write<'_> {
    Write {
        due_at,
        ..write(key, expected, "1")
    }
}

pub(super) async fn what_is_due_comes_earliest_first<T: Subject>(store: T) -> Result<(), Failure> {
    let (a, b, c) = (group("a"), incident("b"), RecordKey::Silences);
    let (d, idle) = (group("d"), group("idle"));
    due(&store, Timestamp::MAX, 10, &[]).await?;
    let writes = [
        timer(&d, 0, Some(at(2))),
        timer(&a, 0, Some(at(3))),
        timer(&c, 0, Some(at(2))),
        timer(&idle, 0, None),
        timer(&b, 0, Some(at(1))),
    ];
    put(&store, &writes).await?;
    let all = [(&b, at(1)), (&d, at(2)), (&c, at(2)), (&a, at(3))];
    due(&store, at(100), 10, &all).await?;
    due(&store, Timestamp::MAX, 10, &all).await?;
    // Its time has come when it is that time.
    due(&store, at(2), 10, all.split_at(3).0).await?;
    due(&store, at(1), 10, all.split_at(1).0).await?;
    due(&store, at(0), 10, &[]).await?;
    due(&store, Timestamp::MIN, 10, &[]).await?;
    due(&store, at(100), 2, all.split_at(2).0).await?;
    due(&store, at(100), 0, &[]).await
}

pub(super) async fn a_timer_rings_no_earlier_than_it_should<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let key = group("a");
    let micros = |micros| at(5) + SignedDuration::from_micros(micros);
    put(&store, &[timer(&key, 0, Some(micros(1_500)))]).await?;
    let rung = [(&key, micros(2_000))];
    due(&store, micros(9_000), 10, &rung).await?;
    due(&store, micros(2_000), 10, &rung).await?;
    due(&store, micros(1_999), 10, &[]).await
}

pub(super) async fn a_write_moves_or_ends_the_timer<T: Subject>(store: T) -> Result<(), Failure> {
    let (a, b) = (group("a"), group("b"));
    put(
        &store,
        &[timer(&a, 0, Some(at(1))), timer(&b, 0, Some(at(2)))],
    )
    .await?;
    due(&store, at(9), 10, &[(&a, at(1)), (&b, at(2))]).await?;
    put(&store, &[timer(&a, 1, Some(at(3)))]).await?;
    due(&store, at(9), 10, &[(&b, at(2)), (&a, at(3))]).await?;
    put(&store, &[timer(&b, 1, None)]).await?;
    due(&store, at(9), 10, &[(&a, at(3))]).await?;
    put(&store, &[timer(&a, 2, None), timer(&b, 2, Some(at(4)))]).await?;
    due(&store, at(9), 10, &[(&b, at(4))]).await
}

pub(super) async fn records_with_long_names_are_due_too<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let (long, short) = (group(&"ü".repeat(1000)), group("a"));
    put(
        &store,
        &[timer(&long, 0, Some(at(1))), timer(&short, 0, Some(at(1)))],
    )
    .await?;
    due(&store, at(1), 10, &[(&short, at(1)), (&long, at(1))]).await
}
