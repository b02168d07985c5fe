//! From what CloudWatch Logs delivers to its text: base64, gzip, UTF-8.

use std::borrow::Cow;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

/// A delivery's text, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Unpacked {
    bytes: Vec<u8>,
    /// Why there may be more than is here.
    pub(crate) fault: Option<Fault>,
}

/// Why a delivery could not be read, or not to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// It is no base64.
    #[error("the delivery is no base64")]
    Base64,
    /// It is no gzip, or it was cut or changed on its way.
    #[error("the delivery's gzip is broken or cut")]
    Gzip,
    /// It is larger than `logs.limits.payload_megabytes`.
    #[error("the delivery is larger than logs.limits.payload_megabytes allows")]
    TooLarge,
    /// It is no JSON of a subscription, or only its beginning is.
    #[error("the delivery is not the JSON of a subscription, or only its beginning is")]
    Json,
}

impl Unpacked {
    /// What is before a fault is kept: its events are good ones.
    pub(crate) fn read(data: &str, limit: usize) -> Self {
        let mut unpacked = Self {
            bytes: Vec::new(),
            fault: None,
        };
        let packed = match STANDARD.decode(data.trim()) {
            Ok(packed) => packed,
            Err(_) => {
                unpacked.fault = Some(Fault::Base64);
                return unpacked;
            }
        };
        // The last four bytes of gzip are the length; a lie costs a reallocation, not the memory that it claims.
        let tail = packed.last_chunk::<4>().copied().unwrap_or_default();
        let stated = usize::try_from(u32::from_le_bytes(tail)).unwrap_or_default();
        let likely = stated.min(packed.len().saturating_mul(16)).min(limit);
        unpacked.bytes.reserve(likely.saturating_add(1));
        let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut decoder = MultiGzDecoder::new(packed.as_slice()).take(bound);
        if decoder.read_to_end(&mut unpacked.bytes).is_err() {
            unpacked.fault = Some(Fault::Gzip);
        }
        if unpacked.bytes.len() > limit {
            unpacked.bytes.truncate(limit);
            unpacked.fault = Some(Fault::TooLarge);
        }
        unpacked
    }

    /// The text; what is no UTF-8 is replaced where it stands.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}
