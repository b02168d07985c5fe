//! Queues that deliver at least once: late, twice, in any order, and again when nobody deletes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::plan::Faults;
use crate::runtime::Shared;

/// How long a received message is hidden.
const HIDDEN: SignedDuration = SignedDuration::from_secs(60);

/// A queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    shared: Shared,
    faults: Arc<Mutex<Faults>>,
    /// How often a message is received before it goes to the dead letters.
    receives: u32,
    inner: Arc<Mutex<Inner<T>>>,
}

#[derive(Debug)]
struct Inner<T> {
    next: u64,
    messages: BTreeMap<u64, Message<T>>,
    dead: Vec<T>,
}

/// A message in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Message<T> {
    pub(crate) id: u64,
    pub(crate) body: T,
    visible_at: Timestamp,
    received: u32,
}

impl<T: Clone> Queue<T> {
    pub(crate) fn new(shared: &Shared, faults: &Arc<Mutex<Faults>>, receives: u32) -> Self {
        Self {
            shared: shared.clone(),
            faults: Arc::clone(faults),
            receives,
            inner: Arc::new(Mutex::new(Inner {
                next: 0,
                messages: BTreeMap::new(),
                dead: Vec::new(),
            })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> Faults {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message into the queue, not to be seen before `at`.
    pub(crate) fn send(&self, body: T, at: Timestamp) {
        let faults = self.faults();
        let copies = 1 + u64::from(self.shared.chance(faults.duplicate));
        for _ in 0..copies {
            let late = if self.shared.chance(faults.delay) {
                i64::try_from(self.shared.below(90_000)).unwrap_or_default()
            } else {
                0
            };
            let visible_at = at
                .max(self.shared.now())
                .checked_add(SignedDuration::from_millis(late))
                .unwrap_or(at);
            let mut inner = self.lock();
            let id = inner.next;
            inner.next += 1;
            let message = Message {
                id,
                body: body.clone(),
                visible_at,
                received: 0,
            };
            inner.messages.insert(id, message);
        }
    }

    /// Receives some of what can be seen, in any order.
    pub(crate) fn receive(&self, most: usize) -> Vec<Message<T>> {
        let now = self.shared.now();
        let mut visible: Vec<u64> = {
            let inner = self.lock();
            let seen = inner.messages.values().filter(|m| m.visible_at <= now);
            seen.map(|message| message.id).collect()
        };
        let mut batch = Vec::new();
        while batch.len() < most && !visible.is_empty() {
            let id = visible.swap_remove(self.shared.pick(visible.len()));
            let lost = self.shared.chance(self.faults().lose);
            let mut inner = self.lock();
            let Some(message) = inner.messages.get_mut(&id) else {
                continue;
            };
            message.received += 1;
            message.visible_at = now.checked_add(HIDDEN).unwrap_or(now);
            if message.received > self.receives {
                if let Some(dead) = inner.messages.remove(&id) {
                    inner.dead.push(dead.body);
                }
            } else if !lost {
                batch.push(message.clone());
            }
        }
        batch
    }

    pub(crate) fn delete(&self, id: u64) {
        self.lock().messages.remove(&id);
    }

    /// Lets a message be seen again after a while.
    pub(crate) fn wait(&self, id: u64, span: SignedDuration) {
        let at = self.shared.now().checked_add(span);
        if let (Some(message), Ok(at)) = (self.lock().messages.get_mut(&id), at) {
            message.visible_at = at;
        }
    }

    /// When the next message can be seen.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.lock().messages.values().map(|m| m.visible_at).min()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().messages.is_empty()
    }

    pub(crate) fn dead(&self) -> Vec<T> {
        self.lock().dead.clone()
    }
}
