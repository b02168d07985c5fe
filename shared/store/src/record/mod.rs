//! Records: states of any kind that one decision may change several of at once.

mod cursor;
mod key;
mod port;
mod prepared;
mod sensor;
mod sizes;

pub use key::RecordKey;
pub use port::{
    Check, ListPage, Listed, Listing, LoadedRecord, Note, NotePage, OutboxWrite, Page, RecordStore,
    StoredNote, Transaction, Write,
};
pub use sensor::{Saved, SensorStates};

pub(crate) use cursor::{list_cursor, list_position, note_cursor, note_position};
pub(crate) use key::{STATE, name};
pub(crate) use prepared::{
    PreparedCheck, PreparedListing, PreparedNote, PreparedText, PreparedTransaction, PreparedWrite,
    due_bound, due_time, loaded_record, read_text, seconds_rounded_up,
};
pub(crate) use sizes::{PARTITION_KEY, SORT_KEY};
