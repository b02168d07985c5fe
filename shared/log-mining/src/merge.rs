//! Several instances mine lines of their own; what each has learned becomes part of one stored state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::activity::Activity;
use crate::miner::{Miner, Pattern};
use crate::patterns::{Entry, PatternKey};
use crate::shape::Shape;
use crate::template::TemplateId;

/// What there is to tell of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// No line like it was known.
    New(Evidence),
    /// It comes far more often than it used to.
    Frequent(Evidence),
    /// It was told as suddenly frequent, and that is over.
    Calm(Evidence),
}

/// What is known of the pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The identity by which it is told: the same when it is over.
    pub id: TemplateId,
    /// The template.
    pub template: String,
    /// An example, as [`Miner::keep_example`] was given it.
    pub example: Option<String>,
    /// How many lines had it.
    pub count: u64,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// How many lines had it in the open window.
    pub in_window: u64,
    /// How many lines a window has had it, on average.
    pub usual: f64,
    /// More lines than this in a window are suddenly many.
    pub threshold: f64,
    /// The length of a window.
    pub window_seconds: i64,
}

impl Miner {
    /// Takes over what another miner has seen since it was made or resumed, and says what there is to tell of it.
    ///
    /// This miner is the stored one: resumed, given what the others have seen, saved on condition that nobody
    /// else has saved meanwhile, and resumed anew if somebody has. So each line counts once and each
    /// notice is given once, by the instance whose save succeeded.
    pub fn absorb(&mut self, local: &Self, now: Timestamp) -> Vec<Notice> {
        let rule = self.configuration.frequency;
        let at = now.as_second();
        self.started = match (self.started, local.started) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        let is_learning = self
            .started
            .is_none_or(|started| at.saturating_sub(started) < self.configuration.learning_seconds);
        let told = self.told();
        let mut news: BTreeSet<PatternKey> = BTreeSet::new();
        let mut examples: BTreeMap<PatternKey, String> = BTreeMap::new();
        for (entry, shape, varying_words) in local.fresh() {
            let first = entry.activity.first_seen;
            let window = rule.window(first);
            let found = self
                .patterns
                .insert(shape, &varying_words, || Activity::new(first, window));
            let Some(target) = self.patterns.get_mut(found.slot) else {
                continue;
            };
            for (window, lines) in &entry.activity.fresh {
                target.activity.count(*window, *lines, &rule);
                target.activity.judge(target.id, &rule);
            }
            target.activity.last_seen = target.activity.last_seen.max(entry.activity.last_seen);
            target.activity.first_seen = target.activity.first_seen.min(first);
            self.lines += 1;
            target.used = self.lines;
            if let Some(example) = &entry.example {
                examples.insert(self.patterns.key(found.slot), example.clone());
            }
            if found.is_new && !is_learning {
                news.insert(self.patterns.key(found.slot));
            }
        }
        self.make_room();
        self.close_windows(rule.window(at));
        let mut notices = Vec::new();
        for (slot, entry) in self.patterns.iter() {
            let key = self.patterns.key(slot);
            let frequent = entry.activity.frequent.filter(|id| !told.contains_key(id));
            let evidence = |id| {
                let pattern = self.describe(slot, entry);
                self.evidence(id, pattern, entry, examples.get(&key).cloned())
            };
            // Patterns that turned out to be one while they were taken over are told as the one that is left.
            if news.contains(&key) {
                notices.push(Notice::New(evidence(entry.id)));
            }
            if let Some(id) = frequent {
                notices.push(Notice::Frequent(evidence(id)));
            }
        }
        let still = self.told();
        let over = told.into_iter().filter(|(id, _)| !still.contains_key(id));
        notices.extend(over.map(|(_, evidence)| Notice::Calm(evidence)));
        notices.sort_by_key(Notice::order);
        notices
    }

    /// What no store knows of, in an order that depends on nothing else.
    fn fresh(&self) -> Vec<(&Entry, Shape, Vec<usize>)> {
        let mut fresh: Vec<_> = self
            .patterns
            .iter()
            .filter(|(_, entry)| !entry.activity.fresh.is_empty())
            .filter_map(|(_, entry)| {
                let family = self.patterns.family(entry.family)?;
                let shape = Shape {
                    pieces: family.pieces.clone(),
                    candidates: entry.values.clone(),
                };
                Some((entry, shape, family.varying_words()))
            })
            .collect();
        fresh.sort_by_key(|(entry, _, _)| (entry.activity.first_seen, entry.id));
        fresh
    }

    /// A pattern that is told stays so until a window of it has closed calmly, even if no line comes any more.
    fn close_windows(&mut self, window: i64) {
        let rule = self.configuration.frequency;
        let told: Vec<u32> = self
            .patterns
            .iter()
            .filter(|(_, entry)| entry.activity.frequent.is_some())
            .map(|(slot, _)| slot)
            .collect();
        for slot in told {
            if let Some(entry) = self.patterns.get_mut(slot) {
                entry.activity.close_until(window, &rule);
            }
        }
    }

    /// What is told as suddenly frequent.
    fn told(&self) -> BTreeMap<TemplateId, Evidence> {
        self.patterns
            .iter()
            .filter_map(|(slot, entry)| {
                let id = entry.activity.frequent?;
                let pattern = self.describe(slot, entry);
                Some((id, self.evidence(id, pattern, entry, None)))
            })
            .collect()
    }

    fn evidence(
        &self,
        id: TemplateId,
        pattern: Pattern,
        entry: &Entry,
        example: Option<String>,
    ) -> Evidence {
        Evidence {
            id,
            template: pattern.template,
            example,
            count: pattern.count,
            first_seen: pattern.first_seen,
            in_window: entry.activity.in_window,
            usual: entry.activity.level,
            threshold: self.configuration.frequency.threshold(entry.activity.level),
            window_seconds: self.configuration.frequency.window_seconds,
        }
    }
}

impl Notice {
    /// Its evidence.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        match self {
            Self::New(evidence) | Self::Frequent(evidence) | Self::Calm(evidence) => evidence,
        }
    }

    fn order(&self) -> (u8, TemplateId) {
        let kind = match self {
            Self::New(_) => 0,
            Self::Frequent(_) => 1,
            Self::Calm(_) => 2,
        };
        (kind, self.evidence().id)
    }
}
