//! The few words that say what stands beside them.

/// Lower-case letters of a short word in one number; longer words and others are none of these.
const fn pack(word: &[u8]) -> u64 {
    let mut packed = 0;
    let mut rest = word;
    while let Some((letter, tail)) = rest.split_first() {
        packed = (packed << 8) | (*letter | 0x20) as u64;
        rest = tail;
    }
    packed
}

fn is_one_of(word: &[u8], list: &[u64]) -> bool {
    word.len() <= 8 && word.iter().all(u8::is_ascii_alphabetic) && list.contains(&pack(word))
}

macro_rules! words {
    ($($word:literal)*) => { &[$(pack($word)),*] };
}

/// Units of time, size and frequency.
pub(super) fn is_unit(word: &[u8]) -> bool {
    const UNITS: &[u64] = words! {
        b"ns" b"us" b"ms" b"s" b"sec" b"secs" b"second" b"seconds" b"m" b"min" b"mins" b"minute" b"minutes" b"h" b"hour" b"hours"
        b"day" b"days" b"b" b"byte" b"bytes" b"k" b"kb" b"kib" b"mb" b"mib" b"g" b"gb" b"gib" b"tb" b"tib" b"hz" b"khz" b"mhz" b"ghz"
    };
    let word = word.strip_suffix(b".").unwrap_or(word);
    word.len() <= 7 && is_one_of(word, UNITS)
}

/// Time zones and halves of the day, which follow a time.
pub(super) fn is_zone(word: &[u8]) -> bool {
    const ZONES: &[u64] = words! { b"utc" b"gmt" b"est" b"edt" b"cst" b"cdt" b"mst" b"mdt" b"pst" b"pdt" b"cet" b"cest" b"am" b"pm" };
    word.len() <= 4 && is_one_of(word, ZONES)
}

/// Days of the week and months, short.
pub(super) fn is_date_word(word: &[u8]) -> bool {
    const DATES: &[u64] = words! {
        b"mon" b"tue" b"wed" b"thu" b"fri" b"sat" b"sun"
        b"jan" b"feb" b"mar" b"apr" b"may" b"jun" b"jul" b"aug" b"sep" b"oct" b"nov" b"dec"
    };
    word.len() == 3 && is_one_of(word, DATES)
}

/// Signs that join values to a list, a version, a date, an address with its port.
pub(super) fn joins_values(sign: &[u8]) -> bool {
    matches!(sign, b"," | b":" | b"." | b"-" | b"/" | b"+" | b"|")
}

/// Nouns that a name follows: `session opened for user alice`.
pub(crate) fn is_argument_noun(word: &[u8]) -> bool {
    is_one_of(word, words! { b"user" b"username" })
}

/// Prepositions and other words that carry a sentence and are never its value.
pub(crate) fn is_function_word(word: &[u8]) -> bool {
    is_one_of(
        word,
        words! {
            b"from" b"for" b"by" b"to" b"of" b"in" b"on" b"at" b"with" b"via" b"as" b"and" b"or" b"is" b"was" b"are" b"has" b"not"
            b"per" b"into" b"using"
        },
    )
}

/// What stands for a value that is not there.
pub(crate) fn is_nothing(word: &[u8]) -> bool {
    word == b"-"
        || word == b"n/a"
        || is_one_of(word, words! { b"null" b"nil" b"none" b"nan" })
        || word == b"undefined"
}

/// Values that say which way the program took, so that they tell patterns apart.
pub(crate) fn is_boolean(word: &[u8]) -> bool {
    is_one_of(word, words! { b"true" b"false" b"yes" b"no" b"on" b"off" })
}
