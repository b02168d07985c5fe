//! The API as its callers see it: real payload 2.0 events against a table in memory and the real engine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail by panicking"
)]

mod acts;
mod auth;
mod deployed;
mod document;
mod health;
mod limits;
mod looking;
mod once;
mod others;
mod pages;
mod silences;
mod support;
mod time;
