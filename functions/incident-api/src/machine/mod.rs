//! The JSON API under `/v1`, for machines and the command line.

mod incidents;
mod on_call;
mod silences;
mod tokens;
