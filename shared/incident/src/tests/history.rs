//! Runs a history in virtual time: in a whole world and, if asked, beside it in parts of one that are
//! loaded from a store and written back, as functions do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::town::{Event, Report, town};
use super::{anna, start};
use crate::{
    Act, Actor, Arrival, Effects, IncidentKey, Notification, Policy, Record, RecordName, Silence,
    StepTaken, SuppressionReason, World,
};

/// A world and its timers.
pub(super) struct Town {
    pub(super) world: World,
    pub(super) now: Timestamp,
    pub(super) told: Vec<(Timestamp, Notification)>,
    pub(super) reports: Vec<String>,
    policy: Arc<Policy>,
    /// The configuration of each reload.
    pub(super) reloads: fn(usize) -> Policy,
    due: BTreeMap<RecordName, Timestamp>,
    /// What is stored, when the world is held against its parts.
    store: Option<BTreeMap<RecordName, Record>>,
    grouped: u64,
    notified: u64,
    suppressed: BTreeMap<SuppressionReason, u64>,
    /// The incidents that the last step relied on.
    relied: BTreeSet<IncidentKey>,
    /// How often something was missing at the first attempt.
    pub(super) missed: usize,
}

impl Town {
    pub(super) fn new(policy: Policy) -> Self {
        let policy = Arc::new(policy);
        Self {
            world: World::whole(Arc::clone(&policy)),
            now: start(),
            told: Vec::new(),
            reports: Vec::new(),
            policy,
            reloads: town,
            due: BTreeMap::new(),
            store: None,
            grouped: 0,
            notified: 0,
            suppressed: BTreeMap::new(),
            relied: BTreeSet::new(),
            missed: 0,
        }
    }

    /// One that is held against its parts.
    pub(super) fn in_parts(policy: Policy) -> Self {
        Self {
            store: Some(BTreeMap::new()),
            ..Self::new(policy)
        }
    }

    pub(super) fn run(&mut self, history: &[Event]) {
        for event in history {
            self.happen(event);
        }
    }

    pub(super) fn happen(&mut self, event: &Event) {
        match event {
            Event::Arrive(reports) => {
                let now = self.now;
                let arrivals: Vec<_> = reports.iter().map(|report| report.arrival(now)).collect();
                self.arrive(&arrivals);
            }
            Event::Pass(seconds) => self.pass(*seconds),
            Event::Act(place, by, act) => self.act_on(*place, by, act),
            Event::Silence(matcher, minutes) => self.silence(matcher, *minutes),
            Event::Unsilence(id) => {
                self.step(BTreeSet::new(), |world, now| world.unsilence(id, now));
            }
            Event::Reload(variant) => self.reload((self.reloads)(*variant)),
        }
    }

    pub(super) fn arrive(&mut self, arrivals: &[Arrival]) -> Vec<crate::Disposition> {
        let names = World::needs(&self.policy, arrivals);
        self.step(names, |world, now| world.arrive(arrivals.to_vec(), now))
    }

    pub(super) fn say(&mut self, script: &str) {
        self.arrive(&super::batch(script));
    }

    /// Lets time pass, and does what falls due.
    pub(super) fn pass(&mut self, seconds: i64) {
        let until = self.now + SignedDuration::from_secs(seconds);
        while let Some((due, name)) = self.next_due().filter(|(due, _)| *due <= until) {
            self.now = self.now.max(due);
            self.step(BTreeSet::from([name.clone()]), |world, now| {
                world.wake(&name, now);
            });
            let next = self.world.due_at(&name);
            assert!(
                next.is_none_or(|at| at > self.now),
                "{name:?} stays due at {next:?}"
            );
        }
        self.now = until;
    }

    pub(super) fn next_due(&self) -> Option<(Timestamp, RecordName)> {
        let due = self.due.iter().map(|(name, at)| (*at, name.clone()));
        due.min()
    }

    fn act_on(&mut self, place: usize, by: &Actor, act: &Act) {
        let mut keys: Vec<&IncidentKey> = self.world.incidents().map(|state| &state.key).collect();
        keys.sort();
        let Some(key) = keys.get(place % keys.len().max(1)).copied().cloned() else {
            return;
        };
        self.act(&key, by, act).ok();
    }

