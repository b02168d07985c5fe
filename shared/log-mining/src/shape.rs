//! What a line's tokens mean for its pattern: which are the text of the program, which may be
//! values. Only forms of lines that were not seen before come here.

mod tidy;

use compact_str::CompactString;

use crate::scan::{
    Kind, Token, fold, hash, is_argument_noun, is_boolean, is_function_word, is_nothing,
};

/// A token of a pattern is kept up to this many bytes.
const MAX_TOKEN_BYTES: usize = 64;

/// The texts of a pattern are kept up to about this many bytes; the rest of such a line does not count.
const MAX_PATTERN_BYTES: usize = 1024;

/// What stands at a place of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// The program's own text: a sign, a preposition, a key.
    Literal(CompactString),
    /// A word: the program's own text until many different words stood here.
    Word(CompactString),
    /// A place for values.
    Value,
}

/// A place of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    pub(crate) part: Part,
    /// No white space before it.
    pub(crate) attached: bool,
}

/// Why something may be a value, which says how soon it is taken for one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Likeness {
    /// It looks like one: a dotted name, a name after `user`, a quoted word.
    Looks,
    /// It stands where one stands: after `=`, alone in brackets.
    Stands,
}

/// What stood at a place for values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Candidate {
    /// The place, as an index of the pieces.
    pub(crate) place: usize,
    pub(crate) likeness: Likeness,
    pub(crate) text: CompactString,
}

/// The form of a line: its pieces, and the texts at those places for values that are not masked for sure.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Shape {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) candidates: Vec<Candidate>,
}

impl Shape {
    /// Reads the form out of the tokens of a line.
    pub(crate) fn read(tokens: &[Token], line: &[u8]) -> Self {
        let mut reader = Reader {
            line,
            shape: Self::default(),
            last: Last::Other,
            bytes: 0,
        };
        let mut rest = tokens;
        while let Some((first, tail)) = rest.split_first() {
            if reader.bytes > MAX_PATTERN_BYTES {
                break;
            }
            // `user= tty=ssh`: the value is empty.
            if reader.last == Last::Key && !first.attached {
                reader.value(true);
            }
            let taken = reader.bracketed(rest).or_else(|| reader.quoted(rest));
            match taken {
                Some(taken) => rest = rest.get(taken..).unwrap_or_default(),
                None => {
                    reader.single(first, tail);
                    rest = tail;
                }
            }
        }
        if matches!(reader.last, Last::Key | Last::Noun) {
            reader.value(reader.last == Last::Key);
        }
        reader.shape.join_repetitions();
        reader.shape.keep_a_text();
        reader.shape
    }

    /// The form of a line without any word: its text with the digits masked.
    pub(crate) fn of_signs(line: &[u8]) -> Self {
        let text = String::from_utf8_lossy(line.get(..256).unwrap_or(line));
        let mut masked = CompactString::default();
        for letter in text.chars() {
            let is_digit = letter.is_ascii_digit();
            let repeats = is_digit && masked.ends_with('#');
            if repeats || letter.is_control() {
                continue;
            }
            masked.push(if is_digit { '#' } else { letter });
        }
        let pieces = masked
            .split_whitespace()
            .map(|word| Piece {
                part: Part::Literal(cut(word)),
                attached: false,
            })
            .collect();
        Self {
            pieces,
            candidates: Vec::new(),
        }
    }
}

/// What was read last, as far as it says something about what comes next.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Last {
    /// `=` close behind a key.
    Key,
    /// `=` by itself.
    Equals,
    Colon,
    Noun,
    Preposition,
    Opening,
    Other,
}

struct Reader<'a> {
    line: &'a [u8],
    shape: Shape,
    last: Last,
    /// How many bytes the texts have.
    bytes: usize,
}

