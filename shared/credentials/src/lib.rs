//! Who may act on an incident, verified.
//!
//! A person comes by a signed [`link`] in a message, by a button in [`slack`] or from
//! [`pagerduty`]; a machine comes with a [`bearer`] token; [`replay`] names a signed request, so
//! that the same one is not obeyed twice. Whether an action makes sense, what is stored and what
//! is answered are decided elsewhere.
//!
//! This crate is pure: no AWS, no network, no clock and no randomness. Every comparison with
//! something secret takes the same time wherever the difference is, and no error and no `Debug`
//! shows a secret. No error here is worth a retry: the same request is refused again.

pub mod bearer;
pub mod link;
pub mod pagerduty;
pub mod replay;
pub mod slack;

mod code;
mod hidden;
mod secret;
mod text;

pub use hidden::Hidden;
pub use secret::{Secret, WeakSecret};
pub use text::{IncidentRef, InvalidText, KeyText, Recipient, TokenName};
