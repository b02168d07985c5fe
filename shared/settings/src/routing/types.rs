//! Who is told of what, when, and how often: validated, with names resolved to positions.

use calendar::{Rotation, TimeInterval};
use compact_str::CompactString;

use super::index::Index;
use crate::{Channel, Duration, Matcher};

/// The routing tree and what it refers to. Positions (`receiver`, `parent`, `escalation`, …) are those in
/// its lists, and are valid by construction.
#[derive(Clone, Debug)]
pub struct Routing {
    /// How long after it was last heard of an alert counts as over, where nothing else says so.
    pub resolve_timeout: Duration,
    /// The tree, each parent before its children; the first is the root, which has no matchers.
    pub routes: Vec<Route>,
    /// Who can be told.
    pub receivers: Vec<Receiver>,
    /// Which alerts make others not worth telling.
    pub inhibit_rules: Vec<InhibitRule>,
    /// Times that routes are muted or active in.
    pub time_intervals: Vec<NamedTimeInterval>,
    /// Who is told, and when, until somebody acknowledges.
    pub escalations: Vec<Escalation>,
    /// Receivers who take turns.
    pub rotations: Vec<NamedRotation>,
    /// When what comes and goes is held back; `None`: never.
    pub flapping: Option<Flapping>,
    /// No silence may be longer.
    pub max_silence: Duration,
    /// Which children of each route can match a text at all.
    pub(super) index: Vec<Index>,
}

/// One node of the tree, with what it inherits.
#[derive(Clone, Debug)]
pub struct Route {
    /// Alertmanager's key: the matchers on the way from the root, `{}/{service="payments"}`. Siblings with the
    /// same matchers have `#2`, `#3` and so on behind theirs. Changes elsewhere in the tree do not change it.
    pub id: CompactString,
    /// The parent; the root has none.
    pub parent: Option<usize>,
    /// The receiver that is told.
    pub receiver: usize,
    /// All of these must hold. In the order of their names.
    pub matchers: Vec<Matcher>,
    /// Whether an alert that matches goes on to the siblings below.
    pub continues: bool,
    /// What makes one group.
    pub group_by: GroupBy,
    /// How long a new group waits for others to join it.
    pub group_wait: Duration,
    /// How long news of a group that was told waits; zero: each change is told at once.
    pub group_interval: Duration,
    /// After what time a group that still fires is told again; never zero.
    pub repeat_interval: Duration,
    /// In these nothing is told.
    pub mute_time_intervals: Vec<usize>,
    /// If there are any, only in these something is told.
    pub active_time_intervals: Vec<usize>,
    /// The escalation that climbs until somebody acknowledges.
    pub escalation: Option<usize>,
    /// The children, in order.
    pub children: Vec<usize>,
}

/// What makes one group of alerts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GroupBy {
    /// All labels: each alert is a group of its own (`...`).
    All,
    /// The values of these labels, sorted, each once. None: all alerts are one group.
    Labels(Vec<CompactString>),
}

/// Somebody who can be told. One without integrations tells nobody, on purpose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receiver {
    /// Its name.
    pub name: CompactString,
    /// The ways in which it is told, in the order of the channels and, within one, of the file.
    pub integrations: Vec<Integration>,
}

/// One way in which a receiver is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Integration {
    /// The channel.
    pub channel: Channel,
    /// Whether the end of what was told is told as well.
    pub send_resolved: bool,
    /// Whom it reaches; empty: the stack's own destination of that channel.
    pub to: Vec<String>,
}

/// While an alert fires that matches `source`, alerts that match `target` are not told, as far as both have
/// the same values of the labels in `equal` (a missing one is empty).
#[derive(Clone, Debug)]
pub struct InhibitRule {
    /// Its name, else its matchers: `{category="availability"} → {category="errors"}`.
    pub id: CompactString,
    /// What inhibits.
    pub source: Vec<Matcher>,
    /// What is inhibited.
    pub target: Vec<Matcher>,
    /// What both must share.
    pub equal: Vec<CompactString>,
}

/// Time intervals under one name.
#[derive(Clone, Debug)]
pub struct NamedTimeInterval {
    /// The name.
    pub name: CompactString,
    /// It is the time when it is the time of one of these.
    pub intervals: Vec<TimeInterval>,
}

/// Receivers who take turns.
#[derive(Clone, Debug)]
pub struct NamedRotation {
    /// The name.
    pub name: CompactString,
    /// Whose turn it is, as a position in `members`.
    pub rotation: Rotation,
    /// The receivers, in the order of their turns; there is at least one.
    pub members: Vec<usize>,
}

/// Who is told, and when, until somebody acknowledges.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Escalation {
    /// Its name.
    pub name: CompactString,
    /// The steps of a round, in order of time; there is at least one.
    pub steps: Vec<Step>,
    /// How many further rounds follow the first.
    pub repeat: u32,
    /// How long after its last step a round begins anew.
    pub repeat_after: Duration,
    /// After what time an acknowledgement counts no longer; `None`: never.
    pub ack_timeout: Option<Duration>,
}

/// One step of an escalation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// When it is taken, counted from the beginning of its round.
    pub after: Duration,
    /// Whom it tells.
    pub to: Vec<Target>,
}

/// Whom a step tells.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Target {
    /// A receiver.
    Receiver(usize),
    /// Whoever's turn it is in a rotation.
    Rotation(usize),
}

/// When a group that comes and goes is held back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flapping {
    /// After so many changes between firing and resolved within `window`.
    pub changes: u32,
    /// The time in which changes are counted.
    pub window: Duration,
    /// Until it has not changed for so long.
    pub quiet: Duration,
}
