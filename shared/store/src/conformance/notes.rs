//! What is written down and not changed again.

use super::check::{Failure, at, same};
use super::records::{group, write};
use super::suite::Subject;
use crate::record::{Note, Page, StoredNote, Transaction};

async fn put<T: Subject>(
    store: &T,
    partition: &str,
    notes: &[(&str, &str)],
) -> Result<(), Failure> {
    let notes: Vec<Note<'_>> = notes
        .iter()
        .map(|(sort, body)| Note {
            partition,
            sort,
            body,
            keep_until: Some(at(1_000_000_000)),
        })
        .collect();
    let transaction = Transaction {
        notes: &notes,
        ..Transaction::default()
    };
    Ok(store.commit(transaction).await?)
}

async fn read<T: Subject>(
    store: &T,
    partition: &str,
    expected: &[(&str, &str)],
) -> Result<(), Failure> {
    let expected: Vec<StoredNote> = expected
        .iter()
        .map(|(sort, body)| StoredNote {
            sort: (*sort).to_owned(),
            body: (*body).to_owned(),
        })
        .collect();
    let page = store.notes(partition, Page::first(100)).await?;
    same("unreadable", &page.unreadable, &0)?;
    same("next", &page.next, &None)?;
    same(partition, &page.notes, &expected)
}

pub(super) async fn notes_are_read_in_their_order<T: Subject>(store: T) -> Result<(), Failure> {
    read(&store, "a", &[]).await?;
    // One by itself, and several.
    put(&store, "a", &[("2026-05", "5")]).await?;
    put(&store, "a", &[("2026-04", "4"), ("2026-06", "6")]).await?;
    put(&store, "a b", &[("2026-01", "1")]).await?;
    // As bytes, as the table does.
    put(&store, "a", &[("ü", "ü"), ("Z", "Z"), ("a", "a")]).await?;
    let expected = [
        ("2026-04", "4"),
        ("2026-05", "5"),
        ("2026-06", "6"),
        ("Z", "Z"),
        ("a", "a"),
        ("ü", "ü"),
    ];
    read(&store, "a", &expected).await?;
    read(&store, "a b", &[("2026-01", "1")]).await
}

pub(super) async fn a_note_is_written_once<T: Subject>(store: T) -> Result<(), Failure> {
    let key = group("g");
    for version in 0..2 {
        let transaction = Transaction {
            writes: &[write(&key, version, "1")],
            notes: &[Note {
                partition: "a",
                sort: "1",
                body: "the same",
                keep_until: None,
            }],
            ..Transaction::default()
        };
        store.commit(transaction).await?;
        read(&store, "a", &[("1", "the same")]).await?;
    }
    Ok(())
}

pub(super) async fn notes_are_read_page_by_page<T: Subject>(store: T) -> Result<(), Failure> {
    let sorts: Vec<String> = (0..23).map(|n| format!("{n:02}")).collect();
    let notes: Vec<(&str, &str)> = sorts.iter().map(|s| (s.as_str(), "{}")).collect();
    put(&store, "a", &notes).await?;
    for limit in [1, 5, 22, 23, 100] {
        let (mut found, mut after, mut count) = (Vec::new(), None, 0);
        loop {
            let page = Page {
                limit,
                after: after.as_deref(),
            };
            let page = store.notes("a", page).await?;
            found.extend(page.notes.into_iter().map(|note| note.sort));
            count += 1;
            after = page.next;
            if after.is_none() || count > 23 {
                break;
            }
        }
        same("pages", &count, &23_usize.div_ceil(limit))?;
        same("notes", &found, &sorts)?;
    }
    let page = store.notes("a", Page::first(0)).await?;
    same(
        "by none",
        &(page.notes.len(), page.next.is_some()),
        &(1, true),
    )
}
