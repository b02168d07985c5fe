//! What the table refuses is refused before it is asked.

use lambda_support::error::Retryable;

use super::check::{Failure, at, noise, same};
use super::records::{group, incident, load, put, write};
use super::suite::Subject;
use crate::error::StoreError;
use crate::port::Version;
use crate::record::{
    Check, Listing, LoadedRecord, Note, OutboxWrite, Page, RecordKey, Transaction, Write,
};

const fn note<'a>(partition: &'a str, sort: &'a str, body: &'a str) -> Note<'a> {
    Note {
        partition,
        sort,
        body,
        keep_until: None,
    }
}

/// Commits what must be refused for ever, and gives the reason.
async fn refusal<T: Subject>(
    store: &T,
    transaction: Transaction<'_>,
) -> Result<StoreError, Failure> {
    match store.commit(transaction).await {
        Ok(()) => Err(Failure::new("it is not refused")),
        Err(error) if error.is_retryable() => Err(error.into()),
        Err(error) => Ok(error),
    }
}

pub(super) async fn nothing_to_write_is_no_error<T: Subject>(store: T) -> Result<(), Failure> {
    put(&store, &[]).await
}

pub(super) async fn a_transaction_holds_a_hundred_items<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let keys: Vec<RecordKey> = (0..60).map(|n| group(&n.to_string())).collect();
    let (written, checked) = keys.split_at(40);
    let writes: Vec<Write<'_>> = written.iter().map(|key| write(key, 0, "1")).collect();
    let expected = Version::NONE;
    let checks: Vec<Check<'_>> = checked.iter().map(|key| Check { key, expected }).collect();
    let outbox: Vec<OutboxWrite<'_>> = (keys.iter().take(20))
        .map(|record| OutboxWrite {
            record,
            id: "N",
            body: "{}",
            written_at: at(0),
        })
        .collect();
    let sorts: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    let notes: Vec<Note<'_>> = sorts.iter().map(|sort| note("n", sort, "{}")).collect();
    let of = |notes| Transaction {
        writes: &writes,
        checks: &checks,
        outbox: &outbox,
        notes,
    };
    let error = refusal(&store, of(&notes)).await?;
    let expected = "a transaction of 40 records, 20 checks, 20 notifications and 21 notes has \
                    101 items and may have 100: decide about less at once";
    same("error", &error.to_string().as_str(), &expected)?;
    let first = load(&store, &group("0")).await?;
    same("record", &first, &LoadedRecord::nothing())?;
    let (_, hundred) = notes.split_at(1);
    store.commit(of(hundred)).await?;
    same("record", &load(&store, &group("0")).await?.version.0, &1)
}

pub(super) async fn a_transaction_that_is_too_large_is_refused<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let body = format!(r#""{}""#, noise(390_000));
    let keys: Vec<RecordKey> = (0..14).map(|n| incident(&n.to_string())).collect();
    let writes: Vec<Write<'_>> = keys.iter().map(|key| write(key, 0, &body)).collect();
    let transaction = Transaction {
        writes: &writes,
        ..Transaction::default()
    };
    let error = refusal(&store, transaction).await?;
    let StoreError::TransactionTooLarge { size, limit } = error else {
        return Err(error.into());
    };
    same("limit", &limit, &(4 * 1024 * 1024))?;
    same("size", &(size > limit), &true)
}

pub(super) async fn an_item_that_is_too_large_is_refused<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let body = noise(600_000);
    let key = group("g");
    let none = Transaction::default();
    let cases = [
        (
            "GROUP#g",
            Transaction {
                writes: &[write(&key, 0, &body)],
                ..none
            },
        ),
        (
            "NOTE#n",
            Transaction {
                notes: &[note("n", "1", &body)],
                ..none
            },
        ),
        (
            "N.1",
            Transaction {
                outbox: &[OutboxWrite {
                    record: &key,
                    id: "N.1",
                    body: &body,
                    written_at: at(0),
                }],
                ..none
            },
        ),
    ];
    for (name, transaction) in cases {
        let error = refusal(&store, transaction).await?;
        let StoreError::TooLarge { key, limit, .. } = error else {
            return Err(error.into());
        };
        same("named", &(key.as_str(), limit), &(name, 400 * 1024))?;
    }
    match store.put_text("t", &body, None).await {
        Err(StoreError::TooLarge { .. }) => Ok(()),
        other => Err(Failure::new(format!("the text: {other:?}"))),
    }
}

