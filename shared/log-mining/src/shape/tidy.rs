//! What is put right once all of a line has been read.

use super::{Part, Piece, Shape, starts_with_letter};

impl Shape {
    /// A list of entries of the same form, such as `node-0 7 <ok> node-1 9 <ok>`, is one entry, however long the list is.
    pub(super) fn join_repetitions(&mut self) {
        const MAX_LENGTH: usize = 8;
        for length in 2..=MAX_LENGTH {
            let mut at = 0;
            while at + 2 * length <= self.pieces.len() {
                if self.repeats(at, length) {
                    let gone = at + length..at + 2 * length;
                    self.candidates
                        .retain(|candidate| !gone.contains(&candidate.place));
                    for candidate in &mut self.candidates {
                        if candidate.place >= gone.end {
                            candidate.place -= length;
                        }
                    }
                    self.pieces.drain(gone);
                } else {
                    at += 1;
                }
            }
        }
    }

    /// Whether the pieces from a place on are there twice, with a value and a text of letters among them.
    fn repeats(&self, at: usize, length: usize) -> bool {
        let (Some(first), Some(second)) = (
            self.pieces.get(at..at + length),
            self.pieces.get(at + length..at + 2 * length),
        ) else {
            return false;
        };
        let is_same = |(one, other): (&Piece, &Piece)| one.part == other.part;
        first.iter().zip(second).all(is_same)
            && first.iter().any(|piece| piece.part == Part::Value)
            && first
                .iter()
                .any(|piece| matches!(piece.part, Part::Word(_)))
    }

    /// A pattern of wildcards alone would swallow every line of its length: then what stood there is its text.
    pub(super) fn keep_a_text(&mut self) {
        let is_text = |piece: &Piece| match &piece.part {
            Part::Literal(text) | Part::Word(text) => starts_with_letter(text.as_bytes()),
            Part::Value => false,
        };
        if self.pieces.iter().any(is_text) {
            return;
        }
        for candidate in self.candidates.drain(..) {
            if let Some(piece) = self.pieces.get_mut(candidate.place) {
                piece.part = Part::Literal(candidate.text);
            }
        }
    }
}
