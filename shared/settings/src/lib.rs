//! `monitoring.yaml` as validated types, its faults with their places, and its JSON schema.
//!
//! This crate is pure: it reads no file, no clock and no environment. Reading and
//! checking YAML needs the feature `yaml`; a deployed function reads JSON that its
//! build script has checked, and carries no YAML parser.

mod channel;
#[cfg(feature = "yaml")]
pub mod check;
mod duration;
pub mod logs;
mod matcher;
mod priority;
mod probe;
pub mod raw;
mod routing;
mod security;
mod settings;

pub use channel::{Channel, UnknownChannel};
pub use duration::{Duration, InvalidDuration};
pub use matcher::{InvalidMatcher, Lookup, Matcher, Matchers, Operator};
pub use priority::{Priority, UnknownPriority};
pub use probe::{
    Expectation, FailAfter, InvalidFailAfter, InvalidProbe, InvalidStatus, InvalidTarget, Measured,
    Probe, ProbeKind, ProbeTarget, Severity, StatusRange,
};
pub use routing::{
    DefaultTree, Escalation, Flapping, GroupBy, InhibitRule, Integration, InvalidRouting,
    NamedRotation, NamedTimeInterval, Receiver, Route, Routing, Step, Target, default_tree,
};
pub use security::{
    AllowList, Detector, DetectorPolicy, SecurityEventKind, SecurityFault, SecurityField,
    SecurityPolicy, Tier,
};
pub use settings::{InvalidSettings, Measure, PriorityPolicy, Rule, Service, Settings};