pub(super) async fn an_item_is_named_once<T: Subject>(store: T) -> Result<(), Failure> {
    let (key, expected) = (group("g"), Version::NONE);
    let one = write(&key, 0, "1");
    let check = Check {
        key: &key,
        expected,
    };
    let entry = OutboxWrite {
        record: &key,
        id: "N",
        body: "{}",
        written_at: at(0),
    };
    let none = Transaction::default();
    let cases = [
        (
            "GROUP#g STATE",
            Transaction {
                writes: &[one, one],
                ..none
            },
        ),
        (
            "GROUP#g STATE",
            Transaction {
                checks: &[check, check],
                ..none
            },
        ),
        (
            "GROUP#g STATE",
            Transaction {
                writes: &[one],
                checks: &[check],
                ..none
            },
        ),
        (
            "GROUP#g OUTBOX#N",
            Transaction {
                outbox: &[entry, entry],
                ..none
            },
        ),
        (
            "NOTE#n 1",
            Transaction {
                notes: &[note("n", "1", "1"), note("n", "1", "1")],
                ..none
            },
        ),
    ];
    for (name, transaction) in cases {
        let error = refusal(&store, transaction).await?;
        let StoreError::Duplicate { key } = error else {
            return Err(error.into());
        };
        same("named", &key.as_str(), &name)?;
    }
    Ok(())
}

pub(super) async fn names_have_limits<T: Subject>(store: T) -> Result<(), Failure> {
    let long = "k".repeat(2048);
    let (key, too_long) = (group("g"), group(&long));
    let sort = long.get(..513).unwrap_or_default();
    let listed = |list, sort, summary| Write {
        listed: Some(Listing {
            list,
            sort,
            summary,
        }),
        ..write(&key, 0, "1")
    };
    let none = Transaction::default();
    let many = "bytes and a key may have ";
    let cases = [
        (
            many,
            Transaction {
                writes: &[write(&too_long, 0, "1")],
                ..none
            },
        ),
        (
            many,
            Transaction {
                notes: &[note(&long, "1", "1")],
                ..none
            },
        ),
        (
            many,
            Transaction {
                notes: &[note("n", &long, "1")],
                ..none
            },
        ),
        (
            many,
            Transaction {
                writes: &[listed("L", sort, "s")],
                ..none
            },
        ),
        (
            "a note of `NOTE#n` is empty",
            Transaction {
                notes: &[note("n", "", "1")],
                ..none
            },
        ),
        (
            "the list of `GROUP#g` is empty",
            Transaction {
                writes: &[listed("", "1", "s")],
                ..none
            },
        ),
        (
            "the summary of `GROUP#g` has 2048 bytes and may have 1024",
            Transaction {
                writes: &[listed("L", "1", &long)],
                ..none
            },
        ),
    ];
    for (expected, transaction) in cases {
        let error = refusal(&store, transaction).await?.to_string();
        let said = error.contains(expected);
        same(&format!("`{error}` says `{expected}`"), &said, &true)?;
    }
    // What is asked for is refused alike.
    let is_long = |error: StoreError| matches!(error, StoreError::KeyTooLong { .. });
    let refused = [
        store.load(&[too_long]).await.is_err_and(is_long),
        store.get_text(&long).await.is_err_and(is_long),
        (store.remember_once(&long, at(0), at(1)).await).is_err_and(is_long),
        store.notes(&long, Page::first(1)).await.is_err_and(is_long),
    ];
    same("reading", &refused, &[true; 4])
}
