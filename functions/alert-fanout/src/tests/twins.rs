//! Tables that behave as a table in memory does not: others come in between, one key is down.

use std::collections::BTreeMap;

use jiff::Timestamp;
use store::{
    Fault, ListPage, LoadedRecord, MemoryStore, NotePage, Operation, Outbox, OutboxRef, Page,
    Pending, RecordKey, RecordStore, StoreError, Transaction, Version, Write,
};

type Records = BTreeMap<RecordKey, LoadedRecord>;

/// A table that is one in memory but for how it reads and writes.
macro_rules! twin {
    ($twin:ty, $inner:tt) => {
        twin!($twin, $inner, |twin, list, page| twin
            .$inner
            .list(list, page));
    };
    ($twin:ty, $inner:tt, |$self:ident, $list:ident, $page:ident| $answer:expr) => {
        impl Outbox for $twin {
            async fn pending(
                &self,
                before: Timestamp,
                limit: usize,
            ) -> Result<Pending, StoreError> {
                self.$inner.pending(before, limit).await
            }

            async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
                self.$inner.remove(entries).await
            }
        }

        impl RecordStore for $twin {
            async fn load(&self, keys: &[RecordKey]) -> Result<Records, StoreError> {
                self.read(keys).await
            }

            async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
                self.write(transaction).await
            }

            async fn due(
                &self,
                now: Timestamp,
                limit: usize,
            ) -> Result<Vec<(RecordKey, Timestamp)>, StoreError> {
                self.$inner.due(now, limit).await
            }

            async fn list(&self, $list: &str, $page: Page<'_>) -> Result<ListPage, StoreError> {
                let $self = self;
                $answer.await
            }

            async fn notes(&self, partition: &str, page: Page<'_>) -> Result<NotePage, StoreError> {
                self.$inner.notes(partition, page).await
            }

            async fn remember_once(
                &self,
                key: &str,
                now: Timestamp,
                until: Timestamp,
            ) -> Result<bool, StoreError> {
                self.$inner.remember_once(key, now, until).await
            }

            async fn get_text(&self, key: &str) -> Result<Option<String>, StoreError> {
                self.$inner.get_text(key).await
            }

            async fn put_text(
                &self,
                key: &str,
                text: &str,
                keep_until: Option<Timestamp>,
            ) -> Result<(), StoreError> {
                self.$inner.put_text(key, text, keep_until).await
            }
        }
    };
}

/// A table that lets others in between reading and writing, as a network does.
#[derive(Clone, Debug)]
pub(super) struct Racing(pub(super) MemoryStore);

twin!(Racing, 0);

impl Racing {
    async fn read(&self, keys: &[RecordKey]) -> Result<Records, StoreError> {
        let loaded = self.0.load(keys).await;
        tokio::task::yield_now().await;
        loaded
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        self.0.commit(transaction).await
    }
}

/// A table in which one key cannot be written.
#[derive(Clone, Debug)]
pub(super) struct OneKeyDown(pub(super) &'static str, pub(super) MemoryStore);

twin!(OneKeyDown, 1);

impl OneKeyDown {
    async fn read(&self, keys: &[RecordKey]) -> Result<Records, StoreError> {
        self.1.load(keys).await
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        let down = RecordKey::Incident(self.0.into());
        if transaction.writes.iter().any(|write| *write.key == down) {
            self.1
                .inject(Fault::Unavailable, Some(Operation::Commit), 1);
        }
        self.1.commit(transaction).await
    }
}

/// A table that answers nothing when it is asked to read.
#[derive(Clone, Debug)]
pub(super) struct Silent(pub(super) MemoryStore);

twin!(Silent, 0);

impl Silent {
    async fn read(&self, _: &[RecordKey]) -> Result<Records, StoreError> {
        std::future::pending().await
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        self.0.commit(transaction).await
    }
}

/// A table that answers nothing when it is asked for a list.
#[derive(Clone, Debug)]
pub(super) struct Listless(pub(super) MemoryStore);

twin!(Listless, 0, |_twin, _list, _page| std::future::pending());

impl Listless {
    async fn read(&self, keys: &[RecordKey]) -> Result<Records, StoreError> {
        self.0.load(keys).await
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        self.0.commit(transaction).await
    }
}

/// A table that conflicts once, and then cannot be read three times.
#[derive(Clone, Debug)]
pub(super) struct Stumbling(pub(super) MemoryStore);

twin!(Stumbling, 0);

impl Stumbling {
    async fn read(&self, keys: &[RecordKey]) -> Result<Records, StoreError> {
        self.0.load(keys).await
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        // Written by somebody else, who decided nothing.
        let first = transaction.writes.iter().find(|write| {
            matches!(write.key, RecordKey::Incident(_)) && write.expected == Version::NONE
        });
        let Some(first) = first else {
            return self.0.commit(transaction).await;
        };
        let body = format!(r#"{{"key":"{}","version":1}}"#, "orders/availability");
        let theirs = Write {
            body: &body,
            due_at: None,
            listed: None,
            ..*first
        };
        let writes = [theirs];
        let transaction = Transaction {
            writes: &writes,
            ..Transaction::default()
        };
        self.0.commit(transaction).await?;
        self.0.inject(Fault::Unavailable, Some(Operation::Load), 3);
        Err(StoreError::Conflict {
            key: first.key.to_string(),
        })
    }
}
