//! The ports: what the functions may ask of the table, and nothing of how it is done.

use incident::IncidentId;
use jiff::{SignedDuration, Timestamp};
use settings::Channel;

use crate::error::StoreError;

/// Counts the decisions about one key. A decision is written on condition that
/// the count is still the one it was taken on.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version(pub u64);

impl Version {
    /// Nothing was decided yet.
    pub const NONE: Self = Self(0);

    /// The version that a commit on this one makes.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Names an entry of the outbox.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OutboxRef {
    /// What it is about: an incident's key, or the partition of another record; see [`OutboxRef::of`].
    pub key: String,
    /// The notification's id.
    pub id: String,
}

/// An entry that nobody has removed yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingEntry {
    /// What [`Outbox::remove`] wants to know.
    pub reference: OutboxRef,
    /// The notification as JSON.
    pub body: String,
    /// When it was written.
    pub written_at: Timestamp,
}

/// What the outbox holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pending {
    /// What can be read.
    pub entries: Vec<PendingEntry>,
    /// How many entries were met that cannot be read, and so not be published: somebody has to
    /// look at them, and until then nobody is told.
    pub unreadable: usize,
}

/// Notifications that were decided on and perhaps not yet published.
pub trait Outbox: Send + Sync {
    /// The entries that were written before a time, oldest first, at most `limit` that can be read.
    ///
    /// An entry may show up some time after it was written, and some time after it was removed.
    fn pending(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Pending, StoreError>> + Send;

    /// Forgets entries that were published. Removing one that is gone is no error.
    fn remove(&self, entries: &[OutboxRef]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The answer to somebody who wants to deliver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// Deliver, and then [`StreamLog::complete_stream`] or [`StreamLog::release_stream`].
    Granted {
        /// What the last delivery left behind, such as Slack's thread.
        reference: Option<String>,
    },
    /// This version was delivered.
    AlreadyDelivered,
    /// A newer version was delivered; this one would tell old news.
    Superseded {
        /// The version that was delivered.
        by: u64,
    },
    /// Somebody is delivering a message of this stream on this channel.
    InProgress {
        /// When their lease ends.
        until: Timestamp,
    },
}

/// What has been delivered, by stream and channel. A stream is whatever people are told about
/// in an order, such as an incident or a group, perhaps to one of several recipients.
///
/// A lease is held for a version and by a process. One that ended without an
/// answer is taken over, so a sender that was only slow makes a second delivery:
/// at least once, not at most once.
pub trait StreamLog: Send + Sync {
    /// Asks whether to deliver a version, and reserves it for `lease` if so.
    fn claim_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Notes that a version was delivered. A reference that is not given stays as it was.
    fn complete_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives a lease back, if it is still ours, so that a retry need not wait for its end.
    fn release_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What has been delivered, by incident and channel: a [`StreamLog`] whose streams are incidents.
pub trait DeliveryLog: Send + Sync {
    /// Asks whether to deliver a version, and reserves it for `lease` if so.
    fn claim(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Notes that a version was delivered. A reference that is not given stays as it was.
    fn complete(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives a lease back, if it is still ours, so that a retry need not wait for its end.
    fn release(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<T: StreamLog> DeliveryLog for T {
    fn claim(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send {
        self.claim_stream(incident.as_str(), channel, version, now, lease)
    }

    fn complete(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.complete_stream(incident.as_str(), channel, version, reference, now)
    }

    fn release(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.release_stream(incident.as_str(), channel, version)
    }
}
