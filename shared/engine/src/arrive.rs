//! Alerts that arrive, cut into what can be decided at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use incident::{Arrival, Disposition, Policy, RecordName, World};
use lambda_support::error::chain;
use settings::Priority;
use store::RecordStore;

use crate::clock::Clock;
use crate::decide::Deed;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::outcome::Outcome;

/// How many units are decided at the same time.
pub const CONCURRENT: usize = 8;
/// How many incidents are decided in one transaction: each may write its state, its episode, a group
/// and a notification, and a transaction has a hundred items.
const TOGETHER: usize = 30;

/// What became of alerts, in the order in which they were given.
#[derive(Debug, Default)]
pub struct Arrived {
    /// What became of each; those that failed are not decided and may come again.
    pub dispositions: Vec<Result<Disposition, Arc<EngineError>>>,
    /// What came of all of it.
    pub outcome: Outcome,
}

/// Alerts whose incidents share groups or inhibitions with each other and with none of another unit:
/// chunks of it are decided one after the other, units at the same time.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// The most urgent first.
    pub chunks: Vec<Chunk>,
}

/// Alerts that are decided together.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    arrivals: Vec<(usize, Arrival)>,
}

/// What became of a chunk.
#[derive(Debug, Default)]
pub struct Settled {
    /// What became of each alert, by its place among those that were given.
    pub dispositions: Vec<(usize, Result<Disposition, Arc<EngineError>>)>,
    /// What came of it.
    pub outcome: Outcome,
}

/// Cuts alerts into units, the most urgent first.
#[must_use]
pub fn units(policy: &Policy, arrivals: Vec<Arrival>) -> Vec<Unit> {
    let mut incidents: BTreeMap<RecordName, Vec<(usize, Arrival)>> = BTreeMap::new();
    let mut links: Vec<BTreeSet<RecordName>> = Vec::new();
    let mut places: HashMap<RecordName, usize> = HashMap::new();
    for (place, arrival) in arrivals.into_iter().enumerate() {
        let needs = World::needs(policy, std::slice::from_ref(&arrival));
        let incident = needs
            .iter()
            .find(|name| matches!(name, RecordName::Incident(_)));
        let Some(incident) = incident.cloned() else {
            continue;
        };
        let at = *places.entry(incident.clone()).or_insert(links.len());
        if at == links.len() {
            links.push(BTreeSet::new());
        }
        if let Some(links) = links.get_mut(at) {
            links.extend(needs.into_iter().filter(|name| match name {
                RecordName::Group(_) | RecordName::Inhibition(_) => true,
                RecordName::Incident(_) | RecordName::Silences => false,
            }));
        }
        incidents
            .entry(incident)
            .or_default()
            .push((place, arrival));
    }
    let mut sets = Sets::new(links.len());
    let mut first: HashMap<&RecordName, usize> = HashMap::new();
    for (at, links) in links.iter().enumerate() {
        for link in links {
            let other = *first.entry(link).or_insert(at);
            sets.join(at, other);
        }
    }
    let mut united: BTreeMap<usize, Vec<Chunk>> = BTreeMap::new();
    for (incident, arrivals) in incidents {
        let at = places.get(&incident).copied().unwrap_or_default();
        united
            .entry(sets.of(at))
            .or_default()
            .push(Chunk { arrivals });
    }
    let mut units: Vec<Unit> = united.into_values().map(Unit::of).collect();
    units.sort_by_key(Unit::order);
    units
}

impl Unit {
    fn of(mut incidents: Vec<Chunk>) -> Self {
        incidents.sort_by_key(Chunk::order);
        let mut chunks = Vec::new();
        let mut incidents = incidents.into_iter().peekable();
        while incidents.peek().is_some() {
            let arrivals = incidents.by_ref().take(TOGETHER);
            let arrivals = arrivals.flat_map(|chunk| chunk.arrivals).collect();
            chunks.push(Chunk { arrivals });
        }
        Self { chunks }
    }

    fn order(&self) -> (Option<Priority>, usize) {
        let orders = self.chunks.iter().map(Chunk::order);
        orders.min().unwrap_or_default()
    }
}

