//! Families that differ in one word only become one when enough different words stood there.
//!
//! A word is the program's own text until it has been seen to vary: so two messages that differ in
//! a word are two patterns at first, and one when it is a value, whatever came first.

use super::{Change, Entry, Patterns};
use crate::family::{Family, Slot, family_key, rest_key, template_key};
use crate::shape::{Candidate, Part, Piece, term};

impl Patterns {
    /// The family of a text: the one that is known, else a wider one that it fits, else a new one.
    pub(super) fn family_of(&mut self, mut pieces: Vec<Piece>, varying_words: &[usize]) -> u64 {
        let key = self.rewrite(&mut pieces);
        if self.families.contains_key(&key) {
            for place in varying_words {
                self.vary_word(key, *place);
            }
            return self.settle(key);
        }
        if let Some(wide) = self.wider(&pieces) {
            return wide;
        }
        let key = self.add_family(pieces, varying_words);
        self.settle(key)
    }

    /// Replaces words where every word may stand; the number of what is left.
    fn rewrite(&self, pieces: &mut [Piece]) -> u64 {
        let mut key = family_key(pieces);
        while let Some((place, part)) = self.varying_place(key, pieces) {
            key = key
                .wrapping_sub(term(place, &part))
                .wrapping_add(term(place, &Part::Value));
            if let Some(piece) = pieces.get_mut(place) {
                piece.part = Part::Value;
            }
        }
        key
    }

    fn varying_place(&self, key: u64, pieces: &[Piece]) -> Option<(usize, Part)> {
        if self.varying.is_empty() {
            return None;
        }
        pieces
            .iter()
            .enumerate()
            .find(|(place, piece)| {
                matches!(piece.part, Part::Word(_))
                    && self.varying.contains(&rest_key(key, *place, &piece.part))
            })
            .map(|(place, piece)| (place, piece.part.clone()))
    }

    /// A family in which two words or more vary and that this text fits.
    fn wider(&self, pieces: &[Piece]) -> Option<u64> {
        let fits = |family: &Family| {
            let varying = family.varying_words();
            family
                .pieces
                .iter()
                .zip(pieces)
                .enumerate()
                .all(|(place, (theirs, ours))| {
                    theirs.part == ours.part
                        || (varying.contains(&place) && matches!(ours.part, Part::Word(_)))
                })
        };
        let candidates = self.wide.get(&pieces.len())?;
        candidates
            .iter()
            .copied()
            .find(|key| self.families.get(key).is_some_and(fits))
    }

    fn add_family(&mut self, pieces: Vec<Piece>, varying_words: &[usize]) -> u64 {
        let family = Family::new(pieces);
        let key = family.key;
        let words: Vec<u64> = family
            .words()
            .map(|(place, piece)| family.key_without(place, piece))
            .collect();
        self.families.insert(key, family);
        for rest in words {
            self.apart.entry(rest).or_default().push(key);
        }
        for place in varying_words {
            self.vary_word(key, *place);
        }
        key
    }

    /// Joins families until no word has too many variants; the number of the family that has this one's lines.
    fn settle(&mut self, key: u64) -> u64 {
        let mut key = key;
        while let Some((place, rest)) = self.crowded(key) {
            let Some(mut pieces) = self.families.get(&key).map(|family| family.pieces.clone())
            else {
                return key;
            };
            let mut words: Vec<usize> = self
                .families
                .get(&key)
                .map(Family::varying_words)
                .unwrap_or_default();
            words.push(place);
            if let Some(piece) = pieces.get_mut(place) {
                piece.part = Part::Value;
            }
            let wide = family_key(&pieces);
            if self.families.contains_key(&wide) {
                for place in words {
                    self.vary_word(wide, place);
                }
            } else {
                self.add_family(pieces, &words);
            }
            debug_assert!(self.varying.contains(&rest));
            key = wide;
        }
        key
    }

    /// A word's place of a family beside whose rest too many words stood.
    fn crowded(&self, key: u64) -> Option<(usize, u64)> {
        let family = self.families.get(&key)?;
        family.words().find_map(|(place, piece)| {
            let rest = family.key_without(place, piece);
            let variants = self.apart.get(&rest)?.len();
            let threshold = (variants > 1)
                .then(|| family.word_threshold(place, &self.thresholds))
                .flatten()?;
            (variants >= threshold).then_some((place, rest))
        })
    }

