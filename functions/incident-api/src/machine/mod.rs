//! The JSON API under `/v1`, for machines and the command line.

pub(crate) mod health;
mod incidents;
mod on_call;
mod silences;
mod tokens;
