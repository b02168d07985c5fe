//! A template's identity, and how it is written down.

use std::fmt;

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use crate::family::Family;
use crate::shape::{Candidate, Likeness, Part, Piece, Shape};

/// Identifies a template: FNV-1a over its text, so that the same template has the same identity
/// on every machine, in every run. A template that is generalised has another text and so another identity.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TemplateId(u64);

impl TemplateId {
    /// The identity of the template with this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }
}

impl TemplateId {
    /// The identity that was written down as a number.
    pub(crate) const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The identity as a number.
    pub(crate) const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for TemplateId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes a pattern down: its pieces separated by tabs, each behind a letter that says what it is, large if no white
/// space is before it. `l` a literal, `w` a word, `v` a value, `x` a word that varies, `s` and `e` what
/// looks like a value and what stands like one, as long as it does not vary.
pub(crate) fn encode(family: &Family, values: &[Candidate]) -> String {
    let varying_words = family.varying_words();
    let mut encoded = String::new();
    for (place, piece) in family.pieces.iter().enumerate() {
        let value = values.iter().find(|value| value.place == place);
        let (kind, text): (char, &str) = match (&piece.part, value) {
            (Part::Literal(text), _) => ('l', text),
            (Part::Word(text), _) => ('w', text),
            (Part::Value, Some(value)) => match value.likeness {
                Likeness::Looks => ('s', &value.text),
                Likeness::Stands => ('e', &value.text),
            },
            (Part::Value, None) if varying_words.contains(&place) => ('x', ""),
            (Part::Value, None) => ('v', ""),
        };
        if place > 0 {
            encoded.push('\t');
        }
        encoded.push(if piece.attached {
            kind.to_ascii_uppercase()
        } else {
            kind
        });
        encoded.push_str(text);
    }
    encoded
}

/// Reads what [`encode`] wrote: the form, and the places of words that vary. `None` if it is something else.
pub(crate) fn decode(encoded: &str) -> Option<(Shape, Vec<usize>)> {
    let mut shape = Shape::default();
    let mut varying_words = Vec::new();
    for (place, piece) in encoded.split('\t').enumerate() {
        // A line of nothing but white space has a pattern, too.
        let Some(kind) = piece.chars().next() else {
            return encoded.is_empty().then_some((shape, varying_words));
        };
        let text = CompactString::from(piece.get(kind.len_utf8()..)?);
        let mut candidate = |likeness, text| {
            shape.candidates.push(Candidate {
                place,
                likeness,
                text,
            });
            Part::Value
        };
        let part = match kind.to_ascii_lowercase() {
            'l' => Part::Literal(text),
            'w' => Part::Word(text),
            's' => candidate(Likeness::Looks, text),
            'e' => candidate(Likeness::Stands, text),
            'v' => Part::Value,
            'x' => {
                varying_words.push(place);
                Part::Value
            }
            _ => return None,
        };
        shape.pieces.push(Piece {
            part,
            attached: kind.is_ascii_uppercase(),
        });
    }
    Some((shape, varying_words))
}
