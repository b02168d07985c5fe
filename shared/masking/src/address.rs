//! What stands around an `@`: e-mail, UPI, and the user and password of a web address.

use crate::Kind;

/// The endings that the banks of UPI have (NPCI's list of handles, those in use).
const HANDLES: [&str; 38] = [
    "apl",
    "axisb",
    "axisbank",
    "axl",
    "barodampay",
    "cnrb",
    "cred",
    "dbs",
    "fam",
    "federal",
    "freecharge",
    "hdfcbank",
    "ibl",
    "icici",
    "idbi",
    "idfcbank",
    "idfcfirst",
    "indus",
    "jupiteraxis",
    "kbl",
    "kotak",
    "mahb",
    "naviaxis",
    "okaxis",
    "okhdfcbank",
    "okicici",
    "oksbi",
    "paytm",
    "pingpay",
    "pnb",
    "ptaxis",
    "pthdfc",
    "ptsbi",
    "ptyes",
    "sbi",
    "upi",
    "ybl",
    "yesbank",
];

/// So many bytes before the sign are looked at.
const NEAR: usize = 320;

/// What the `@` at `at` (or the `%40`, three bytes long) belongs to: kind, beginning and end.
pub(crate) fn around(
    text: &str,
    at: usize,
    sign: usize,
    from: usize,
) -> Option<(Kind, usize, usize)> {
    // What belongs to it stands close by; looking farther for each sign would take hostile text for ever.
    let near = (from.max(at.saturating_sub(NEAR))..=at).find(|at| text.is_char_boundary(*at));
    let from = near.unwrap_or(at);
    let before = text.get(from..at)?;
    let after = text.get(at + sign..)?;
    let mut begin = at;
    for (place, letter) in before.char_indices().rev() {
        if !letter.is_alphanumeric() && !"._+-'*~".contains(letter) {
            break;
        }
        begin = from + place;
    }
    let local = text
        .get(begin..at)?
        .trim_start_matches(['.', '-', '\'', '*', '~']);
    let begin = at - local.len();
    // A password in a web address may have any letters, and stands behind `//name:`.
    if let Some(scheme) = before.rfind("://")
        && !before
            .get(scheme + 3..)?
            .contains(['/', ' ', '"', '\n', '@'])
        && before.get(scheme + 3..)?.contains(':')
    {
        return Some((Kind::Secret, from + scheme + 3, at));
    }
    if local.is_empty() {
        return None;
    }
    let host: usize = after
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'))
        .map(char::len_utf8)
        .sum();
    let host = after.get(..host)?.trim_end_matches(['.', '-']);
    let end = at + sign + host.len();
    if HANDLES.contains(&host.to_ascii_lowercase().as_str()) {
        return Some((Kind::Upi, begin, end));
    }
    let (name, top) = host.rsplit_once('.')?;
    let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    (is_top && !name.is_empty()).then_some((Kind::Email, begin, end))
}
