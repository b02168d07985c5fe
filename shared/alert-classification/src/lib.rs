//! Events → alerts → classification: what arrived, in our own terms, and how bad it is.
//!
//! This crate is pure: no AWS, no clock, no randomness. It cannot fail: whatever
//! arrives becomes an alert that a person can act on.

mod alert;
mod classifier;
mod event;
mod kind;
mod labels;

pub use alert::{Alert, Classification, ClassifiedAlert, Measurement, Status};
pub use classifier::{Classifier, NO_RULE};
pub use event::{FINDING_SCHEMA, Finding, Reading, read};
pub use labels::{Fingerprint, Labels};
