//! Little histories, what is said about them, and what holds of whatever is said.

mod advice;
mod histories;
mod properties;
mod schema;
mod town;
