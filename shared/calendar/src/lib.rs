//! When something holds and whose turn it is: time intervals as Prometheus Alertmanager
//! has them, and on-call rotations like GoAlert's.
//!
//! This crate is pure: it reads no clock, no environment and no file. Instants are
//! arguments, and the time zone database is compiled in, for where it runs there is none.
//! What follows from an interval or a shift (whom to tell, what to mute) is decided elsewhere.

mod fault;
mod interval;
mod range;
mod raw;
mod rotation;
mod zone;

pub use fault::{Fault, InvalidTimeInterval};
pub use interval::TimeInterval;
pub use raw::{RawTimeInterval, RawTimeRange};
pub use rotation::{InvalidRotation, Override, Rotation, RotationKind, RotationSpec, Shift};
pub use zone::{UnknownTimeZone, check_time_zone, find as time_zone};
