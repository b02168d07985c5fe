//! All patterns that are known: found by number, generalised when words turn out to vary, and
//! forgotten when others need the room.

mod generalise;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use crate::activity::{Activity, Frequency};
use crate::family::{Family, Slot, Thresholds, template_key};
use crate::shape::{Candidate, Shape};
use crate::template::TemplateId;

/// The keys are well-mixed numbers already.
#[derive(Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= crate::scan::hash(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A map by well-mixed numbers.
pub(crate) type Numbered<T> = HashMap<u64, T, BuildHasherDefault<Identity>>;

/// Names a pattern of one miner for as long as it is known: another one in the same place has another generation.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PatternKey {
    pub(crate) slot: Slot,
    pub(crate) generation: u32,
}

/// What became of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// It turned out to be part of another one.
    Joined {
        /// The pattern that is no more.
        from: PatternKey,
        /// The one that stands for it.
        into: PatternKey,
    },
    /// It made room.
    Forgotten {
        /// The pattern that is no more.
        key: PatternKey,
        /// Its identity.
        id: TemplateId,
        /// Its text.
        text: String,
        /// How many lines it had.
        count: u64,
    },
}

/// One pattern.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) family: u64,
    /// What stands at the places for values that do not vary (yet).
    pub(crate) values: Vec<Candidate>,
    pub(crate) activity: Activity,
    pub(crate) id: TemplateId,
    /// When it was last used, in lines of this miner.
    pub(crate) used: u64,
    /// An example line that the caller gave.
    pub(crate) example: Option<String>,
}

#[derive(Debug, Default)]
struct Place {
    generation: u32,
    entry: Option<Entry>,
}

/// What came of a form of lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    /// It is new, and no generalisation of what was known.
    pub(crate) is_new: bool,
}

/// All patterns.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    thresholds: Thresholds,
    frequency: Frequency,
    families: Numbered<Family>,
    /// Families that differ in one word only, by the number of the rest.
    apart: Numbered<Vec<u64>>,
    /// The numbers of rests beside which every word may stand.
    varying: HashSet<u64, BuildHasherDefault<Identity>>,
    /// Families in which two words or more vary, by length.
    wide: HashMap<usize, Vec<u64>>,
    by_key: Numbered<Slot>,
    places: Vec<Place>,
    free: Vec<Slot>,
    /// How often patterns have turned out to be one.
    joins: u64,
    /// What became of patterns since the caller asked last; `None` unless it wants to know.
    pub(crate) changes: Option<Vec<Change>>,
}

impl Patterns {
    pub(crate) fn new(thresholds: Thresholds, frequency: Frequency, keep_changes: bool) -> Self {
        Self {
            thresholds,
            frequency,
            changes: keep_changes.then(Vec::new),
            ..Self::default()
        }
    }

    /// How many patterns there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    #[inline]
    pub(crate) fn get(&self, slot: Slot) -> Option<&Entry> {
        self.places.get(slot as usize)?.entry.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Entry> {
        self.places.get_mut(slot as usize)?.entry.as_mut()
    }

    pub(crate) fn key(&self, slot: Slot) -> PatternKey {
        let generation = self
            .places
            .get(slot as usize)
            .map_or(0, |place| place.generation);
        PatternKey { slot, generation }
    }

    /// The entry that a key names, if it is still known.
    #[inline]
    pub(crate) fn live_mut(&mut self, key: PatternKey) -> Option<&mut Entry> {
        let place = self.places.get_mut(key.slot as usize)?;
        (place.generation == key.generation)
            .then_some(place.entry.as_mut())
            .flatten()
    }

    /// All patterns with their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &Entry)> {
        (0..)
            .zip(&self.places)
            .filter_map(|(slot, place)| place.entry.as_ref().map(|entry| (slot, entry)))
    }

    pub(crate) fn family(&self, key: u64) -> Option<&Family> {
        self.families.get(&key)
    }

    /// The text of a pattern.
    pub(crate) fn render(&self, entry: &Entry) -> String {
        self.families
            .get(&entry.family)
            .map(|family| family.render(&entry.values))
            .unwrap_or_default()
    }

    /// Finds the pattern of a form of lines, or makes it. `varying_words` are places that are known to vary.
    pub(crate) fn insert(
        &mut self,
        shape: Shape,
        varying_words: &[usize],
        blank: impl FnOnce() -> Activity,
    ) -> Found {
        let Shape { pieces, candidates } = shape;
        let joins = self.joins;
        let family = self.family_of(pieces, varying_words);
        let thresholds = self.thresholds;
        let news = self
            .families
            .get_mut(&family)
            .is_some_and(|family| family.observe(&candidates, &thresholds));
        if news {
            self.normalise(family);
        }
        let (key, values) = self.values_of(family, &candidates);
        match self.by_key.get(&key) {
            Some(slot) => Found {
                slot: *slot,
                is_new: false,
            },
            None => Found {
                slot: self.create(family, values, blank()),
                is_new: self.joins == joins,
            },
        }
    }

    /// The number of a pattern, and the values that do not vary.
    fn values_of(&self, family: u64, candidates: &[Candidate]) -> (u64, Vec<Candidate>) {
        let values: Vec<Candidate> = match self.families.get(&family) {
            Some(family) => family.constant(candidates).cloned().collect(),
            None => candidates.to_vec(),
        };
        (template_key(family, &values), values)
    }

    fn create(&mut self, family: u64, values: Vec<Candidate>, activity: Activity) -> Slot {
        let key = template_key(family, &values);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            Slot::try_from(self.places.len() - 1).unwrap_or(Slot::MAX)
        });
        let mut entry = Entry {
            family,
            values,
            activity,
            id: TemplateId::default(),
            used: 0,
            example: None,
        };
        entry.id = TemplateId::of(&self.render(&entry));
        if let Some(place) = self.places.get_mut(slot as usize) {
            place.entry = Some(entry);
        }
        self.by_key.insert(key, slot);
        if let Some(family) = self.families.get_mut(&family) {
            family.members.push(slot);
        }
        slot
    }

    /// Takes a pattern out of its place; its family stays.
    fn take(&mut self, slot: Slot) -> Option<Entry> {
        let place = self.places.get_mut(slot as usize)?;
        let entry = place.entry.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(slot);
        let key = template_key(entry.family, &entry.values);
        if self.by_key.get(&key) == Some(&slot) {
            self.by_key.remove(&key);
        }
        if let Some(family) = self.families.get_mut(&entry.family) {
            family.members.retain(|member| *member != slot);
        }
        Some(entry)
    }

    /// Forgets a pattern, and its family if it was the last one.
    pub(crate) fn forget(&mut self, slot: Slot) {
        let key = self.key(slot);
        let Some(entry) = self.get(slot) else {
            return;
        };
        let text = self.changes.is_some().then(|| self.render(entry));
        let Some(entry) = self.take(slot) else {
            return;
        };
        if let (Some(changes), Some(text)) = (&mut self.changes, text) {
            changes.push(Change::Forgotten {
                key,
                id: entry.id,
                text,
                count: entry.activity.total,
            });
        }
        let is_last = self
            .families
            .get(&entry.family)
            .is_some_and(|family| family.members.is_empty());
        if is_last {
            self.remove_family(entry.family);
        }
    }
}