    pub(super) fn act(
        &mut self,
        key: &IncidentKey,
        by: &Actor,
        act: &Act,
    ) -> Result<crate::Change, crate::ActError> {
        let episode = self
            .world
            .incident(key)
            .and_then(|state| state.episode.as_ref());
        let id = episode.map(|episode| episode.id.clone());
        let Some(id) = id else {
            return Ok(crate::Change::Unchanged);
        };
        let names = BTreeSet::from([RecordName::Incident(key.clone())]);
        self.step(names, |world, now| world.act(key, &id, act, by, now))
    }

    pub(super) fn silence(&mut self, matcher: &str, minutes: i64) {
        let silence = Silence {
            id: matcher.into(),
            matchers: vec![matcher.into()],
            starts_at: self.now,
            ends_at: self.now + SignedDuration::from_mins(minutes),
            times: Vec::new(),
            maintenance: false,
            created_by: anna(),
            created_at: self.now,
            comment: String::new(),
            warned: false,
        };
        self.step(BTreeSet::new(), |world, now| {
            world
                .silence(silence.clone(), now)
                .map_err(|error| error.to_string())
        })
        .unwrap();
    }

    pub(super) fn reload(&mut self, policy: Policy) {
        let policy = Arc::new(policy);
        let groups = self
            .world
            .groups()
            .map(|group| RecordName::Group(group.key.clone()));
        let names = groups.collect();
        self.step(names, |world, now| world.reload(Arc::clone(&policy), now));
        self.policy = policy;
    }

    /// Ends all that fires and all silences, and lets a day pass.
    pub(super) fn end(&mut self) {
        self.pass(1);
        self.happen(&Event::Arrive(Report::all_clear()));
        self.pass(24 * 3_600);
    }

    fn step<R: Debug + PartialEq>(
        &mut self,
        names: BTreeSet<RecordName>,
        run: impl Fn(&mut World, Timestamp) -> R,
    ) -> R {
        let taken = self.steps_taken();
        let result = run(&mut self.world, self.now);
        let changed = self.world.take_changed();
        let effects = self.world.take_effects();
        if self.store.is_some() {
            self.in_part(names, &run, &result, &changed, &effects);
        }
        for name in changed {
            match self.world.due_at(&name) {
                Some(at) => self.due.insert(name, at),
                None => self.due.remove(&name),
            };
        }
        self.grouped += effects.grouped;
        self.notified += effects.notified;
        for (reason, count) in effects.suppressed {
            *self.suppressed.entry(reason).or_default() += count;
        }
        let reports = effects.reports.iter();
        self.reports.extend(reports.map(|(_, id)| id.to_string()));
        let now = self.now;
        let told = effects.notifications.into_iter();
        self.told
            .extend(told.map(|notification| (now, notification)));
        self.check_books();
        self.check_steps(&taken);
        result
    }

    /// The same with what is loaded only, which must come to the same.
    fn in_part<R: Debug + PartialEq>(
        &mut self,
        mut names: BTreeSet<RecordName>,
        run: &impl Fn(&mut World, Timestamp) -> R,
        result: &R,
        changed: &BTreeSet<RecordName>,
        effects: &Effects,
    ) {
        let store = self.store.as_mut().unwrap();
        let mut part = None;
        for attempt in 0..6 {
            let records = names
                .iter()
                .map(|name| (name.clone(), store.get(name).cloned()));
            let mut world = World::part(Arc::clone(&self.policy), records);
            let other = run(&mut world, self.now);
            if world.missing().is_empty() {
                assert_eq!(&other, result);
                part = Some(world);
                break;
            }
            assert!(world.missing().is_disjoint(&names));
            names.extend(world.missing().iter().cloned());
            self.missed += usize::from(attempt == 0);
        }
        let mut part = part.expect("what is missing is found after a few attempts");
        assert_eq!(&part.take_changed(), changed);
        assert_eq!(&part.take_effects(), effects);
        self.relied = part.relied().clone();
        for key in &self.relied {
            assert!(names.contains(&RecordName::Incident(key.clone())));
        }
        for name in changed {
            assert!(
                names.contains(name),
                "{name:?} was written without having been read"
            );
            let record = record(&part, name);
            assert_eq!(Some(&record), Some(&self::record(&self.world, name)));
            let before = store.get(name).map_or(0, version);
            assert_eq!(version(&record), before + 1, "{name:?}");
            let read = again(&record);
            assert_eq!(read, record, "what is stored is what is read again");
            store.insert(name.clone(), read);
        }
    }

