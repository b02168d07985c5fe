//! What each channel is told, and what each channel's answer means.
//!
//! A channel's module renders an [`incident::Notification`] within that channel's limits and with
//! that channel's escaping; [`outcome`] turns an answer into "delivered", "again, after so long" or
//! "never". This crate is pure: no AWS, no network, no clock and no randomness. Sending, waiting and
//! remembering what was sent belong to the `notifier` function.

pub mod email;
pub mod links;
pub mod measured;
pub mod outcome;
pub mod pagerduty;
pub mod slack;
pub mod sms;
pub mod text;
pub mod webhook;
pub mod wording;
