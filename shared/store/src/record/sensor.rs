//! What a sensor remembers between two runs: one text a part, moved by compare-and-set.

use jiff::Timestamp;

use super::key::RecordKey;
use super::port::{LoadedRecord, RecordStore, Transaction, Write};
use crate::error::StoreError;
use crate::port::Version;

/// What became of a state that was to be saved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Saved {
    /// It is kept, under this version.
    Kept(Version),
    /// Another run saved first: load, decide again, or leave it to that run.
    ///
    /// Also the answer when the state was saved and only the answer to that was lost.
    Outdated,
}

/// The memory of sensors, such as `SENSOR#health-check#state`.
///
/// A part is one record of at most 400 KB, deflated when it is long; a sensor with more to
/// remember cuts it into parts, which are saved each by itself.
pub trait SensorStates: Send + Sync {
    /// What a sensor remembers under that name; [`LoadedRecord::nothing`] if it is new. A
    /// text whose `keep_until` has passed may still be there for a while.
    ///
    /// # Errors
    /// When the table does not answer. A text that cannot be read is no error but a
    /// [`LoadedRecord::fault`], so that the sensor can begin anew.
    fn sensor_state(
        &self,
        sensor: &str,
        part: &str,
    ) -> impl Future<Output = Result<LoadedRecord, StoreError>> + Send;

    /// Saves what a sensor remembers if its version is still the one that was loaded.
    ///
    /// # Errors
    /// When the table does not answer, or refuses the text for its size.
    fn save_sensor_state(
        &self,
        sensor: &str,
        part: &str,
        expected: Version,
        body: &str,
        keep_until: Option<Timestamp>,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;
}

impl<T: RecordStore> SensorStates for T {
    async fn sensor_state(&self, sensor: &str, part: &str) -> Result<LoadedRecord, StoreError> {
        let key = RecordKey::sensor(sensor, part);
        let mut loaded = self.load(std::slice::from_ref(&key)).await?;
        Ok(loaded.remove(&key).unwrap_or_else(LoadedRecord::nothing))
    }

    async fn save_sensor_state(
        &self,
        sensor: &str,
        part: &str,
        expected: Version,
        body: &str,
        keep_until: Option<Timestamp>,
    ) -> Result<Saved, StoreError> {
        let key = RecordKey::sensor(sensor, part);
        let write = Write {
            key: &key,
            expected,
            body,
            due_at: None,
            listed: None,
            keep_until,
        };
        let transaction = Transaction {
            writes: &[write],
            ..Transaction::default()
        };
        match self.commit(transaction).await {
            Ok(()) => Ok(Saved::Kept(expected.next())),
            Err(StoreError::Conflict { .. }) => Ok(Saved::Outdated),
            Err(error) => Err(error),
        }
    }
}