    /// Each group's books balance, and together they are what the effects said.
    fn check_books(&self) {
        let (mut grouped, mut notified) = (0, 0);
        let mut suppressed: BTreeMap<SuppressionReason, u64> = BTreeMap::new();
        for group in self.world.groups() {
            let books = &group.counters;
            let told = books.notified + books.suppressed_total();
            assert_eq!(books.received, told + group.pending(), "{}", group.key);
            grouped += books.received;
            notified += books.notified;
            for (reason, count) in &books.suppressed {
                *suppressed.entry(*reason).or_default() += count;
            }
        }
        assert_eq!((grouped, notified), (self.grouped, self.notified));
        assert_eq!(suppressed, self.suppressed);
    }

    pub(super) fn pending(&self) -> u64 {
        self.world.groups().map(crate::GroupState::pending).sum()
    }

    /// The steps that were taken for each incident, by whatever group.
    fn steps_taken(&self) -> BTreeMap<String, Vec<StepTaken>> {
        let mut taken: BTreeMap<String, Vec<StepTaken>> = BTreeMap::new();
        for (id, known) in self.world.groups().flat_map(|group| &group.incidents) {
            let steps = taken.entry(id.to_string()).or_default();
            steps.extend(known.steps.iter().cloned());
        }
        taken
    }

    /// Nobody climbs for what somebody has taken on; whoever climbs has looked whether that is so.
    fn check_steps(&self, before: &BTreeMap<String, Vec<StepTaken>>) {
        for group in self.world.groups() {
            for (id, known) in &group.incidents {
                let taken = before.get(id.as_str()).map_or(&[][..], Vec::as_slice);
                // A group that takes another's place knows what that one did.
                let new = known.steps.iter().filter(|step| !taken.contains(step));
                let new: Vec<&StepTaken> = new.collect();
                if new.is_empty() {
                    continue;
                }
                let episode = self
                    .world
                    .incident(&known.key)
                    .and_then(|state| state.episode.as_ref());
                let episode = episode
                    .filter(|episode| episode.id == *id)
                    .expect("it is the last");
                assert!(episode.is_open());
                assert_eq!(episode.acknowledged(self.now), None);
                assert!(new.iter().all(|step| step.at == self.now));
                let mut order: Vec<_> = new.iter().map(|step| (step.round, step.step)).collect();
                order.dedup();
                assert!(order.is_sorted() && order.len() == new.len(), "{new:?}");
                assert!(self.store.is_none() || self.relied.contains(&known.key));
            }
        }
    }
}

pub(super) fn record(world: &World, name: &RecordName) -> Record {
    match name {
        RecordName::Incident(key) => {
            Record::Incident(Box::new(world.incident(key).unwrap().clone()))
        }
        RecordName::Group(key) => Record::Group(Box::new(world.group(key).unwrap().clone())),
        RecordName::Inhibition(key) => {
            Record::Inhibition(Box::new(world.inhibition(key).unwrap().clone()))
        }
        RecordName::Silences => {
            let (version, silences) = world.silences();
            Record::Silences(version, silences.clone())
        }
    }
}

fn version(record: &Record) -> u64 {
    match record {
        Record::Incident(state) => state.version,
        Record::Group(state) => state.version,
        Record::Inhibition(inhibition) => inhibition.version,
        Record::Silences(version, _) => *version,
    }
}

/// Written and read again.
fn again(record: &Record) -> Record {
    fn read<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
        serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
    }
    match record {
        Record::Incident(state) => Record::Incident(read(state)),
        Record::Group(state) => Record::Group(read(state)),
        Record::Inhibition(inhibition) => Record::Inhibition(read(inhibition)),
        Record::Silences(version, silences) => Record::Silences(*version, read(silences)),
    }
}