impl Reader<'_> {
    /// `WorkSource{10113}`, `LOCAL(0)`: a name with only values in brackets, where an argument stands, is one value.
    fn bracketed(&mut self, tokens: &[Token]) -> Option<usize> {
        let [name, opening, value, closing, ..] = tokens else {
            return None;
        };
        let is_argument = matches!(self.last, Last::Key | Last::Equals | Last::Preposition);
        let pair = (opening.bytes(self.line), closing.bytes(self.line));
        // `node-[40-63]` is how schedulers write a list of hosts.
        let is_list = opening.bytes(self.line) == b"[" && name.bytes(self.line).ends_with(b"-");
        let matches = (is_argument || is_list)
            && name.kind == Kind::Word
            && opening.attached
            && value.kind == Kind::Value
            && matches!(pair, (b"(", b")") | (b"{", b"}") | (b"[", b"]"))
            && starts_with_letter(name.bytes(self.line));
        if !matches {
            return None;
        }
        if is_list {
            self.value(name.attached);
            return Some(4);
        }
        let (name_text, open, close) = (self.text(name), self.text(opening), self.text(closing));
        let text = compact_str::format_compact!("{name_text}{open}<*>{close}");
        self.candidate(name.attached, Likeness::Looks, text);
        Some(4)
    }

    /// `"PowerManager"`: a quoted word is a value, and so is all that is quoted after `=` and `:`.
    fn quoted(&mut self, tokens: &[Token]) -> Option<usize> {
        let (opening, rest) = tokens.split_first()?;
        let quote = opening.bytes(self.line);
        // The apostrophe of `can't` opens nothing.
        let opens = !opening.attached || self.last != Last::Other;
        if quote != b"\"" && !(quote == b"'" && opens) {
            return None;
        }
        let whole = matches!(self.last, Last::Key | Last::Equals | Last::Colon) && quote == b"\"";
        let closing = rest
            .iter()
            .take(if whole { 16 } else { 2 })
            .position(|token| token.bytes(self.line) == quote)?;
        let content = rest.get(..closing).unwrap_or_default();
        let (first, end) = (content.first()?, rest.get(closing)?);
        let is_word = first.attached && end.attached && first.kind != Kind::Sign;
        if !whole && !is_word {
            return None;
        }
        let (start, stop) = (first.start, content.last()?.end);
        let is_value = content.iter().all(|token| token.kind == Kind::Value);
        self.literal(opening);
        if is_value {
            self.value(true);
        } else {
            let text = String::from_utf8_lossy(self.line.get(start..stop).unwrap_or_default());
            let words: Vec<&str> = text.split_whitespace().collect();
            let text = cut(&words.join(" "));
            self.bytes += text.len();
            self.candidate(true, Likeness::Looks, text);
        }
        let text = self.text(end);
        self.push(Part::Literal(text), true);
        self.last = Last::Other;
        Some(closing + 2)
    }

    fn single(&mut self, token: &Token, rest: &[Token]) {
        let word = token.bytes(self.line);
        let next = rest.first();
        match token.kind {
            Kind::Value => match token.prefix(self.line) {
                Some(prefix) if !self.follows_value() => {
                    let text = cut(&format!("{}<*>", String::from_utf8_lossy(prefix)));
                    self.candidate(token.attached, Likeness::Stands, text);
                }
                Some(_) | None => self.value(token.attached),
            },
            Kind::Sign => self.literal(token),
            Kind::Word => self.word(token, word, next),
        }
    }

    fn word(&mut self, token: &Token, word: &[u8], next: Option<&Token>) {
        let next_is = |sign: &[u8]| next.is_some_and(|next| next.bytes(self.line) == sign);
        let after_equals = matches!(self.last, Last::Key | Last::Equals) && token.attached;
        let alone = self.last == Last::Opening && token.attached && next_is(b")");
        if next_is(b"=") {
            // The key of a value is the program's own text.
            self.literal(token);
        } else if self.last == Last::Noun && is_function_word(word) {
            // `invalid user  from 192.0.2.1`: the name is empty.
            self.value(false);
            self.literal(token);
            self.last = Last::Preposition;
        } else if after_equals && is_nothing(word) {
            self.value(token.attached);
        } else if after_equals && is_boolean(word) {
            self.literal(token);
        } else if self.last == Last::Noun || looks_like_a_value(word) {
            let text = self.text(token);
            self.candidate(token.attached, Likeness::Looks, text);
        } else if after_equals || alone {
            let text = self.text(token);
            self.candidate(token.attached, Likeness::Stands, text);
        } else if is_function_word(word) {
            self.literal(token);
            self.last = Last::Preposition;
        } else if starts_with_letter(word) {
            let text = self.text(token);
            self.push(Part::Word(text), token.attached);
            self.last = if is_argument_noun(word) {
                Last::Noun
            } else {
                Last::Other
            };
        } else {
            self.literal(token);
        }
    }

    fn literal(&mut self, token: &Token) {
        let before = self.shape.pieces.last();
        self.last = match token.bytes(self.line) {
            b"=" if token.attached => Last::Key,
            b"=" => Last::Equals,
            b":" => Last::Colon,
            // `f(x)`: brackets of an argument follow a name closely.
            b"(" if token.attached
                && before
                    .is_some_and(|piece| matches!(piece.part, Part::Word(_) | Part::Value)) =>
            {
                Last::Opening
            }
            _ => Last::Other,
        };
        let text = self.text(token);
        self.push(Part::Literal(text), token.attached);
    }

    fn value(&mut self, attached: bool) {
        self.last = Last::Other;
        if attached {
            self.fold_address();
        }
        // Two values side by side, or a list of them, are one.
        if !self.follows_value() {
            self.push(Part::Value, attached);
        }
    }

    fn follows_value(&self) -> bool {
        self.shape
            .pieces
            .last()
            .is_some_and(|piece| piece.part == Part::Value)
    }

    /// `db.example.com:5432`: a dotted name with a number behind its colon is an address like any other.
    fn fold_address(&mut self) {
        let [.., _name, colon] = self.shape.pieces.as_slice() else {
            return;
        };
        let is_colon = colon.attached && colon.part == Part::Literal(CompactString::const_new(":"));
        let place = self.shape.pieces.len() - 2;
        let name = self.shape.candidates.last();
        if is_colon && name.is_some_and(|name| name.place == place && name.text.contains('.')) {
            self.shape.pieces.pop();
            self.shape.candidates.pop();
        }
    }

    fn candidate(&mut self, attached: bool, likeness: Likeness, text: CompactString) {
        self.shape.candidates.push(Candidate {
            place: self.shape.pieces.len(),
            likeness,
            text,
        });
        self.push(Part::Value, attached);
        self.last = Last::Other;
    }

    fn push(&mut self, part: Part, attached: bool) {
        self.shape.pieces.push(Piece { part, attached });
    }

    fn text(&mut self, token: &Token) -> CompactString {
        self.bytes += token.end - token.start;
        cut(&String::from_utf8_lossy(token.bytes(self.line)))
    }
}

