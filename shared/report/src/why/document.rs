//! The document that says why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use settings::Priority;

use crate::moment::{Heading, Moment};

/// The name and version of the document; a new number means an incompatible change.
pub const WHY_SCHEMA: &str = "tocsin.why/1";

/// Why somebody was told or nobody, and what comes next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Why {
    /// [`WHY_SCHEMA`].
    pub schema: String,
    /// The time at which this holds.
    pub at: Moment,
    /// The incident; none when nothing ever fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Heading>,
    /// How the incident stands, in sentences.
    pub because: Vec<String>,
    /// The alerts, the most urgent first.
    pub alerts: Vec<WhyAlert>,
    /// How many more alerts there are.
    pub omitted: u32,
    /// What comes next, in order; what has no known time stands last.
    pub next: Vec<Coming>,
}

/// Why somebody was told of one alert or nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WhyAlert {
    /// Names the alert.
    pub fingerprint: String,
    /// Its title; empty when it was given up for want of room.
    pub title: String,
    /// Whether it fires.
    pub firing: bool,
    /// Since when it fires.
    pub since: Moment,
    /// When it ended, or will when nothing more is heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// How it was classified; none when the details were given up for want of room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// Where the routes bring it, and what became of it there.
    pub places: Vec<Place>,
    /// Routes on the way that do not have it, and why not.
    pub passed_over: Vec<PassedOver>,
    /// In sentences.
    pub because: Vec<String>,
    /// What comes next whatever the route.
    pub next: Vec<Coming>,
}

/// How an alert was classified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Classification {
    /// The priority that counts.
    pub priority: Priority,
    /// The rule that decided, if one matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why it has its priority.
    pub reason: String,
    /// The kind of trouble.
    pub category: String,
    /// The service that has the trouble.
    pub service: String,
    /// Minutes within which somebody must answer.
    pub response_minutes: u32,
    /// Who gave it another priority than its rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<SetBy>,
}

/// Who set a priority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetBy {
    /// Who; empty when that is forgotten.
    pub who: String,
    /// When, unless that is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// What the alert had by itself.
    pub instead_of: Priority,
}

/// A route that has an alert, and the group that it is in there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// The route's id.
    pub route: String,
    /// The matchers on the way from the root, all of which hold.
    pub matchers: Vec<String>,
    /// The group's key.
    pub group: String,
    /// What the alerts of the group share.
    pub labels: BTreeMap<String, String>,
    /// Who is told.
    pub receiver: String,
    /// How, so far as it is deployed.
    pub channels: Vec<String>,
    /// How long a new group waits.
    pub group_wait: String,
    /// How long news waits.
    pub group_interval: String,
    /// After what time it is told again.
    pub repeat_interval: String,
    /// The escalation policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<String>,
    /// The routes bring it elsewhere now; here only its end is told.
    pub left: bool,
    /// Who knows that it fires and was not told that it is over.
    pub knows: Vec<Knows>,
    /// What was told of its incident while it fired, in order.
    pub told: Vec<Telling>,
    /// What holds it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// What became of the ladder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<LadderStory>,
    /// In sentences.
    pub because: Vec<String>,
    /// What comes next here.
    pub next: Vec<Coming>,
}

/// Somebody who knows that an alert fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Knows {
    /// The receiver.
    pub receiver: String,
    /// How it is told.
    pub channel: String,
    /// When the route last told it something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Moment>,
}

/// Somebody was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Telling {
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
    /// The step of the ladder that told them, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
}

/// What holds an alert back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hold {
    /// What kind of thing.
    pub by: HoldKind,
    /// Its name: of a silence, an inhibit rule, a time interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The alert that explains it: its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Until when, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// In a sentence.
    pub sentence: String,
}

/// What kind of thing holds an alert back.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// A silence.
    Silence,
    /// Another alert that explains it.
    Inhibition,
    /// The route is mute at this time.
    MuteTime,
    /// The route is not active at this time.
    InactiveTime,
    /// It changes too often.
    Flapping,
}

/// What became of a ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LadderStory {
    /// The escalation policy.
    pub escalation: String,
    /// How it stands.
    pub state: LadderState,
    /// The round, from 0.
    pub round: u32,
    /// The next step, from 0.
    pub step: u32,
    /// Whose acknowledgement holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// The steps that were taken, in order.
    pub taken: Vec<StepStory>,
    /// In a sentence.
    pub sentence: String,
}

/// How a ladder stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LadderState {
    /// It begins with the first word about the incident.
    NotBegun,
    /// It climbs.
    Climbing,
    /// Somebody has acknowledged.
    Acknowledged,
    /// All that would climb it is held back.
    HeldBack,
    /// All steps of all rounds were taken.
    Exhausted,
    /// The incident is over.
    Over,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepStory {
    /// When.
    pub at: Moment,
    /// The round, from 0.
    pub round: u32,
    /// The step, from 0.
    pub step: u32,
    /// Whom it reached.
    pub to: Vec<String>,
}

/// A route that does not have an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PassedOver {
    /// The route's id.
    pub route: String,
    /// Why not, in a sentence.
    pub because: String,
}

/// Something that comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Coming {
    /// When, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// What.
    pub what: ComingKind,
    /// Whom it reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// In a sentence.
    pub sentence: String,
}

/// What can come.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ComingKind {
    /// What holds an alert back ends.
    Release,
    /// The group tells what is new.
    Tell,
    /// The group tells again what still fires.
    Repeat,
    /// An acknowledgement runs out.
    AcknowledgementEnds,
    /// A step of a ladder.
    Step,
    /// An alert counts as over unless it is heard of again.
    Lapse,
    /// The report is written.
    Report,
}
