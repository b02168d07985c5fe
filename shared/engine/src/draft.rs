//! A decision as it is to be written.

use std::collections::{BTreeMap, BTreeSet};

use incident::{Effects, IncidentId, IncidentKey, Notification, RecordName, Transition, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{OutboxRef, RecordKey, Version};

use crate::decide::Considered;
use crate::engine::Copies;
use crate::episode::{self, EpisodeRecord, audit_until};
use crate::error::EngineError;
use crate::names;
use crate::outcome::Outcome;
use crate::publish::Outgoing;
use crate::reports::ReportRequest;

/// What inhibits nothing any more is remembered so long, for whoever looks into the table.
const INHIBITION_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A decision as it is to be written, and what is to be done once it is.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Records of the world, those groups last whose routes are gone; then the request's receipt, then
    /// episodes.
    pub(crate) writes: Vec<RecordDraft>,
    /// What the decision relied on; the most important first.
    pub(crate) checks: Vec<(RecordKey, Version)>,
    pub(crate) outbox: Vec<EntryDraft>,
    pub(crate) notes: Vec<Jotting>,
    pub(crate) outcome: Outcome,
    /// What is told, for the log.
    pub(crate) told: Vec<Notification>,
    /// Episodes to be listed, with whether they are new.
    pub(crate) episodes: BTreeMap<IncidentId, (EpisodeRecord, bool)>,
    /// Episodes that ended unseen before another one of their key began.
    pub(crate) replaced: BTreeMap<IncidentId, Timestamp>,
    pub(crate) now: Timestamp,
}

/// A record to be written.
#[derive(Debug)]
pub(crate) struct RecordDraft {
    pub(crate) key: RecordKey,
    pub(crate) expected: Version,
    pub(crate) body: String,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) listed: Option<ListingDraft>,
    pub(crate) keep_until: Option<Timestamp>,
}

/// A place in a list.
#[derive(Debug)]
pub(crate) struct ListingDraft {
    pub(crate) list: &'static str,
    pub(crate) sort: String,
    pub(crate) summary: String,
}

/// An entry of the outbox.
#[derive(Debug)]
pub(crate) struct EntryDraft {
    pub(crate) record: RecordKey,
    pub(crate) id: String,
    pub(crate) body: String,
}

/// Something to be written down.
#[derive(Clone, Debug)]
pub(crate) struct Jotting {
    pub(crate) partition: String,
    pub(crate) sort: String,
    pub(crate) body: String,
    pub(crate) keep_until: Option<Timestamp>,
}

impl Draft {
    /// What a decision changed.
    pub(crate) fn new<T>(considered: &mut Considered<T>) -> Result<Self, EngineError> {
        let Considered {
            world,
            copies,
            deed,
            now,
        } = considered;
        let now = *now;
        let changed = world.take_changed();
        let effects = world.take_effects();
        let mut draft = Self {
            writes: Vec::with_capacity(changed.len()),
            checks: Vec::new(),
            outbox: Vec::new(),
            notes: std::mem::take(&mut deed.notes),
            outcome: Outcome::default(),
            told: Vec::new(),
            episodes: BTreeMap::new(),
            replaced: BTreeMap::new(),
            now,
        };
        // Written in parts, what a group hands on must be where it belongs before the group lets go of it.
        let (left, others): (Vec<&RecordName>, Vec<&RecordName>) =
            changed.iter().partition(|name| world.is_left(name));
        for name in others.into_iter().chain(left) {
            draft.write(world, copies, name)?;
        }
        if let Some(rung) = deed.rung.as_ref().filter(|rung| !changed.contains(rung)) {
            draft.end_timer(world, copies, rung)?;
        }
        // A timer that rings again at once would ring for ever: the sweep is slower.
        if let Some(rung) = &deed.rung {
            let timers = &mut draft.outcome.timers;
            timers.retain(|(due, name)| name != rung || *due > now);
        }
        draft.rely(world, copies, &changed, &effects.notifications);
        draft.note_broken(copies, &changed);
        draft.tell(&effects.notifications)?;
        draft.ask_for_reports(&effects.reports)?;
        draft.account(world, effects);
        draft.writes.extend(deed.receipt.take());
        Ok(draft)
    }