    /// Every word may stand at this place of a family: those that differ from it there only become part of it.
    fn vary_word(&mut self, key: u64, place: usize) {
        let Some(family) = self.families.get_mut(&key) else {
            return;
        };
        let Some(column) = family
            .columns
            .iter_mut()
            .find(|column| column.place == place)
        else {
            return;
        };
        let was_varying = std::mem::replace(&mut column.varies, true);
        if std::mem::replace(&mut column.was_word, true) {
            return;
        }
        let rest = rest_key(key, place, &Part::Value);
        let (length, words) = (family.pieces.len(), family.varying_words().len());
        self.varying.insert(rest);
        if words >= 2 {
            let wide = self.wide.entry(length).or_default();
            if !wide.contains(&key) {
                wide.push(key);
            }
        }
        if !was_varying {
            self.normalise(key);
        }
        for narrow in self.apart.remove(&rest).unwrap_or_default() {
            self.absorb(narrow, key);
        }
    }

    /// Makes all patterns of a family part of another one of the same length.
    fn absorb(&mut self, from: u64, into: u64) {
        let Some(narrow) = self.families.get(&from) else {
            return;
        };
        let varying: Vec<usize> = narrow
            .columns
            .iter()
            .filter(|column| column.varies)
            .map(|column| column.place)
            .collect();
        let members: Vec<Entry> = narrow
            .members
            .iter()
            .filter_map(|slot| self.get(*slot).cloned())
            .collect();
        let slots = narrow.members.clone();
        let thresholds = self.thresholds;
        if let Some(wide) = self.families.get_mut(&into) {
            for place in varying {
                wide.vary(place);
            }
            for member in &members {
                let mut with_all = member.values.clone();
                // Places that vary in the narrow family have no value any more, which is no evidence here.
                with_all.retain(|value| wide.pieces.get(value.place).is_some());
                wide.observe(&with_all, &thresholds);
            }
        }
        for slot in slots {
            self.move_to(slot, into);
        }
        self.remove_family(from);
        self.normalise(into);
    }

    /// Removes from the patterns of a family what stands at places that vary by now.
    pub(super) fn normalise(&mut self, key: u64) {
        let members = self
            .families
            .get(&key)
            .map(|family| family.members.clone())
            .unwrap_or_default();
        for slot in members {
            self.move_to(slot, key);
        }
    }

    /// Moves a pattern to a family, where it may turn out to be one that is there already.
    fn move_to(&mut self, slot: Slot, family: u64) {
        let Some(entry) = self.get(slot) else {
            return;
        };
        let (key, values) = self.values_of(family, &entry.values);
        if entry.family == family && entry.values == values {
            return;
        }
        let from = self.key(slot);
        match self
            .by_key
            .get(&key)
            .copied()
            .filter(|other| *other != slot)
        {
            Some(other) => {
                let into = self.key(other);
                let Some(entry) = self.take(slot) else {
                    return;
                };
                let frequency = self.frequency;
                if let Some(target) = self.get_mut(other) {
                    target.used = target.used.max(entry.used);
                    target.example = target.example.take().or(entry.example);
                    target.activity.join(entry.activity, &frequency);
                }
                self.joins += 1;
                if let Some(changes) = &mut self.changes {
                    changes.push(Change::Joined { from, into });
                }
            }
            None => self.rename(slot, family, key, values),
        }
    }

    /// Gives a pattern, which stays the same one, its new text.
    fn rename(&mut self, slot: Slot, family: u64, key: u64, values: Vec<Candidate>) {
        let Some(entry) = self.get(slot) else {
            return;
        };
        let (old_family, old_key) = (entry.family, template_key(entry.family, &entry.values));
        if self.by_key.get(&old_key) == Some(&slot) {
            self.by_key.remove(&old_key);
        }
        self.by_key.insert(key, slot);
        if old_family != family {
            if let Some(old) = self.families.get_mut(&old_family) {
                old.members.retain(|member| *member != slot);
            }
            if let Some(new) = self.families.get_mut(&family) {
                new.members.push(slot);
            }
        }
        self.joins += 1;
        if let Some(entry) = self.get_mut(slot) {
            entry.family = family;
            entry.values = values;
        }
        let id = self
            .get(slot)
            .map(|entry| crate::template::TemplateId::of(&self.render(entry)));
        if let (Some(entry), Some(id)) = (self.get_mut(slot), id) {
            entry.id = id;
        }
    }

    /// Removes a family and the numbers that lead to it.
    pub(super) fn remove_family(&mut self, key: u64) {
        let Some(family) = self.families.remove(&key) else {
            return;
        };
        for (place, piece) in family.words() {
            let rest = family.key_without(place, piece);
            let is_empty = self.apart.get_mut(&rest).is_some_and(|keys| {
                keys.retain(|known| *known != key);
                keys.is_empty()
            });
            if is_empty {
                self.apart.remove(&rest);
            }
        }
        for place in family.varying_words() {
            self.varying.remove(&rest_key(key, place, &Part::Value));
        }
        let is_empty = self.wide.get_mut(&family.pieces.len()).is_some_and(|keys| {
            keys.retain(|known| *known != key);
            keys.is_empty()
        });
        if is_empty {
            self.wide.remove(&family.pieces.len());
        }
    }
}
