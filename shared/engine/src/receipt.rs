//! What a request is known by when it comes again.

use jiff::Timestamp;
use store::{RecordKey, Version};

use crate::draft::RecordDraft;

/// A record by which a request that comes again is known: it is written in the transaction that does
/// what is asked for, so it is there when that is done, and only then.
#[derive(Clone, Copy)]
pub struct Receipt<'a, T> {
    /// Names a [`RecordKey::Once`].
    pub name: &'a str,
    /// Its version; somebody else's receipt makes the decision [`EngineError::Repeated`].
    ///
    /// [`EngineError::Repeated`]: crate::EngineError::Repeated
    pub expected: Version,
    /// When it may be forgotten.
    pub keep_until: Timestamp,
    /// Its JSON text, of what is done. No other request writes the same: by that its own work is known.
    pub write: &'a (dyn Fn(&T) -> String + Sync),
}

impl<T> Receipt<'_, T> {
    pub(crate) fn draft(&self, value: &T) -> RecordDraft {
        RecordDraft {
            key: RecordKey::Once(self.name.into()),
            expected: self.expected,
            body: (self.write)(value),
            due_at: None,
            listed: None,
            keep_until: Some(self.keep_until),
        }
    }
}
