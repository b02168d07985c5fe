//! Tokens and keys that are known by how they begin.

/// Beginning, and how many further characters there are at least.
const PREFIXES: [(&str, usize); 19] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("npm_", 30),
    ("rzp_live_", 8),
    ("rzp_test_", 8),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("whsec_", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xapp-", 10),
    ("SG.", 30),
];

/// Longer tokens are cut here, and what is left of them goes on as text.
const LONGEST: usize = 16_384;

/// Where the token ends that begins at `at`, where a word begins.
pub(crate) fn at(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let first = *rest.as_bytes().first()?;
    match first {
        b'e' if rest.starts_with("eyJ") => jwt(rest).map(|length| at + length),
        b'B' | b'b' | b'T' | b't' => scheme(rest).map(|length| at + length),
        _ => PREFIXES
            .iter()
            .find(|(prefix, least)| {
                rest.strip_prefix(prefix)
                    .is_some_and(|more| length(more) >= *least)
            })
            .map(|_| at + length(rest)),
    }
}

/// Whether a token may begin with this letter: asked for each word.
pub(crate) const fn may_begin(first: u8) -> bool {
    matches!(
        first,
        b'e' | b'B' | b'b' | b'A' | b'g' | b'n' | b'r' | b's' | b'w' | b'x' | b'S'
    )
}

/// Header, claims and signature; the first two are JSON objects in base64.
fn jwt(rest: &str) -> Option<usize> {
    let whole = length(rest);
    let mut parts = rest.get(..whole)?.split('.');
    let (header, claims) = (parts.next()?, parts.next()?);
    (header.len() >= 10 && claims.len() >= 4).then_some(whole)
}

/// `Bearer …` and `Basic …`, as in a header.
fn scheme(rest: &str) -> Option<usize> {
    let name = ["bearer ", "basic "].into_iter().find(|name| {
        rest.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    })?;
    let token = rest.get(name.len()..)?;
    let count = length(token);
    // A word of the language stands there too: "basic information".
    let looks = token
        .bytes()
        .take(count)
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        || count >= 24;
    (count >= 8 && looks).then_some(name.len() + count)
}

fn length(text: &str) -> usize {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(byte);
    let count = text
        .bytes()
        .take(LONGEST)
        .take_while(|byte| fits(byte))
        .count();
    // A sentence may end behind it.
    let token = text.get(..count).unwrap_or_default();
    token.trim_end_matches('.').len()
}
