//! End to end: a stack that was deployed by `sam deploy` into a local AWS that enforces IAM.
//!
//! `cargo xtask test` (or `cargo xtask e2e`) deploys it and says by environment variables where it is. The tests share it, so they
//! run one after the other, and each begins by emptying it.

mod acts;
mod books;
mod escalation;
mod faults;
mod health;
mod local_tools;
mod logs;
mod messages;
mod postmortem;
mod repetition;
mod routing;
mod scene;
mod sources;
mod subscriptions;
mod watching;
