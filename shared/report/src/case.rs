//! What the documents are made of: all that is remembered about an incident, and nothing else.

use compact_str::CompactString;
use incident::{
    Act, Actor, Episode, GroupState, IncidentId, IncidentKey, IncidentState, Policy, Silence,
    VerdictKind,
};
use jiff::Timestamp;
use settings::Priority;

/// Everything that is known about an incident.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The state of its key; its episode is the incident.
    pub state: &'a IncidentState,
    /// The groups of its alerts, in any order; others do no harm.
    pub groups: Vec<&'a GroupState>,
    /// What the audit trail has besides the state's own timeline, which forgets.
    pub audit: Vec<AuditEntry>,
    /// The silences, those that are over included.
    pub silences: Vec<&'a Silence>,
    /// Incidents of the same service and category before it, of this key and of others.
    pub earlier: Vec<Earlier>,
    /// What machines did about it.
    pub remediations: Vec<Remediation>,
    /// The configuration.
    pub policy: &'a Policy,
    /// What time it is.
    pub now: Timestamp,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub act: Act,
}

/// An incident that was before.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// Its id.
    pub id: IncidentId,
    /// What it was about.
    pub key: IncidentKey,
    /// Its title.
    pub title: String,
    /// The service that had the trouble.
    pub service: CompactString,
    /// The kind of trouble.
    pub category: CompactString,
    /// Its priority.
    pub priority: Priority,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// What a person said about it.
    pub verdict: Option<VerdictKind>,
}

/// Something that a machine did.
#[derive(Clone, Debug, PartialEq)]
pub struct Remediation {
    /// When it began.
    pub at: Timestamp,
    /// What was done: "restart function orders-create".
    pub what: String,
    /// Whether it helped; `None` while nobody knows.
    pub succeeded: Option<bool>,
    /// What came of it, in words.
    pub detail: String,
}

impl<'a> Case<'a> {
    /// A case of which only the state is known.
    #[must_use]
    pub const fn new(state: &'a IncidentState, policy: &'a Policy, now: Timestamp) -> Self {
        Self {
            state,
            groups: Vec::new(),
            audit: Vec::new(),
            silences: Vec::new(),
            earlier: Vec::new(),
            remediations: Vec::new(),
            policy,
            now,
        }
    }

    /// The incident.
    #[must_use]
    pub const fn episode(&self) -> Option<&'a Episode> {
        self.state.episode.as_ref()
    }
}
