//! The commands that ask a running stack, against an API that answers from a table.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod acts;
mod bootstrap;
mod documents;
mod failures;
mod lists;
mod server;
