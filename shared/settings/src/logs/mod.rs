//! What is read out of logs, checked and ready to use.

mod build;
mod pattern;
mod template;
mod types;

pub(crate) use build::build;
pub use pattern::GroupPattern;
#[cfg(feature = "yaml")]
pub(crate) use pattern::problem as group_problem;
pub use template::{InvalidTemplate, Piece, Template};
pub use types::{
    Dimension, Extract, LogFinding, LogLimits, LogMetric, LogRule, Logs, MetricKind, MetricUnit,
    Period, SecurityRule,
};