    /// Whether there is nothing to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.outbox.is_empty() && self.notes.is_empty()
    }

    /// Says in the log who is told and what is over; the decision is written.
    pub(crate) fn log(&self) {
        for notification in &self.told {
            let incident = &notification.incident;
            let channels: Vec<&str> = notification.channels.iter().map(|c| c.as_str()).collect();
            tracing::info!(
                stage = "decide",
                incident_id = incident.id.as_str(),
                incident_key = incident.key.as_str(),
                notification_id = notification.id.as_str(),
                group_key = notification.group_key.as_str(),
                receiver = notification.receiver.as_str(),
                event = notification.event.as_str(),
                priority = incident.priority.as_str(),
                service = incident.service.as_str(),
                category = incident.category.as_str(),
                channels = channels.join(","),
                reason = notification.reason,
                "people are to be told"
            );
        }
        for (key, id) in &self.outcome.reports {
            tracing::info!(
                stage = "report",
                incident_id = id.as_str(),
                incident_key = key.as_str(),
                "an incident is over for good"
            );
        }
    }

    fn write(
        &mut self,
        world: &World,
        copies: &Copies,
        name: &RecordName,
    ) -> Result<(), EngineError> {
        let Some(body) = names::write(world, name)? else {
            return Ok(());
        };
        let due_at = world.due_at(name);
        if let Some(due) = due_at {
            self.outcome.timers.push((due, name.clone()));
        }
        self.push(world, copies, name, body, due_at)
    }

    /// A timer that rings and changes nothing would ring each minute.
    fn end_timer(
        &mut self,
        world: &World,
        copies: &Copies,
        name: &RecordName,
    ) -> Result<(), EngineError> {
        let Some(body) = names::write(world, name)? else {
            return Ok(());
        };
        let due_at = world.due_at(name).filter(|due| *due > self.now);
        tracing::warn!(
            stage = "decide", record = %names::key_of(name), next = ?due_at,
            "a timer changes nothing and is ended"
        );
        self.push(world, copies, name, body, due_at)
    }

    fn push(
        &mut self,
        world: &World,
        copies: &Copies,
        name: &RecordName,
        body: String,
        due_at: Option<Timestamp>,
    ) -> Result<(), EngineError> {
        self.writes.push(RecordDraft {
            key: names::key_of(name),
            expected: expected(copies, name),
            body,
            due_at,
            listed: open_listing(world, name)?,
            // Nothing is forgotten before its time.
            keep_until: keep_until(world, name, self.now)
                .map(|at| due_at.map_or(at, |d| at.max(d))),
        });
        Ok(())
    }

    /// Somebody who has just taken an incident on must not be paged for it.
    fn rely(
        &mut self,
        world: &World,
        copies: &Copies,
        changed: &BTreeSet<RecordName>,
        told: &[Notification],
    ) {
        let named: BTreeSet<&str> = told
            .iter()
            .flat_map(|n| std::iter::once(&n.incident).chain(&n.incidents))
            .map(|incident| incident.key.as_str())
            .collect();
        let mut relied: Vec<&IncidentKey> = world
            .relied()
            .iter()
            .filter(|key| !changed.contains(&RecordName::Incident((*key).clone())))
            .collect();
        relied.sort_by_key(|key| !named.contains(key.as_str()));
        self.checks = relied
            .into_iter()
            .map(|key| RecordName::Incident(key.clone()))
            .map(|name| (names::key_of(&name), expected(copies, &name)))
            .collect();
    }

    /// What could not be read and is written anew is kept for people.
    fn note_broken(&mut self, copies: &Copies, changed: &BTreeSet<RecordName>) {
        for (name, copy) in copies {
            let Some(broken) = &copy.broken else {
                continue;
            };
            self.outcome.books.unreadable += 1;
            if !changed.contains(name) {
                continue;
            }
            let key = names::key_of(name);
            let body =
                json!({ "fault": broken.fault, "version": copy.version.0, "body": broken.body });
            self.notes.push(Jotting {
                partition: format!("UNREADABLE#{key}"),
                sort: format!("{:020}", copy.version.0),
                body: body.to_string(),
                keep_until: audit_until(self.now),
            });
        }
    }

    fn tell(&mut self, notifications: &[Notification]) -> Result<(), EngineError> {
        for notification in notifications {
            let body = serde_json::to_string(notification)?;
            let record = if notification.group_key.is_empty() {
                RecordKey::Silences
            } else {
                RecordKey::Group(notification.group_key.clone())
            };
            let reference = OutboxRef::of(&record, notification.id.as_str());
            self.outbox.push(EntryDraft {
                record,
                id: notification.id.to_string(),
                body: body.clone(),
            });
            let outgoing = Outgoing::new(notification, reference, body);
            self.outcome.outgoing.push(outgoing);
        }
        Ok(())
    }

    /// In the same transaction as the note that they are asked for, so that none is lost.
    fn ask_for_reports(&mut self, wanted: &[(IncidentKey, IncidentId)]) -> Result<(), EngineError> {
        for (key, id) in wanted {
            let request = ReportRequest::new(key, id, self.now);
            let body = serde_json::to_string(&request)?;
            let record = RecordKey::Incident(key.as_str().into());
            let reference = OutboxRef::of(&record, request.id());
            self.outbox.push(EntryDraft {
                record,
                id: request.id(),
                body: body.clone(),
            });
            let outgoing = Outgoing::request(reference, body);
            self.outcome.outgoing.push(outgoing);
        }
        Ok(())
    }

    fn account(&mut self, world: &World, effects: Effects) {
        let Effects {
            notifications,
            episodes,
            reports,
            grouped,
            notified,
            suppressed,
        } = effects;
        for change in &episodes {
            self.outcome.books.episode(change.transition);
            let Ok(key) = IncidentKey::try_new(&change.summary.key) else {
                continue;
            };
            let Some(state) = world.incident(&key) else {
                continue;
            };
            let begins = matches!(change.transition, Transition::Opened | Transition::Replaced);
            if change.transition == Transition::Replaced
                && let Some(past) = state.past.last()
            {
                self.replaced.insert(past.id.clone(), past.resolved_at);
            }
            if let Some(record) = EpisodeRecord::of(state) {
                let known = self.episodes.remove(&change.summary.id);
                let new = begins || known.is_some_and(|(_, new)| new);
                self.episodes
                    .insert(record.summary.id.clone(), (record, new));
            }
        }
        let books = &mut self.outcome.books;
        books.grouped = grouped;
        books.notified = notified;
        books.suppressed = suppressed;
        self.told = notifications;
        self.outcome.reports = reports;
        self.outcome.episodes = episodes;
    }
}

fn expected(copies: &Copies, name: &RecordName) -> Version {
    copies.get(name).map_or(Version::NONE, |copy| copy.version)
}

fn keep_until(world: &World, name: &RecordName, now: Timestamp) -> Option<Timestamp> {
    match name {
        RecordName::Incident(key) => world.incident(key)?.keep_until(now),
        RecordName::Group(key) => world.group(key)?.keep_until(now),
        RecordName::Inhibition(key) => {
            let until = world.inhibition(key)?.keep_until()?;
            let least = now.checked_add(INHIBITION_KEPT).unwrap_or(now);
            Some(until.max(least))
        }
        RecordName::Silences => None,
    }
}

fn open_listing(world: &World, name: &RecordName) -> Result<Option<ListingDraft>, EngineError> {
    let RecordName::Incident(key) = name else {
        return Ok(None);
    };
    let open = world
        .incident(key)
        .filter(|state| state.open_episode().is_some());
    let Some(record) = open.and_then(EpisodeRecord::of) else {
        return Ok(None);
    };
    Ok(Some(ListingDraft {
        list: episode::OPEN,
        sort: record.summary.id.to_string(),
        summary: record.line().to_json()?,
    }))
}
