//! A document as it lies in the table: JSON, deflated when it is long.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// Up to here a body stays text, so that people can read it in the console.
const TEXT: usize = 16 * 1024;

/// No honest body is larger when inflated; a broken or crafted one must not fill the memory.
pub(crate) const INFLATED: usize = 32 * 1024 * 1024;

/// The body of an item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Body {
    /// As it is.
    Text(String),
    /// Raw-deflated.
    Deflated(Vec<u8>),
}

impl Body {
    /// Packs a text, deflated if it is long.
    pub(crate) fn pack(text: String) -> Self {
        if text.len() <= TEXT {
            return Self::Text(text);
        }
        match deflate(&text) {
            Ok(bytes) => Self::Deflated(bytes),
            // Writing into memory does not fail; if it ever does, the text is as good.
            Err(_) => Self::Text(text),
        }
    }

    /// The text again.
    pub(crate) fn unpack(self) -> Result<String, io::Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Deflated(bytes) => inflate(&bytes),
        }
    }

    /// How much of the item limit it takes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Deflated(bytes) => bytes.len(),
        }
    }
}

fn deflate(text: &str) -> Result<Vec<u8>, io::Error> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

fn inflate(bytes: &[u8]) -> Result<String, io::Error> {
    let limit = u64::try_from(INFLATED).unwrap_or(u64::MAX);
    let mut text = String::new();
    let mut decoder = DeflateDecoder::new(bytes).take(limit.saturating_add(1));
    decoder.read_to_string(&mut text)?;
    if text.len() > INFLATED {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the body is larger than {INFLATED} bytes when inflated"),
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_body_stays_readable() {
        let text = "x".repeat(TEXT);
        assert_eq!(Body::pack(text.clone()), Body::Text(text));
    }

    #[test]
    fn a_long_body_is_deflated_and_comes_back_the_same() {
        let text = r#"{"title":"p95 über 3 s","n":1},"#.repeat(20_000);
        let body = Body::pack(text.clone());
        assert!(matches!(body, Body::Deflated(_)));
        assert!(body.size() < text.len() / 20, "{}", body.size());
        assert_eq!(body.unpack().unwrap(), text);
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = deflate(&"0".repeat(INFLATED + 1)).unwrap();
        assert!(bomb.len() < 64 * 1024);
        let error = Body::Deflated(bomb).unpack().unwrap_err();
        assert!(
            error.to_string().contains("larger than 33554432"),
            "{error}"
        );
    }

    #[test]
    fn a_broken_body_is_an_error() {
        let mut bytes = deflate(&"abcdefgh".repeat(5000)).unwrap();
        bytes.truncate(bytes.len() / 2);
        assert!(Body::Deflated(bytes).unpack().is_err());
        assert!(Body::Deflated(vec![0xff; 64]).unpack().is_err());
    }
}
