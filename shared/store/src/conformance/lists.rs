//! Lists of records.

use super::check::{Failure, eventually, same};
use super::records::{group, incident, put, write};
use super::suite::Subject;
use crate::error::StoreError;
use crate::record::{Listed, Listing, Page, RecordKey, Write};

const fn listed<'a>(
    key: &'a RecordKey,
    expected: u64,
    list: &'a str,
    sort: &'a str,
    summary: &'a str,
) -> Write<'a> {
    Write {
        listed: Some(Listing {
            list,
            sort,
            summary,
        }),
        ..write(key, expected, "1")
    }
}

async fn all<T: Subject>(
    store: &T,
    list: &str,
    expected: &[(&RecordKey, &str)],
) -> Result<(), Failure> {
    let expected: Vec<Listed> = expected
        .iter()
        .map(|(key, summary)| Listed {
            key: (*key).clone(),
            summary: (*summary).to_owned(),
        })
        .collect();
    let ask = async || Ok(store.list(list, Page::first(100)).await?.entries);
    eventually(list, &expected, ask).await
}

pub(super) async fn a_list_is_read_greatest_first<T: Subject>(store: T) -> Result<(), Failure> {
    let (a, b, c) = (group("a"), incident("b"), RecordKey::Silences);
    all(&store, "L", &[]).await?;
    let writes = [
        listed(&a, 0, "L", "2026-03", "{\"ü\":1}"),
        listed(&b, 0, "L", "2026-05", ""),
        listed(&c, 0, "L", "2026-04", "c"),
    ];
    put(&store, &writes).await?;
    all(&store, "L", &[(&b, ""), (&c, "c"), (&a, "{\"ü\":1}")]).await?;
    all(&store, "M", &[]).await
}

pub(super) async fn a_list_is_read_page_by_page<T: Subject>(store: T) -> Result<(), Failure> {
    let keys: Vec<RecordKey> = (0..23).map(|n| group(&format!("{n:02}"))).collect();
    // Several of one time: a page may end among them.
    let sorts: Vec<String> = (0..23).map(|n| format!("2026-{:02}", n / 5)).collect();
    let writes: Vec<Write<'_>> = (keys.iter().zip(&sorts))
        .map(|(key, sort)| listed(key, 0, "L", sort, sort))
        .collect();
    put(&store, &writes).await?;
    let expected: Vec<RecordKey> = keys.iter().rev().cloned().collect();
    for limit in [1, 5, 22, 23, 100] {
        let pages = 23_usize.div_ceil(limit);
        let ask = async || {
            let (mut read, mut after, mut count) = (Vec::new(), None, 0);
            loop {
                let page = Page {
                    limit,
                    after: after.as_deref(),
                };
                let page = store.list("L", page).await?;
                read.extend(page.entries.into_iter().map(|entry| entry.key));
                count += 1;
                after = page.next;
                if after.is_none() || count > 23 {
                    return Ok((count, read));
                }
            }
        };
        eventually(&format!("by {limit}"), &(pages, expected.clone()), ask).await?;
    }
    // A page of nothing could not say what follows.
    let page = store.list("L", Page::first(0)).await?;
    same(
        "by none",
        &(page.entries.len(), page.next.is_some()),
        &(1, true),
    )
}

pub(super) async fn a_write_moves_the_record_to_another_list<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let (a, b) = (incident("a"), incident("b"));
    let (open, resolved) = ("INCIDENTS#open", "INCIDENTS#resolved");
    let opened = [
        listed(&a, 0, open, "1", "a fires"),
        listed(&b, 0, open, "2", "b fires"),
    ];
    put(&store, &opened).await?;
    all(&store, open, &[(&b, "b fires"), (&a, "a fires")]).await?;
    // Another place in the same list, another summary, another list, no list.
    put(&store, &[listed(&a, 1, open, "3", "a fires again")]).await?;
    all(&store, open, &[(&a, "a fires again"), (&b, "b fires")]).await?;
    put(&store, &[listed(&a, 2, resolved, "3", "a is over")]).await?;
    all(&store, open, &[(&b, "b fires")]).await?;
    all(&store, resolved, &[(&a, "a is over")]).await?;
    put(&store, &[write(&b, 1, "1")]).await?;
    all(&store, open, &[]).await
}

pub(super) async fn a_cursor_of_nowhere_is_refused<T: Subject>(store: T) -> Result<(), Failure> {
    let page = |after| Page {
        limit: 5,
        after: Some(after),
    };
    for after in ["", "???", "AAAA", "W10"] {
        let list = store.list("L", page(after)).await.map(drop);
        let notes = store.notes("n", page(after)).await.map(drop);
        for answer in [list, notes] {
            if !matches!(answer, Err(StoreError::Cursor)) {
                return Err(Failure::new(format!("`{after}`: {answer:?}")));
            }
        }
    }
    // One of another list is a place in this one, and tells nothing of the other.
    let (a, b) = (group("a"), group("b"));
    let other = [listed(&a, 0, "M", "5", "a"), listed(&b, 0, "M", "6", "b")];
    put(&store, &other).await?;
    all(&store, "M", &[(&b, "b"), (&a, "a")]).await?;
    let cursor = store
        .list("M", Page::first(1))
        .await?
        .next
        .unwrap_or_default();
    let entries = store.list("L", page(&cursor)).await?.entries;
    same("entries", &entries, &Vec::new())
}
