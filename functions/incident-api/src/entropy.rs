//! Randomness that nobody can guess, from the operating system.

use std::fs::File;
use std::io::{self, Read};

/// Where random bytes come from; tests have their own.
pub type Entropy = fn() -> io::Result<[u8; 40]>;

/// The operating system's random bytes.
///
/// # Errors
/// When it gives none.
pub fn from_system() -> io::Result<[u8; 40]> {
    let mut bytes = [0; 40];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// An id of 26 base 32 digits, which nothing else has.
#[must_use]
pub fn id(prefix: &str, entropy: [u8; 40]) -> String {
    let digits = entropy.iter().take(26).map(|byte| {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        char::from(DIGITS.get(usize::from(byte & 31)).copied().unwrap_or(b'0'))
    });
    digits.fold(prefix.to_owned(), |mut id, digit| {
        id.push(digit);
        id
    })
}
