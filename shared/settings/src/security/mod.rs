//! Security: what events there are, and from what number on they are an attack.

mod event;

pub use event::{SecurityEventKind, SecurityField};
