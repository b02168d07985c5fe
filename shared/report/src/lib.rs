//! What became of an incident, why, and what is to be learnt from it.
//!
//! Two documents are made of what is remembered: [`why`] says for each alert why somebody was told
//! or nobody, and what comes next; [`postmortem`] tells the whole story afterwards, with figures held
//! against what was promised and recommendations that each name their evidence.
//!
//! This crate is pure: it knows no store, queue or clock, and it decides nothing. What is not
//! remembered it does not guess.

mod case;
mod facts;
mod moment;
mod postmortem;
mod why;
mod words;

#[cfg(test)]
mod tests;

pub use case::{AuditEntry, Case, Earlier, Remediation};
pub use moment::{Heading, Moment};
pub use postmortem::{
    AlertStory, Deed, EarlierIncident, Event, EventSource, Figure, FigureName, HoldPeriod,
    POSTMORTEM_SCHEMA, PostMortem, Promise, Recommendation, RecommendationKind, Similar, ToldRow,
    VerdictGiven, postmortem,
};
pub use why::{
    Classification, Coming, ComingKind, Hold, HoldKind, Knows, LadderState, LadderStory,
    PassedOver, Place, SetBy, StepStory, Telling, WHY_SCHEMA, Why, WhyAlert, why,
};
