//! What is remembered between two runs: bounded, expiring, and small enough for one record.

use std::collections::{BTreeMap, HashSet, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Config;
use crate::profile::Profile;
use crate::subject::Key;
use crate::track::Track;

/// The version of the form.
const VERSION: u8 = 1;
/// So many bytes the subjects of one shard may take: about 700 that were seen once.
const SUBJECTS: usize = 64 * 1024;
/// So many bytes the profiles of one shard may take: about 1,000 accounts.
const PROFILES: usize = 32 * 1024;
/// So many events are known again when they are delivered twice.
const REPEATS: usize = 2_048;

/// What one shard remembers. It serialises to a version and base64 of a compact binary form, at most
/// [`State::LARGEST`] bytes of text.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub(crate) shard: u16,
    pub(crate) of: u16,
    pub(crate) subjects: BTreeMap<Key, Subject>,
    pub(crate) profiles: BTreeMap<u64, Profile>,
    pub(crate) seen: VecDeque<u32>,
    pub(crate) counters: Counters,
}

/// What was not counted, since the state began.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Subjects and profiles that had to make room: if this grows somebody makes up accounts or addresses.
    pub forgotten: u64,
    /// Of those, attacks that were going on; they were resolved for it.
    pub forgotten_firing: u64,
    /// Events that came later than `lateness`.
    pub late: u64,
    /// Events that had been counted before.
    pub repeated: u64,
    /// Events of those who are not meant.
    pub allowed: u64,
}

/// One subject with what its detectors counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// What people see of it.
    pub(crate) shown: CompactString,
    /// The rule that was broken, and the hash of who broke it: each rule is a subject of its own.
    pub(crate) rule: Option<(u64, CompactString)>,
    pub(crate) tracks: Vec<Track>,
    /// Of an account: when log-ins failed last, and the hash of the address. Oldest first.
    pub(crate) failures: Vec<(u32, u32)>,
    /// Of an address: who got in from there, while others did not.
    pub(crate) arrivals: Vec<(u32, CompactString)>,
}

impl Subject {
    pub(crate) const fn new(shown: CompactString) -> Self {
        Self {
            shown,
            rule: None,
            tracks: Vec::new(),
            failures: Vec::new(),
            arrivals: Vec::new(),
        }
    }

    /// No fewer bytes than it takes in the state, with its key.
    fn bytes(&self) -> usize {
        let tracks: usize = self.tracks.iter().map(Track::bytes).sum();
        let arrivals = self.arrivals.iter().map(|(_, who)| 8 + who.len());
        let rule = self.rule.as_ref().map_or(0, |(_, rule)| 12 + rule.len());
        24 + self.shown.len() + rule + tracks + 10 * self.failures.len() + arrivals.sum::<usize>()
    }

    /// Who goes first when there is no room: who was seen once, then the others, then who attacks; of each the one
    /// that was seen last longest ago. So a flood of new names does not wash away who is being watched.
    fn rank(&self) -> (u8, u32) {
        let firing = self.tracks.iter().any(|track| track.firing.is_some());
        let several = self.tracks.iter().any(|track| track.hits() > 1);
        let last = self.tracks.iter().map(|track| track.last);
        let failed = self.failures.iter().map(|(at, _)| *at);
        let last = last.chain(failed).max();
        (u8::from(several) + 2 * u8::from(firing), last.unwrap_or(0))
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    shard: u16,
    of: u16,
    subjects: Vec<(Key, Subject)>,
    profiles: Vec<(u64, Profile)>,
    seen: VecDeque<u32>,
    counters: Counters,
}

/// The written form.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u8,
    body: String,
}

/// A text that is no state.
#[derive(Debug, thiserror::Error)]
pub enum InvalidState {
    /// Another version wrote it.
    #[error("the state has version {0}, and this is {VERSION}: begin anew")]
    Version(u8),
    /// It is broken.
    #[error("the state is broken ({0}): begin anew")]
    Broken(String),
}

impl State {
    /// No state is longer than this when written, in bytes.
    pub const LARGEST: usize = (SUBJECTS + PROFILES + 5 * REPEATS + 256) * 4 / 3;

