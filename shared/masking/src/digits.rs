//! Runs of digits: cards, telephone numbers, Aadhaar. Times, ids and amounts are to stay as they are, so each has
//! to have the form, the length, the beginning and, where there is one, the check digit of its kind.

use crate::Kind;

/// A card has at most 19 digits, a telephone number 15.
const MOST: usize = 19;

/// What begins at `at`, which is a digit, a `+` or a `(`, and where it ends.
pub(crate) fn at(text: &[u8], at: usize) -> Option<(Kind, usize)> {
    let run = Run::read(text, at)?;
    let digits = run.digits.get(..run.count)?;
    let kind = if run.plus {
        (8..=15).contains(&run.count).then_some(Kind::Phone)
    } else if run.is_card(digits) {
        Some(Kind::Card)
    } else if run.is_aadhaar(digits, text, at) {
        Some(Kind::Aadhaar)
    } else if run.is_indian(digits) {
        Some(Kind::Phone)
    } else {
        None
    };
    kind.map(|kind| (kind, run.end))
}

/// Digits with single separators between them.
struct Run {
    plus: bool,
    digits: [u8; MOST],
    count: usize,
    /// How many digits stand between the separators.
    groups: [usize; 8],
    group_count: usize,
    end: usize,
}

impl Run {
    fn read(text: &[u8], at: usize) -> Option<Self> {
        let plus = text.get(at) == Some(&b'+');
        let mut run = Self {
            plus,
            digits: [0; MOST],
            count: 0,
            groups: [0; 8],
            group_count: 0,
            end: at,
        };
        let mut here = at + usize::from(plus);
        let mut group = 0;
        loop {
            match text.get(here) {
                Some(digit) if digit.is_ascii_digit() => {
                    *run.digits.get_mut(run.count)? = digit - b'0';
                    run.count += 1;
                    group += 1;
                    here += 1;
                    run.end = here;
                }
                Some(b' ' | b'-') if group > 0 && is_digit(text, here + 1) => {
                    *run.groups.get_mut(run.group_count)? = group;
                    run.group_count += 1;
                    group = 0;
                    here += 1;
                }
                // `+91 (0) 98765` and `(98765) 43210` have brackets of their own.
                Some(b'(' | b')' | b' ') if plus && run.count > 0 => {
                    let skip = text.get(here..)?;
                    let skip = skip
                        .iter()
                        .take_while(|byte| matches!(byte, b'(' | b')' | b' '));
                    let skip = skip.count();
                    if skip > 2 || !is_digit(text, here + skip) {
                        break;
                    }
                    here += skip;
                }
                _ => break,
            }
        }
        *run.groups.get_mut(run.group_count)? = group;
        run.group_count += 1;
        // Within a word or a decimal number it is part of something else.
        let next = text.get(run.end).copied().unwrap_or(b' ');
        let part = next.is_ascii_alphanumeric()
            || next == b'_'
            || (matches!(next, b'.' | b'-' | b':') && is_word(text, run.end + 1));
        (!part).then_some(run)
    }

    fn groups(&self) -> &[usize] {
        self.groups.get(..self.group_count).unwrap_or_default()
    }

    fn is_card(&self, digits: &[u8]) -> bool {
        let grouped = match self.groups() {
            [_] | [4, 6, 4 | 5] => true,
            [first, middle @ .., last] => {
                *first == 4 && middle.iter().all(|group| *group == 4) && (1..=4).contains(last)
            }
            [] => false,
        };
        grouped && is_issued(digits) && luhn(digits)
    }

    fn is_aadhaar(&self, digits: &[u8], text: &[u8], at: usize) -> bool {
        let grouped = match self.groups() {
            // Between colons it is the account of an ARN.
            [12] => {
                !(at > 0 && text.get(at - 1) == Some(&b':') && text.get(self.end) == Some(&b':'))
            }
            [4, 4, 4] => true,
            _ => false,
        };
        grouped && digits.first().is_some_and(|first| *first >= 2) && verhoeff(digits)
    }

    /// Ten digits from 6 up, behind nothing, `0` or `91`.
    fn is_indian(&self, digits: &[u8]) -> bool {
        let local = match digits {
            [0, rest @ ..] if rest.len() == 10 => rest,
            [9, 1, rest @ ..] if rest.len() == 10 => rest,
            all if all.len() == 10 => all,
            _ => return false,
        };
        let grouped = matches!(
            self.groups(),
            [_] | [5, 5]
                | [3, 3, 4]
                | [4, 3, 3]
                | [2, 10]
                | [1, 10]
                | [2, 5, 5]
                | [6, 5]
                | [1, 5, 5]
        );
        grouped && local.first().is_some_and(|first| *first >= 6)
    }
}

fn is_digit(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_digit)
}

fn is_word(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether an issuer has this prefix with this length (ISO/IEC 7812; the networks' published ranges). No issuer's
/// begins with 1, as times in milliseconds and nanoseconds do.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = |count: usize| {
        let digits = digits.iter().take(count);
        digits.fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    match digits.len() {
        13 | 19 if prefix(1) == 4 => true,
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 51..=55 | 60 | 62 | 64..=65 | 81 | 82)
                || matches!(prefix(3), 508 | 353 | 356)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589)
        }
        12 | 13 | 17..=19 => matches!(prefix(2), 50 | 56..=58 | 62 | 63 | 67),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit) * 2) {
            (0, double) => double / 2,
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Verhoeff's scheme: the dihedral group of order ten, and a permutation for each place.
fn verhoeff(digits: &[u8]) -> bool {
    const PERMUTED: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let product = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let check = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |check, (place, digit)| {
            let row = PERMUTED.get(place % 8);
            let permuted = row.and_then(|row| row.get(usize::from(*digit)));
            product(check, permuted.copied().unwrap_or_default())
        });
    check == 0
}

#[cfg(test)]
mod tests {
    use super::{luhn, verhoeff};

    #[test]
    fn check_digits_are_those_of_the_published_examples() {
        let digits = |text: &str| text.bytes().map(|byte| byte - b'0').collect::<Vec<_>>();
        assert!(luhn(&digits("79927398713")));
        assert!(!luhn(&digits("79927398710")));
        assert!(verhoeff(&digits("2363")));
        assert!(!verhoeff(&digits("2364")));
        assert!(verhoeff(&digits("123451")));
    }
}
