//! A family: the patterns of the same text that differ only in what stands at places for values.

use crate::scan::fold;
use crate::shape::{Candidate, Likeness, Part, Piece, at_place, term, text_hash};

/// Which of the miner's templates.
pub(crate) type Slot = u32;

/// How many different texts make a place a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Thresholds {
    /// Where a value looks like one, such as `db-1.example.com`, or a name after `user`.
    pub looks: usize,
    /// Where a word stands after `=` or alone in brackets.
    pub stands: usize,
    /// A word among at least two other words.
    pub word: usize,
    /// A word beside a single other word.
    pub lonely_word: usize,
    /// The first word of a line, which more often than not says what happened.
    pub first_word: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            looks: 2,
            stands: 5,
            word: 5,
            lonely_word: 8,
            first_word: 16,
        }
    }
}

/// No threshold is higher than this, so that what is counted stays small.
pub(crate) const MAX_THRESHOLD: usize = 32;

/// A place for values in a family.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Column {
    pub(crate) place: usize,
    /// Everything may stand here.
    pub(crate) varies: bool,
    /// A word stood here until it varied.
    pub(crate) was_word: bool,
    /// Nothing that stood here looked like a value.
    only_stands: bool,
    /// Numbers of the different texts that stood here.
    seen: Vec<u64>,
}

impl Column {
    fn new(place: usize) -> Self {
        Self {
            place,
            varies: false,
            was_word: false,
            only_stands: true,
            seen: Vec::new(),
        }
    }

    /// Takes note of what stands here; whether it has just become a place where everything may stand.
    fn observe(&mut self, candidate: Option<&Candidate>, thresholds: &Thresholds) -> bool {
        if self.varies {
            return false;
        }
        let Some(candidate) = candidate else {
            // What is masked varies without further evidence.
            self.varies = true;
            return true;
        };
        let number = text_hash(&candidate.text);
        self.only_stands &= candidate.likeness == Likeness::Stands;
        if !self.seen.contains(&number) {
            self.seen.push(number);
        }
        let enough = if self.only_stands {
            thresholds.stands
        } else {
            thresholds.looks
        };
        self.varies = self.seen.len() >= enough.clamp(2, MAX_THRESHOLD);
        if self.varies {
            self.seen = Vec::new();
        }
        self.varies
    }
}

/// Patterns of the same text.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) columns: Vec<Column>,
    /// Its templates.
    pub(crate) members: Vec<Slot>,
    /// [`family_key`] of the pieces.
    pub(crate) key: u64,
}

/// The number of a text with its places for values.
pub(crate) fn family_key(pieces: &[Piece]) -> u64 {
    pieces
        .iter()
        .enumerate()
        .fold(pieces.len() as u64, |key, (place, piece)| {
            key.wrapping_add(term(place, &piece.part))
        })
}

/// The number of a template in its family: the family's and what stands at the places that do not vary.
pub(crate) fn template_key(family: u64, values: &[Candidate]) -> u64 {
    let key = values.iter().fold(family, |key, value| {
        key.wrapping_add(at_place(value.place, !text_hash(&value.text)))
    });
    fold(key)
}

/// A family's number without what stands at a place.
pub(crate) fn rest_key(family: u64, place: usize, part: &Part) -> u64 {
    fold(
        family
            .wrapping_sub(term(place, part))
            .wrapping_add(at_place(place, 2)),
    )
}

impl Family {
    pub(crate) fn new(pieces: Vec<Piece>) -> Self {
        let columns = pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| piece.part == Part::Value)
            .map(|(place, _)| Column::new(place))
            .collect();
        let key = family_key(&pieces);
        Self {
            pieces,
            columns,
            members: Vec::new(),
            key,
        }
    }

    /// Takes note of what stands at the places for values; whether one more place varies now.
    pub(crate) fn observe(&mut self, candidates: &[Candidate], thresholds: &Thresholds) -> bool {
        self.columns.iter_mut().fold(false, |news, column| {
            let candidate = candidates.iter().find(|one| one.place == column.place);
            column.observe(candidate, thresholds) || news
        })
    }

    /// Makes a place vary.
    pub(crate) fn vary(&mut self, place: usize) {
        for column in &mut self.columns {
            column.varies |= column.place == place;
        }
    }

    /// What is left of the candidates: those at places that do not vary.
    pub(crate) fn constant<'a>(
        &'a self,
        candidates: &'a [Candidate],
    ) -> impl Iterator<Item = &'a Candidate> {
        candidates.iter().filter(|candidate| {
            self.columns
                .iter()
                .any(|column| column.place == candidate.place && !column.varies)
        })
    }

    /// The words whose variation is watched: their places and what they add to the key.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &Piece)> {
        self.pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| matches!(piece.part, Part::Word(_)))
    }

    /// The texts of its varying words' places, for those who write it down.
    pub(crate) fn varying_words(&self) -> Vec<usize> {
        self.columns
            .iter()
            .filter(|column| column.was_word)
            .map(|column| column.place)
            .collect()
    }

    /// The key without the word at a place: equal for all families that differ there only.
    pub(crate) fn key_without(&self, place: usize, piece: &Piece) -> u64 {
        rest_key(self.key, place, &piece.part)
    }

    /// How many different words at a place make it vary; `None` where no other word would be left.
    pub(crate) fn word_threshold(&self, place: usize, thresholds: &Thresholds) -> Option<usize> {
        let is_other_word = |(at, piece): (usize, &Piece)| match &piece.part {
            Part::Word(text) | Part::Literal(text) => {
                at != place && text.chars().next().is_some_and(char::is_alphabetic)
            }
            Part::Value => false,
        };
        let others = self
            .pieces
            .iter()
            .enumerate()
            .filter(|pair| is_other_word(*pair))
            .count();
        let threshold = match (place, others) {
            (_, 0) => return None,
            (0, _) => thresholds.first_word,
            (_, 1) => thresholds.lonely_word,
            (_, _) => thresholds.word,
        };
        Some(threshold.clamp(2, MAX_THRESHOLD))
    }

    /// As people read it.
    pub(crate) fn render(&self, values: &[Candidate]) -> String {
        let mut text = String::new();
        let mut after_wildcard = false;
        for (place, piece) in self.pieces.iter().enumerate() {
            let value = values.iter().find(|value| value.place == place);
            let part: &str = match (&piece.part, value) {
                (Part::Literal(text) | Part::Word(text), _) => text,
                (Part::Value, Some(value)) => &value.text,
                (Part::Value, None) => "<*>",
            };
            let is_wildcard = part == "<*>";
            if is_wildcard && after_wildcard {
                continue;
            }
            if !piece.attached && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part);
            after_wildcard = is_wildcard;
        }
        text
    }
}