impl Chunk {
    /// The places of its alerts among those that were given.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.arrivals.iter().map(|(place, _)| *place)
    }

    fn order(&self) -> (Option<Priority>, usize) {
        let arrivals = self.arrivals.iter();
        let priority = arrivals.map(|(_, arrival)| arrival.alert.classification.priority);
        (priority.min(), self.places().min().unwrap_or_default())
    }

    /// Two halves: of its incidents, or of the alerts of the only one.
    fn halves(self, policy: &Policy) -> Option<(Self, Self)> {
        let mut head = self.arrivals;
        if head.len() < 2 {
            return None;
        }
        let mut at = head.len() / 2;
        let incident = |arrival: &Arrival| {
            let mut needs = World::needs(policy, std::slice::from_ref(arrival)).into_iter();
            needs.find(|name| matches!(name, RecordName::Incident(_)))
        };
        // Alerts of one incident are decided together if that is possible.
        let middle = head.get(at).and_then(|(_, arrival)| incident(arrival));
        let begins = head
            .iter()
            .position(|(_, arrival)| incident(arrival) == middle);
        let ends = head
            .iter()
            .rposition(|(_, arrival)| incident(arrival) == middle);
        match (begins, ends) {
            (Some(begin), _) if begin > 0 => at = begin,
            (_, Some(end)) if end + 1 < head.len() => at = end + 1,
            (_, _) => {}
        }
        let tail = head.split_off(at);
        Some((Self { arrivals: head }, Self { arrivals: tail }))
    }
}

impl Settled {
    fn failed(places: impl Iterator<Item = usize>, error: EngineError) -> Self {
        let error = Arc::new(error);
        Self {
            dispositions: places
                .map(|place| (place, Err(Arc::clone(&error))))
                .collect(),
            outcome: Outcome::default(),
        }
    }
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Decides about alerts that arrived, and writes it.
    ///
    /// It does not fail as a whole: what is not decided is said of each alert.
    pub async fn arrive(&self, arrivals: Vec<Arrival>) -> Arrived {
        let count = arrivals.len();
        let work = units(&self.policy, arrivals)
            .into_iter()
            .map(|unit| self.settle_unit(unit));
        let settled: Vec<Vec<Settled>> = stream::iter(work).buffered(CONCURRENT).collect().await;
        let mut outcome = Outcome::default();
        let mut dispositions: Vec<Option<_>> = Vec::new();
        dispositions.resize_with(count, || None);
        for settled in settled.into_iter().flatten() {
            outcome.merge(settled.outcome);
            for (place, disposition) in settled.dispositions {
                if let Some(slot) = dispositions.get_mut(place) {
                    *slot = Some(disposition);
                }
            }
        }
        Arrived {
            dispositions: dispositions.into_iter().flatten().collect(),
            outcome,
        }
    }

    async fn settle_unit(&self, unit: Unit) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(unit.chunks.len());
        for chunk in unit.chunks {
            settled.push(self.settle(chunk).await);
        }
        settled
    }

    /// Decides about the alerts of a chunk, and writes it; in halves if it is too much.
    pub async fn settle(&self, chunk: Chunk) -> Settled {
        let mut settled = Settled::default();
        let mut chunks = vec![chunk];
        while let Some(chunk) = chunks.pop() {
            let whole = chunk.arrivals.len() < 2;
            let (places, arrivals): (Vec<usize>, Vec<Arrival>) =
                chunk.arrivals.iter().cloned().unzip();
            let names = World::needs(&self.policy, &arrivals);
            let decided = self
                .run(names, whole, |world, now| {
                    Ok(Deed::new(world.arrive(arrivals.clone(), now)))
                })
                .await;
            match decided {
                Ok((dispositions, outcome)) => {
                    settled.outcome.merge(outcome);
                    let decided = places.into_iter().zip(dispositions.into_iter().map(Ok));
                    settled.dispositions.extend(decided);
                }
                Err(EngineError::TooMuch(items)) if !whole => {
                    tracing::debug!(stage = "commit", items, "a decision is cut in halves");
                    if let Some((head, tail)) = chunk.halves(&self.policy) {
                        chunks.push(tail);
                        chunks.push(head);
                    }
                }
                Err(error) => {
                    tracing::debug!(
                        stage = "commit", error = %chain(&error), "alerts are not decided"
                    );
                    let failed = Settled::failed(places.into_iter(), error);
                    settled.dispositions.extend(failed.dispositions);
                }
            }
        }
        settled
    }
}

/// Disjoint sets.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The least member that it is known to be with.
    fn of(&mut self, mut at: usize) -> usize {
        while let Some(&above) = self.0.get(at) {
            if above == at {
                break;
            }
            let next = self.0.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.0.get_mut(at) {
                *slot = next;
            }
            at = next;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}
