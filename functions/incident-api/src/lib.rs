//! The API by which people and machines look at incidents and act on them.
//!
//! Four ways lead in, each with a proof of its own: signed links in messages ([`page`]), buttons in
//! Slack, webhooks of PagerDuty, and bearer tokens of machines. What an act does is decided by the
//! engine; here it is found out who acts and whether they may, and it is said what came of it. The
//! library knows no AWS but in its module `aws`.

pub mod answer;
pub mod api;
#[cfg(feature = "lambda")]
pub mod aws;
pub mod desk;
pub mod entropy;
#[cfg(feature = "lambda")]
pub mod environment;
pub mod form;
pub mod limits;
pub mod page;
pub mod ports;
pub mod problem;
pub mod request;
pub mod route;
pub mod secret;
pub mod vault;
pub mod view;
pub mod visit;

mod bearer;
mod fields;
#[cfg(feature = "lambda")]
mod function;
mod machine;
mod once;
mod pagerduty;
mod slack;
mod tally;

#[cfg(feature = "lambda")]
pub use function::Function;
