//! The document that tells the story.

use serde::{Deserialize, Serialize};
use settings::Priority;

use crate::moment::{Heading, Moment};

/// The name and version of the document; a new number means an incompatible change.
pub const POSTMORTEM_SCHEMA: &str = "tocsin.postmortem/1";

/// The story of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PostMortem {
    /// [`POSTMORTEM_SCHEMA`].
    pub schema: String,
    /// When it was written: what came later is not in it.
    pub written_at: Moment,
    /// The incident.
    pub incident: Heading,
    /// What a person said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictGiven>,
    /// All of it in a sentence.
    pub summary: String,
    /// How long everything took, and what was promised.
    pub figures: Vec<Figure>,
    /// What happened, in order.
    pub timeline: Vec<Event>,
    /// Whether nothing of it was forgotten: long histories lose their beginnings.
    pub timeline_complete: bool,
    /// The alerts, the most urgent first.
    pub alerts: Vec<AlertStory>,
    /// How many more alerts there were.
    pub alerts_omitted: u32,
    /// Who was told, in order.
    pub told: Vec<ToldRow>,
    /// Who did what, in order.
    pub deeds: Vec<Deed>,
    /// What was before.
    pub similar: Similar,
    /// What is to be learnt.
    pub recommendations: Vec<Recommendation>,
}

/// What a person said about an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerdictGiven {
    /// `true positive` or `false positive`.
    pub kind: String,
    /// In the person's words.
    pub why: String,
    /// Who.
    pub by: String,
}

/// How long something took, and what was promised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Figure {
    /// What.
    pub name: FigureName,
    /// From when it counts.
    pub from: Moment,
    /// When it was done, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Moment>,
    /// How long it took, in whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// Within how many seconds it was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_seconds: Option<i64>,
    /// Whether the promise was kept.
    pub promise: Promise,
}

/// What a figure measures.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FigureName {
    /// From the beginning of the trouble, as its source says, to the incident.
    Detect,
    /// From the incident to the first word to somebody.
    Notify,
    /// From the incident to the first acknowledgement.
    Acknowledge,
    /// From the incident to the end of its last alert.
    Repair,
    /// From the incident to its end.
    Resolve,
}

/// Whether a promise was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// There is still time.
    Pending,
    /// The incident was over before it was due.
    Needless,
    /// Nothing was promised.
    None,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Event {
    /// When.
    pub at: Moment,
    /// Where this is known from.
    pub source: EventSource,
    /// What, in words.
    pub text: String,
}

/// Where an event is known from.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventSource {
    /// The source of an alert said so.
    Source,
    /// A person.
    Person,
    /// A silence.
    Silence,
    /// The decisions about the incident.
    Incident,
    /// A machine that repairs.
    Remediation,
    /// What a group held back.
    Group,
    /// A ladder.
    Ladder,
    /// Somebody was told.
    Notification,
}

/// What an alert did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlertStory {
    /// Names it.
    pub fingerprint: String,
    /// Its title; empty when it was given up for want of room.
    pub title: String,
    /// Its own highest priority.
    pub priority: Priority,
    /// The rule that decided, if one matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why it had its priority.
    pub reason: String,
    /// When it began.
    pub from: Moment,
    /// When it ended, unless it fires still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Its source never said that it is over.
    pub lapsed: bool,
    /// When it was held back, and by what.
    pub held: Vec<HoldPeriod>,
}

/// When something was held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HoldPeriod {
    /// From when.
    pub from: Moment,
    /// Until when; to its end, or until now, when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// By what, in words.
    pub by: String,
    /// In which group.
    pub group: String,
}

/// Somebody was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToldRow {
    /// When.
    pub at: Moment,
    /// The receiver.
    pub receiver: String,
    /// How.
    pub channels: Vec<String>,
    /// Why, in one word.
    pub event: String,
    /// Why, in words.
    pub reason: String,
    /// The step of a ladder, from 0, if one told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The group that told it.
    pub group: String,
}

/// Something that a person did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Deed {
    /// When.
    pub at: Moment,
    /// Who.
    pub who: String,
    /// By what way: `slack`, `link`, `token`…
    pub via: String,
    /// What, in words.
    pub what: String,
}

/// What was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Similar {
    /// How often it was the same, in the 30 days before.
    pub same: u32,
    /// How often the same service had the same kind of trouble then, the same included.
    pub alike: u32,
    /// They, the newest first.
    pub incidents: Vec<EarlierIncident>,
}

/// An incident that was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EarlierIncident {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its priority.
    pub priority: Priority,
    /// Whether it was about the same.
    pub same: bool,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Moment>,
    /// What a person said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

/// Something to be learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Recommendation {
    /// What kind.
    pub kind: RecommendationKind,
    /// What to do.
    pub what: String,
    /// The facts that it follows from; there is at least one.
    pub evidence: Vec<String>,
}

/// What a recommendation is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecommendationKind {
    /// Nobody was told, or late.
    Notification,
    /// Nobody acknowledged in time.
    Acknowledgement,
    /// All steps of a ladder were taken in vain.
    LadderExhausted,
    /// A ladder was climbed.
    Escalation,
    /// A repair by machine failed.
    Remediation,
    /// It was noticed late.
    Detection,
    /// Nothing of the team's own noticed it.
    MissingAlarm,
    /// It comes again and again.
    Repetition,
    /// What fires is no trouble.
    FalsePositive,
    /// A person gave it another priority.
    Priority,
    /// An alert comes and goes.
    Flapping,
    /// No rule knows an alert.
    Classification,
    /// Nobody wrote down what to do.
    Runbook,
    /// It ended without anybody.
    Unattended,
    /// A silence ended while it was going on.
    Silence,
    /// Its source never said that it is over.
    Lapse,
    /// There were more alerts than are kept.
    Overflow,
}
