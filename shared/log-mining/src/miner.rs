//! The miner: a line comes in, its pattern comes out.

use jiff::Timestamp;

use crate::activity::{Activity, Frequency};
use crate::family::Thresholds;
use crate::patterns::{Change, Entry, Numbered, PatternKey, Patterns};
use crate::scan::Scanner;
use crate::shape::Shape;
use crate::template::TemplateId;

/// How a miner works. The defaults are for all logs: they were not chosen for a kind of log.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// So many patterns are kept; the least recently seen ones make room.
    pub max_patterns: usize,
    /// When a word counts as a value.
    pub thresholds: Thresholds,
    /// When a pattern counts as suddenly frequent.
    pub frequency: Frequency,
    /// So long after the first line new patterns are learned and not reported.
    pub learning_seconds: i64,
    /// Whether to remember what becomes of patterns, for [`Miner::changes`].
    pub keep_changes: bool,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            max_patterns: 1000,
            thresholds: Thresholds::default(),
            frequency: Frequency::default(),
            learning_seconds: 24 * 60 * 60,
            keep_changes: false,
        }
    }
}

/// What is known of a line at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Observation {
    /// The line's pattern in this miner.
    pub key: PatternKey,
    /// The identity of its template.
    pub id: TemplateId,
    /// No line of this pattern was seen before, nor of one that it generalises.
    pub is_new: bool,
}

/// A pattern, for those who look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Names it in this miner.
    pub key: PatternKey,
    /// The identity of its template.
    pub id: TemplateId,
    /// The template: `<*>` stands for values.
    pub template: String,
    /// How many lines had it.
    pub count: u64,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
}

/// Finds the patterns of lines. It is synchronous and takes the time as an argument.
#[derive(Debug)]
pub struct Miner {
    pub(crate) configuration: Configuration,
    pub(crate) patterns: Patterns,
    scanner: Scanner,
    /// Forms of lines that were seen, with their patterns.
    forms: Numbered<PatternKey>,
    pub(crate) lines: u64,
    /// When the first line came, in seconds since 1970.
    pub(crate) started: Option<i64>,
    /// How many patterns have made room.
    pub(crate) forgotten: u64,
}

/// So many forms of lines a pattern may have, on average, before what is known of them is built anew.
const FORMS_PER_PATTERN: usize = 16;

impl Miner {
    /// A miner that knows nothing.
    #[must_use]
    pub fn new(configuration: Configuration) -> Self {
        Self {
            patterns: Patterns::new(
                configuration.thresholds,
                configuration.frequency,
                configuration.keep_changes,
            ),
            configuration,
            scanner: Scanner::default(),
            forms: Numbered::default(),
            lines: 0,
            started: None,
            forgotten: 0,
        }
    }

    /// Takes in a line: any bytes, without its line end.
    pub fn observe(&mut self, line: &[u8], now: Timestamp) -> Observation {
        self.lines += 1;
        let at = now.as_second();
        self.started.get_or_insert(at);
        let mut form = self.scanner.read(line);
        let has_word = self.scanner.has_word(line);
        let signs = (!has_word).then(|| Shape::of_signs(line));
        if let Some(signs) = &signs {
            form = crate::family::family_key(&signs.pieces);
        }
        let window = self.configuration.frequency.window(at);
        if let Some(key) = self.forms.get(&form).copied()
            && let Some(entry) = self.patterns.live_mut(key)
        {
            entry
                .activity
                .record(at, window, &self.configuration.frequency);
            entry.used = self.lines;
            return Observation {
                key,
                id: entry.id,
                is_new: false,
            };
        }
        let shape = signs.unwrap_or_else(|| Shape::read(self.scanner.tokens(), line));
        self.observe_form(form, shape, at, window)
    }

    #[cold]
    fn observe_form(&mut self, form: u64, shape: Shape, at: i64, window: i64) -> Observation {
        let found = self
            .patterns
            .insert(shape, &[], || Activity::new(at, window));
        if let Some(entry) = self.patterns.get_mut(found.slot) {
            entry.used = self.lines;
            entry
                .activity
                .record(at, window, &self.configuration.frequency);
        }
        self.make_room();
        let key = self.patterns.key(found.slot);
        let room = self.configuration.max_patterns.max(64) * FORMS_PER_PATTERN;
        if self.forms.len() >= room {
            self.forms.clear();
        }
        self.forms.insert(form, key);
        Observation {
            key,
            id: self
                .patterns
                .get(found.slot)
                .map(|entry| entry.id)
                .unwrap_or_default(),
            is_new: found.is_new,
        }
    }

    /// Puts a stored pattern back.
    pub(crate) fn restore(&mut self, shape: Shape, varying_words: &[usize], activity: Activity) {
        self.lines += 1;
        let mut activity = Some(activity);
        let blank = Activity::new(0, 0);
        let found = self.patterns.insert(shape, varying_words, || {
            activity.take().unwrap_or_else(|| blank.clone())
        });
        if let Some(entry) = self.patterns.get_mut(found.slot) {
            entry.used = self.lines;
            // With other thresholds than those it was stored with it may be part of another one.
            if let Some(activity) = activity {
                entry.activity.join(activity, &self.configuration.frequency);
            }
        }
    }

    /// Forgets the least recently seen patterns when there are too many: a sixteenth at once, so that
    /// the search for them is paid once for many.
    pub(crate) fn make_room(&mut self) {
        let max = self.configuration.max_patterns.max(1);
        if self.patterns.len() <= max {
            return;
        }
        let surplus = self.patterns.len() - (max - max / 16);
        let mut used: Vec<(u64, u32)> = self
            .patterns
            .iter()
            .map(|(slot, entry)| (entry.used, slot))
            .collect();
        let surplus = surplus.min(used.len() - 1);
        used.select_nth_unstable(surplus);
        used.truncate(surplus);
        used.sort_unstable();
        for (_, slot) in used {
            self.patterns.forget(slot);
            self.forgotten += 1;
        }
    }

    /// How many patterns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether there is no pattern yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many patterns have made room for others.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The pattern that a key names, if it is still known.
    #[must_use]
    pub fn pattern(&self, key: PatternKey) -> Option<Pattern> {
        let entry = self.patterns.get(key.slot)?;
        (self.patterns.key(key.slot) == key).then(|| self.describe(key.slot, entry))
    }

    /// All patterns, the most frequent first.
    #[must_use]
    pub fn patterns(&self) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = self
            .patterns
            .iter()
            .map(|(slot, entry)| self.describe(slot, entry))
            .collect();
        patterns.sort_by(|a, b| {
            b.count
                .cmp(&a.count)
                .then_with(|| a.template.cmp(&b.template))
        });
        patterns
    }

    /// Keeps an example of a pattern until it is told: the caller masks it.
    pub fn keep_example(&mut self, key: PatternKey, example: &str) {
        const MAX_BYTES: usize = 2048;
        if let Some(entry) = self.patterns.live_mut(key)
            && entry.example.is_none()
        {
            let end = example.floor_char_boundary(MAX_BYTES);
            entry.example = example.get(..end).map(str::to_owned);
        }
    }

    /// What became of patterns since this was called last.
    pub fn changes(&mut self) -> Vec<Change> {
        self.patterns
            .changes
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    pub(crate) fn describe(&self, slot: u32, entry: &Entry) -> Pattern {
        let time = |at: i64| Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
        Pattern {
            key: self.patterns.key(slot),
            id: entry.id,
            template: self.patterns.render(entry),
            count: entry.activity.total,
            first_seen: time(entry.activity.first_seen),
            last_seen: time(entry.activity.last_seen),
        }
    }
}
