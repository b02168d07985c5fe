//! The GSM 7-bit alphabet (3GPP TS 23.038). One character outside of it and the whole message is
//! sent as UCS-2: 70 characters a segment instead of 160, and three messages instead of one.

use crate::text;

/// The basic alphabet: one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: an escape and a character, two septets.
const EXTENDED: &str = "^{}\\[~]|€";

/// What stands where something was cut off; the ellipsis itself is not in the alphabet.
const CUT: &str = "...";

/// How many septets the text takes. Characters outside of the alphabet would count as two.
#[must_use]
pub fn septets(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(character: char) -> usize {
    if BASIC.contains(character) { 1 } else { 2 }
}

/// The text in the alphabet's characters: what looks alike replaces what is not in it, and a run of
/// what nothing looks like becomes one `?` (emoji are left out).
#[must_use]
pub fn to_gsm(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut unknown = false;
    for character in text.chars() {
        if BASIC.contains(character) || EXTENDED.contains(character) {
            out.push(character);
            unknown = false;
        } else if let Some(similar) = similar(character) {
            out.push_str(similar);
            unknown = false;
        } else if character.is_alphanumeric() {
            if !unknown {
                out.push('?');
            }
            unknown = true;
        }
    }
    out
}

/// One line in the alphabet's characters.
pub(super) fn one_line(text: &str) -> String {
    // Leaving out emoji can leave two spaces.
    text::one_line(&to_gsm(&text::one_line(text)))
}

/// A lead-in with one line after it.
pub(super) fn one_line_after(lead: &str, text: &str) -> String {
    format!("{lead}{}", one_line(text))
}

/// At most so many septets.
pub(super) fn clip(text: &str, most: usize) -> String {
    if septets(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(CUT.len());
    let mut used = 0;
    let mut short: String = text
        .chars()
        .take_while(|character| {
            used += width(*character);
            used <= room
        })
        .collect();
    short.truncate(short.trim_end().len());
    if most >= CUT.len() {
        short.push_str(CUT);
    }
    short
}

/// What a phone can show in place of a character that the alphabet lacks.
const fn similar(character: char) -> Option<&'static str> {
    Some(match character {
        'á' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' => "a",
        'Á' | 'À' | 'Â' | 'Ã' | 'Ā' | 'Ă' | 'Ą' => "A",
        'ç' | 'ć' | 'č' => "c",
        'Ć' | 'Č' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'È' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ğ' | 'ģ' => "g",
        'Ğ' | 'Ģ' => "G",
        'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'Í' | 'Ì' | 'Î' | 'Ï' | 'Ī' | 'Į' | 'İ' => "I",
        'ķ' => "k",
        'Ķ' => "K",
        'ł' | 'ľ' | 'ļ' => "l",
        'Ł' | 'Ľ' | 'Ļ' => "L",
        'ń' | 'ň' | 'ņ' => "n",
        'Ń' | 'Ň' | 'Ņ' => "N",
        'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ō' | 'Ő' => "O",
        'ŕ' | 'ř' => "r",
        'Ŕ' | 'Ř' => "R",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ť' | 'ţ' | 'ț' => "t",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'Ú' | 'Ù' | 'Û' | 'Ū' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'œ' => "oe",
        'Œ' => "OE",
        '‘' | '’' | '‚' | '`' | '´' | '′' => "'",
        '“' | '”' | '„' | '″' => "\"",
        '«' | '‹' => "<",
        '»' | '›' => ">",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => "-",
        '…' => "...",
        '•' | '·' => "*",
        '×' => "x",
        '≥' => ">=",
        '≤' => "<=",
        '≠' => "!=",
        '≈' => "~",
        '→' => "->",
        '←' => "<-",
        '°' => " deg",
        'µ' | 'μ' => "u",
        '²' => "2",
        '³' => "3",
        '½' => "1/2",
        '\t' | '\u{a0}' => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("abc", 3)]
    #[test_case("{a}", 5; "extension characters count two")]
    #[test_case("5 €", 4)]
    #[test_case("äöüß", 4)]
    fn septets_are_counted(text: &str, expected: usize) {
        assert_eq!(septets(text), expected);
    }

    #[test_case("“p99” – 3 s…", "\"p99\" - 3 s..."; "typographic marks")]
    #[test_case("Łódź café", "Lodz café"; "letters with marks")]
    #[test_case("🔥 down 🔥", " down "; "emoji are left out")]
    #[test_case("支払い failed", "? failed"; "a run of unknown letters is one mark")]
    #[test_case("µs ≥ 3", "us >= 3"; "signs")]
    fn what_is_not_in_the_alphabet_is_replaced(text: &str, expected: &str) {
        assert_eq!(to_gsm(text), expected);
    }

    #[test_case("abcdef", 6, "abcdef")]
    #[test_case("abcdefg", 6, "abc...")]
    #[test_case("{{{{", 7, "{{..."; "never in the middle of an escape")]
    #[test_case("abcdef", 2, ""; "no room for the dots")]
    fn clipping_counts_septets(text: &str, most: usize, expected: &str) {
        assert_eq!(clip(text, most), expected);
    }

    proptest! {
        #[test]
        fn the_result_is_always_in_the_alphabet(text: String) {
            let gsm = to_gsm(&text);
            prop_assert!(gsm.chars().all(|c| BASIC.contains(c) || EXTENDED.contains(c)));
        }

        #[test]
        fn clipping_never_exceeds_its_room(text in ".{0,300}", most in 0_usize..200) {
            prop_assert!(septets(&clip(&to_gsm(&text), most)) <= most);
        }
    }
}
