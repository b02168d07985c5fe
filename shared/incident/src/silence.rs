//! Silences: what people do not want to hear of, for how long, and who said so.

use std::collections::{BTreeMap, HashMap, HashSet};

use calendar::TimeInterval;
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use settings::{InvalidMatcher, Lookup, Matcher};

use crate::act::Actor;

/// How long before its end a silence says that it ends.
pub const WARNING: SignedDuration = SignedDuration::from_mins(15);
/// How long a silence that is over is remembered.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The most silences that are kept: all of them are one item of the table…
pub const MAX_SILENCES: usize = 1_000;
/// …which holds 400 KB. So much fits however little their texts can be packed, with room for what is
/// noted about them later.
const MAX_BYTES: usize = 350 * 1024;

/// Holds back what matches, for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Its id.
    pub id: CompactString,
    /// All of these must hold; Alertmanager's form: `service="orders"`.
    pub matchers: Vec<CompactString>,
    /// From when…
    pub starts_at: Timestamp,
    /// …until when; the end does not belong to it.
    pub ends_at: Timestamp,
    /// Within that, only at these times: a silence that recurs. At all times when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<TimeInterval>,
    /// Whether it was made because the service is worked on, and not because nobody wants to hear of it.
    /// It holds back the same; it is shown as maintenance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub maintenance: bool,
    /// Who wants it.
    pub created_by: Actor,
    /// When it was made.
    pub created_at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether people were told that it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
}

/// Why a silence is refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSilence {
    /// It would hold back everything.
    #[error(
        "a silence needs at least one matcher that an empty text does not satisfy, such as service=\"orders\""
    )]
    Everything,
    /// A matcher is faulty.
    #[error("matchers[{place}] is faulty")]
    Matcher {
        /// Which one.
        place: usize,
        /// What is wrong with it.
        source: InvalidMatcher,
    },
    /// It ends before it begins, or is over.
    #[error("the silence ends at {ends_at}, which is not after {after}")]
    Over {
        /// Its end.
        ends_at: Timestamp,
        /// Its start, or now.
        after: Timestamp,
    },
    /// It is too long.
    #[error(
        "the silence lasts {minutes} minutes; {limit} are allowed (`max_silence`), so make it shorter or let it recur"
    )]
    TooLong {
        /// Its length.
        minutes: i64,
        /// The limit.
        limit: i64,
    },
    /// There are too many.
    #[error(
        "there is no room for another silence: {MAX_SILENCES} are kept, of at most {MAX_BYTES} bytes together; end some, or write shorter comments and fewer matchers"
    )]
    TooMany,
}

/// All silences; one record in the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Silences(BTreeMap<CompactString, Silence>);

impl Silences {
    /// Adds or replaces one.
    ///
    /// # Errors
    /// When it is faulty, would hold back everything, or lasts longer than `limit`.
    pub fn put(
        &mut self,
        mut silence: Silence,
        now: Timestamp,
        limit: SignedDuration,
    ) -> Result<(), InvalidSilence> {
        // As with Alertmanager: what should have begun before begins now.
        silence.starts_at = silence.starts_at.max(now);
        if silence.ends_at <= silence.starts_at {
            return Err(InvalidSilence::Over {
                ends_at: silence.ends_at,
                after: silence.starts_at,
            });
        }
        let length = silence.ends_at.duration_since(silence.starts_at);
        if length > limit {
            return Err(InvalidSilence::TooLong {
                minutes: length.as_mins(),
                limit: limit.as_mins(),
            });
        }
        let matchers = compiled(&silence)?;
        if matchers.iter().all(|matcher| matcher.is_match(&Nothing)) {
            return Err(InvalidSilence::Everything);
        }
        let horizon = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
        self.0.retain(|_, known| known.ends_at > horizon);
        let gone = self.over_to_make_room(&silence, now)?;
        self.0.retain(|id, _| !gone.contains(id));
        self.0.insert(silence.id.clone(), silence);
        Ok(())
    }

    /// Those that are over and have to go so that there is room for one more, the longest over first.
    fn over_to_make_room(
        &self,
        new: &Silence,
        now: Timestamp,
    ) -> Result<HashSet<CompactString>, InvalidSilence> {
        let others = self.0.values().filter(|known| known.id != new.id);
        let (mut count, mut bytes) = (1, stored_bytes(new));
        let mut over = Vec::new();
        for known in others {
            let own = stored_bytes(known);
            count += 1;
            bytes += own;
            if known.ends_at <= now {
                over.push((known.ends_at, &known.id, own));
            }
        }
        over.sort_unstable();
        let mut over = over.into_iter();
        let mut gone = HashSet::new();
        while count > MAX_SILENCES || bytes > MAX_BYTES {
            let (_, id, own) = over.next().ok_or(InvalidSilence::TooMany)?;
            gone.insert(id.clone());
            count -= 1;
            bytes -= own;
        }
        Ok(gone)
    }

