//! The decision, case by case: each letter is a minute's answer.

mod explaining;
mod properties;
mod schema;
mod story;
mod telling;

pub(crate) use story::{Story, settings};