    /// A shard that remembers nothing. `shard` counts from 0.
    #[must_use]
    pub const fn new(shard: u16, of: u16) -> Self {
        Self {
            shard,
            of,
            subjects: BTreeMap::new(),
            profiles: BTreeMap::new(),
            seen: VecDeque::new(),
            counters: Counters {
                forgotten: 0,
                forgotten_firing: 0,
                late: 0,
                repeated: 0,
                allowed: 0,
            },
        }
    }

    /// The name of the record: it has the number of shards in it, since another number begins anew.
    #[must_use]
    pub fn name(shard: u16, config: &Config) -> String {
        format!("security-{shard}-of-{}", config.shards())
    }

    /// What was not counted.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// How many subjects and accounts are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subjects.len() + self.profiles.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When something will be over if nothing more is seen of it: [`observe`](crate::observe) is to be called then.
    #[must_use]
    pub fn due_at(&self, config: &Config) -> Option<Timestamp> {
        let tracks = self.subjects.values().flat_map(|subject| &subject.tracks);
        let ends = tracks.filter_map(|track| crate::calm::over_at(track, config));
        Timestamp::from_second(i64::from(ends.min()?)).ok()
    }

    pub(crate) fn known(&self) -> HashSet<u32> {
        self.seen.iter().copied().collect()
    }

    pub(crate) fn note(&mut self, id: u32) {
        if self.seen.len() >= REPEATS {
            self.seen.pop_front();
        }
        self.seen.push_back(id);
    }

    /// Forgets what there is no room for. Attacks that were going on are handed back.
    pub(crate) fn make_room(&mut self) -> Vec<(Key, Subject)> {
        let mut firing = Vec::new();
        let sizes = self
            .subjects
            .iter()
            .map(|(key, s)| (s.rank(), *key, s.bytes()));
        let gone = surplus(sizes.collect(), SUBJECTS);
        self.counters.forgotten += gone.len() as u64;
        for key in gone {
            let subject = self.subjects.remove(&key);
            firing.extend(
                subject
                    .filter(|subject| subject.rank().0 > 1)
                    .map(|subject| (key, subject)),
            );
        }
        self.counters.forgotten_firing += firing.len() as u64;
        let sizes = self
            .profiles
            .iter()
            .map(|(key, p)| ((0, p.last()), *key, p.bytes()));
        let gone = surplus(sizes.collect(), PROFILES);
        self.counters.forgotten += gone.len() as u64;
        for key in gone {
            self.profiles.remove(&key);
        }
        firing
    }
}

/// Who has to go. A little more than must be, so that not every event makes room.
fn surplus<K: Ord + Copy>(mut sizes: Vec<((u8, u32), K, usize)>, most: usize) -> Vec<K> {
    let mut total: usize = sizes.iter().map(|(_, _, bytes)| bytes).sum();
    if total <= most {
        return Vec::new();
    }
    sizes.sort_unstable();
    let mut gone = Vec::new();
    for (_, key, bytes) in sizes {
        if total <= most - most / 8 {
            break;
        }
        total -= bytes;
        gone.push(key);
    }
    gone
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = Body {
            shard: self.shard,
            of: self.of,
            subjects: self.subjects.clone().into_iter().collect(),
            profiles: self.profiles.clone().into_iter().collect(),
            seen: self.seen.clone(),
            counters: self.counters,
        };
        let bytes = postcard::to_allocvec(&body).map_err(serde::ser::Error::custom)?;
        let written = Written {
            version: VERSION,
            body: STANDARD_NO_PAD.encode(bytes),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        read(&written).map_err(serde::de::Error::custom)
    }
}

fn read(written: &Written) -> Result<State, InvalidState> {
    if written.version != VERSION {
        return Err(InvalidState::Version(written.version));
    }
    let broken = |error: &dyn std::fmt::Display| InvalidState::Broken(error.to_string());
    let bytes = STANDARD_NO_PAD
        .decode(&written.body)
        .map_err(|error| broken(&error))?;
    let body: Body = postcard::from_bytes(&bytes).map_err(|error| broken(&error))?;
    Ok(State {
        shard: body.shard,
        of: body.of,
        subjects: body.subjects.into_iter().collect(),
        profiles: body.profiles.into_iter().collect(),
        seen: body.seen,
        counters: body.counters,
    })
}