/// A text short enough to be kept.
fn cut(text: &str) -> CompactString {
    let end = text.floor_char_boundary(MAX_TOKEN_BYTES);
    CompactString::from(text.get(..end).unwrap_or_default())
}

fn starts_with_letter(word: &[u8]) -> bool {
    word.first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
}

/// Names with dots, slashes and the like are names of things: hosts, files, classes. One that ends in capitals
/// (`android.intent.action.SCREEN_ON`) is a constant of the program.
fn looks_like_a_value(word: &[u8]) -> bool {
    let trimmed = word.trim_ascii_end();
    let end = trimmed
        .iter()
        .rposition(|byte| !matches!(byte, b'.' | b',' | b'!' | b'?'))
        .map_or(0, |last| last + 1);
    let inner = trimmed.get(..end).unwrap_or_default();
    let is_name = word.contains(&b'/')
        || inner
            .iter()
            .any(|byte| matches!(byte, b'.' | b'@' | b'$' | b'\\'));
    let last = word
        .rsplit(|byte| matches!(byte, b'.' | b'/' | b'$'))
        .next()
        .unwrap_or_default();
    let is_constant = !last.is_empty()
        && last
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    is_name && !is_constant && word.iter().any(u8::is_ascii_alphanumeric)
}

/// The number of a text, for comparing.
pub(crate) fn text_hash(text: &str) -> u64 {
    hash(text.as_bytes())
}

/// What a piece adds to its pattern's number. The sum over all places is the number, so that one place can be taken out of it.
pub(crate) fn term(place: usize, part: &Part) -> u64 {
    let text = match part {
        Part::Literal(text) | Part::Word(text) => text_hash(text),
        Part::Value => 1,
    };
    at_place(place, text)
}

/// A number that depends on where it stands.
pub(crate) fn at_place(place: usize, number: u64) -> u64 {
    fold(number.wrapping_add((place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
