//! What links need.

use jiff::SignedDuration;
use lambda_support::env::{Noted, Reader};

use super::{endpoint, in_range};
use crate::secret::Endpoint;

/// A week: longer than most incidents, and than most weekends.
const LINK_HOURS: i64 = 7 * 24;
const MOST_LINK_HOURS: i64 = 30 * 24;

/// What links need.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSettings {
    /// Where the pages are.
    pub api: Endpoint,
    /// The secret with the keys.
    pub secret_arn: String,
    /// How long links work.
    pub ttl: SignedDuration,
}

/// Links need an address and keys; one without the other is a mistake.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<LinkSettings>, Noted> {
    let hours = reader
        .parsed_or("LINK_TTL_HOURS", "a number of hours", LINK_HOURS)
        .and_then(|n| in_range(reader, "LINK_TTL_HOURS", "hours", n, 1..=MOST_LINK_HOURS));
    let (address, secret_arn) = (
        reader.optional("API_URL"),
        reader.optional("LINK_SECRET_ARN"),
    );
    match (address, secret_arn) {
        (None, None) => hours.map(|_| None),
        (Some(_), Some(secret_arn)) => {
            let api = endpoint(reader, "API_URL", "");
            Ok(Some(LinkSettings {
                api: api?,
                secret_arn,
                ttl: SignedDuration::from_hours(hours?),
            }))
        }
        (Some(_), None) => {
            let remedy = "set it to the secret with the keys of links, or leave API_URL out";
            Err(reader.fault(
                "LINK_SECRET_ARN",
                "is not set".to_owned(),
                remedy.to_owned(),
            ))
        }
        (None, Some(_)) => {
            let remedy = "set it to the address of the API, or leave LINK_SECRET_ARN out";
            Err(reader.fault("API_URL", "is not set".to_owned(), remedy.to_owned()))
        }
    }
}
