//! Events → alerts → classification: what arrived, in our own terms, and how bad it is.
//!
//! This crate is pure: no AWS, no clock, no randomness. It cannot fail: whatever
//! arrives becomes an alert that a person can act on.

mod alert;
mod labels;

pub use alert::{Alert, Classification, ClassifiedAlert, Measurement, Status};
pub use labels::{Fingerprint, Labels};