    /// Ends one now; whether it was there and not over.
    pub fn expire(&mut self, id: &str, now: Timestamp) -> bool {
        match self.0.get_mut(id) {
            Some(silence) if silence.ends_at > now => {
                silence.ends_at = now;
                silence.starts_at = silence.starts_at.min(now);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Marks those that people have to be told of that they end soon, and gives them.
    pub fn warn(&mut self, now: Timestamp) -> Vec<Silence> {
        let soon = now.checked_add(WARNING).unwrap_or(Timestamp::MAX);
        let mut ending = Vec::new();
        for silence in self.0.values_mut() {
            // Whoever makes a short one knows when it ends.
            let long = silence.ends_at.duration_since(silence.starts_at) > WARNING * 2;
            if !silence.warned && long && silence.ends_at > now && silence.ends_at <= soon {
                silence.warned = true;
                ending.push(silence.clone());
            }
        }
        ending
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Silence> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Silence> {
        self.0.values()
    }
}

/// What a silence takes of the item, with its id before it.
fn stored_bytes(silence: &Silence) -> usize {
    let id = silence.id.len();
    let text = serde_json::to_string(silence);
    text.map_or(MAX_BYTES, |text| id + text.len() + "\"\":,".len())
}

/// Silences ready to be asked.
///
/// Those that ask for a text are found by it, so that a thousand silences cost an alert no more
/// than those that might concern it.
#[derive(Debug, Default)]
pub struct SilenceSet {
    all: Vec<Compiled>,
    places: HashMap<CompactString, usize>,
    /// By the name of a label, and its value.
    by_text: BTreeMap<CompactString, HashMap<CompactString, Vec<usize>>>,
    others: Vec<usize>,
}

#[derive(Debug)]
struct Compiled {
    silence: Silence,
    matchers: Vec<Matcher>,
}

impl Compiled {
    /// A text that it asks for.
    fn text(&self) -> Option<(&str, &str)> {
        let texts = self.matchers.iter().filter_map(Matcher::equals);
        texts.into_iter().find(|(_, value)| !value.is_empty())
    }
}

impl SilenceSet {
    /// Compiles silences; one that cannot be read holds back nothing.
    #[must_use]
    pub fn new(silences: &Silences) -> Self {
        let mut set = Self::default();
        silences.iter().for_each(|silence| set.put(silence));
        set
    }

    /// Adds or replaces one.
    pub(crate) fn put(&mut self, silence: &Silence) {
        let Ok(matchers) = compiled(silence) else {
            return;
        };
        let place = match self.places.get(&silence.id) {
            Some(place) => *place,
            None => self.all.len(),
        };
        if let Some(known) = self.all.get(place) {
            let text = known
                .text()
                .map(|(name, value)| (name.into(), value.into()));
            self.unlist(text, place);
        }
        let silence = silence.clone();
        self.places.insert(silence.id.clone(), place);
        let compiled = Compiled { silence, matchers };
        match compiled.text() {
            Some((name, value)) => self
                .by_text
                .entry(name.into())
                .or_default()
                .entry(value.into())
                .or_default()
                .push(place),
            None => self.others.push(place),
        }
        match self.all.get_mut(place) {
            Some(known) => *known = compiled,
            None => self.all.push(compiled),
        }
    }

    fn unlist(&mut self, text: Option<(CompactString, CompactString)>, place: usize) {
        let list = match text {
            Some((name, value)) => self
                .by_text
                .get_mut(&name)
                .and_then(|values| values.get_mut(&value)),
            None => Some(&mut self.others),
        };
        if let Some(list) = list {
            list.retain(|other| *other != place);
        }
    }

    /// The silence that holds an alert back now, the one that ends last.
    #[must_use]
    pub fn holding(&self, subject: &impl Lookup, now: Timestamp) -> Option<&Silence> {
        let named = self.by_text.iter().filter_map(|(name, values)| {
            let text = subject.text(name)?;
            values.get(text)
        });
        named
            .flatten()
            .chain(&self.others)
            .filter_map(|place| self.all.get(*place))
            .filter(|compiled| {
                let silence = &compiled.silence;
                silence.starts_at <= now
                    && now < silence.ends_at
                    && (silence.times.is_empty()
                        || silence.times.iter().any(|times| times.contains(now)))
                    && compiled.matchers.iter().all(|m| m.is_match(subject))
            })
            .map(|compiled| &compiled.silence)
            .max_by(|a, b| (a.ends_at, &b.id).cmp(&(b.ends_at, &a.id)))
    }
}

fn compiled(silence: &Silence) -> Result<Vec<Matcher>, InvalidSilence> {
    let matchers = silence.matchers.iter().enumerate();
    matchers
        .map(|(place, text)| {
            Matcher::try_new(text).map_err(|source| InvalidSilence::Matcher { place, source })
        })
        .collect()
}

/// An alert without any label.
struct Nothing;

impl Lookup for Nothing {
    fn text(&self, _name: &str) -> Option<&str> {
        None
    }

    fn number(&self, _name: &str) -> Option<f64> {
        None
    }
}
