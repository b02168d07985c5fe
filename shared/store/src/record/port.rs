//! The port: what may be asked about records.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::key::RecordKey;
use crate::error::StoreError;
use crate::port::{OutboxRef, Version};

/// What is known about a record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LoadedRecord {
    /// What a write or a check has to expect.
    pub version: Version,
    /// The JSON text; `None` if there is none yet or it cannot be read.
    pub body: Option<String>,
    /// Why a body that is there cannot be read; must be logged.
    pub fault: Option<String>,
}

impl LoadedRecord {
    /// There is no such record yet.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            version: Version::NONE,
            body: None,
            fault: None,
        }
    }
}

/// A record to be written; its version becomes `expected.next()`. What is not said here is not
/// there afterwards: a write without `due_at` ends the timer, one without `listed` leaves the list.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// Which record.
    pub key: &'a RecordKey,
    /// The version that the decision was taken on; [`Version::NONE`] if there must be none.
    pub expected: Version,
    /// JSON text.
    pub body: &'a str,
    /// When [`RecordStore::due`] shall name it, rounded up to the millisecond.
    pub due_at: Option<Timestamp>,
    /// Where it is listed.
    pub listed: Option<Listing<'a>>,
    /// When it may be forgotten.
    pub keep_until: Option<Timestamp>,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Listing<'a> {
    /// The name of the list, such as `INCIDENTS#open`.
    pub list: &'a str,
    /// Lists are in the order of these texts, the greatest first; at most 512 bytes.
    pub sort: &'a str,
    /// What the list tells about it; at most 1024 bytes.
    pub summary: &'a str,
}

/// A record that a decision relies on without changing it: it must still have that version.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// Which record.
    pub key: &'a RecordKey,
    /// The version that the decision was taken on; [`Version::NONE`] if there must be none.
    pub expected: Version,
}

/// A notification to be put into the outbox of a record.
#[derive(Clone, Copy, Debug)]
pub struct OutboxWrite<'a> {
    /// What it is about. The record need not be written with it.
    pub record: &'a RecordKey,
    /// The notification's id: the same decision writes the same entry.
    pub id: &'a str,
    /// The notification as JSON.
    pub body: &'a str,
    /// When it was written.
    pub written_at: Timestamp,
}

impl OutboxWrite<'_> {
    /// What [`Outbox::remove`](crate::Outbox::remove) wants to know once it is published.
    #[must_use]
    pub fn reference(&self) -> OutboxRef {
        OutboxRef::of(self.record, self.id)
    }
}

/// Something that is written down and not changed again, such as a line of an audit trail.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// What it belongs to.
    pub partition: &'a str,
    /// Notes are read in the order of these texts. Two notes of one text are one: the later.
    pub sort: &'a str,
    /// JSON text.
    pub body: &'a str,
    /// When it may be forgotten.
    pub keep_until: Option<Timestamp>,
}

/// A decision to be written, all or nothing: at most 100 items and 4 MB in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transaction<'a> {
    /// The records that it changes.
    pub writes: &'a [Write<'a>],
    /// The records that it relies on.
    pub checks: &'a [Check<'a>],
    /// What is to be published.
    pub outbox: &'a [OutboxWrite<'a>],
    /// What is written down.
    pub notes: &'a [Note<'a>],
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// At most so many; none is one.
    pub limit: usize,
    /// Behind what the page before ended with: its `next`.
    pub after: Option<&'a str>,
}

impl Page<'_> {
    /// The beginning.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self { limit, after: None }
    }

    /// A page that holds nothing would say nothing about what follows.
    pub(crate) fn size(self) -> usize {
        self.limit.max(1)
    }

    /// What has to be read to know whether there is more.
    pub(crate) fn one_more(self) -> usize {
        self.size().saturating_add(1)
    }
}

/// An entry of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// Which record.
    pub key: RecordKey,
    /// What its last write said of it.
    pub summary: String,
}

/// A part of a list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ListPage {
    /// The entries, greatest [`Listing::sort`] first.
    pub entries: Vec<Listed>,
    /// Says where to go on, if there is more; letters, digits, `-` and `_`.
    pub next: Option<String>,
}

/// A note as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredNote {
    /// What orders it.
    pub sort: String,
    /// JSON text.
    pub body: String,
}

/// A part of the notes of a partition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NotePage {
    /// What can be read, in the order of [`Note::sort`].
    pub notes: Vec<StoredNote>,
    /// How many notes of this page cannot be read.
    pub unreadable: usize,
    /// Says where to go on, if there is more; letters, digits, `-` and `_`.
    pub next: Option<String>,
}

/// States of any kind, what they rely on, and what is found about them in other ways than by key.
pub trait RecordStore: Send + Sync {
    /// Reads records as they are now; every key has an entry in the answer. In an order of
    /// its own, so that whoever walks through the answer does the same each time.
    fn load(
        &self,
        keys: &[RecordKey],
    ) -> impl Future<Output = Result<BTreeMap<RecordKey, LoadedRecord>, StoreError>> + Send;

    /// Writes a decision if all its expected versions are still the current ones, or else nothing
    /// of it. Nothing to write is no error.
    ///
    /// [`StoreError::Conflict`] means: load and decide again. It is also the answer when the
    /// write succeeded and only its answer was lost; loaded again, the records then have the versions
    /// `expected.next()` and the bodies that were to be written, and the entries are in the outbox.
    fn commit(
        &self,
        transaction: Transaction<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The records whose time has come: due at or before a time, earliest first, at most `limit`.
    ///
    /// A view with a delay of its own: load a record before believing it.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(RecordKey, Timestamp)>, StoreError>> + Send;

    /// A part of a list, greatest [`Listing::sort`] first. A view with a delay of its own.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] when the page begins behind what is no place in a list.
    fn list(
        &self,
        list: &str,
        page: Page<'_>,
    ) -> impl Future<Output = Result<ListPage, StoreError>> + Send;

    /// A part of the notes of a partition, as they are now.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] when the page begins behind what is no place in the notes.
    fn notes(
        &self,
        partition: &str,
        page: Page<'_>,
    ) -> impl Future<Output = Result<NotePage, StoreError>> + Send;

    /// Whether this is the first time that the key is named, or the first since the time until
    /// which it was remembered. Of several at once exactly one hears yes.
    ///
    /// It is remembered before the work is done: whoever then fails has to be asked again by
    /// another key. To remember with the work itself, write [`RecordKey::Once`] in its transaction.
    fn remember_once(
        &self,
        key: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// A text as it is now. One whose `keep_until` has passed may still be there for a while: what
    /// must not count any more has to say so itself.
    fn get_text(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Keeps a text, whatever was there before.
    fn put_text(
        &self,
        key: &str,
        text: &str,
        keep_until: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
