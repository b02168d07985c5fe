//! Places in lists, as texts that may stand in an address.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key::RecordKey;
use super::sizes::SORT_KEY;
use crate::error::StoreError;

/// The place of a record in a list.
pub(crate) fn list_cursor(sort: &str, record: &RecordKey) -> String {
    encode(&[sort, &record.partition()])
}

/// Reads the place again: the index's sort key and the record.
pub(crate) fn list_position(cursor: &str) -> Result<(String, RecordKey), StoreError> {
    let [sort, partition] = decode(cursor)?;
    let record = RecordKey::from_partition(&partition).ok_or(StoreError::Cursor)?;
    Ok((fitting(sort)?, record))
}

/// The place of a note in its partition.
pub(crate) fn note_cursor(sort: &str) -> String {
    encode(&[sort])
}

/// Reads the place again.
pub(crate) fn note_position(cursor: &str) -> Result<String, StoreError> {
    let [sort] = decode(cursor)?;
    fitting(sort)
}

/// The table refuses what is no sort key; the caller is to be told of the cursor instead.
fn fitting(sort: String) -> Result<String, StoreError> {
    if (1..=SORT_KEY).contains(&sort.len()) {
        Ok(sort)
    } else {
        Err(StoreError::Cursor)
    }
}

fn encode(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::json!(parts).to_string())
}

fn decode<const N: usize>(cursor: &str) -> Result<[String; N], StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor);
    let parts: Option<Vec<String>> = bytes
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let parts = parts.and_then(|parts| parts.try_into().ok());
    parts.ok_or(StoreError::Cursor)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test]
    fn a_place_survives_its_way_through_an_address() {
        let record = RecordKey::Episode("INC-1\n\"ü".into());
        let cursor = list_cursor("2026 x", &record);
        assert!(
            cursor
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert_eq!(
            list_position(&cursor).unwrap(),
            ("2026 x".to_owned(), record)
        );
        assert_eq!(note_position(&note_cursor("a/b")).unwrap(), "a/b");
    }

    #[test_case(""; "empty")]
    #[test_case("???"; "not of this alphabet")]
    #[test_case("AAAA"; "no text")]
    #[test_case(&encode(&[]); "of nothing")]
    #[test_case(&encode(&["a", "DELIVERY#x"]); "of another partition")]
    #[test_case(&encode(&["", "SILENCES"]); "without a sort key")]
    #[test_case(&encode(&[&"x".repeat(1025), "SILENCES"]); "too long")]
    fn what_is_no_place_is_the_callers_error(cursor: &str) {
        assert!(matches!(list_position(cursor), Err(StoreError::Cursor)));
        assert!(matches!(note_position(cursor), Err(StoreError::Cursor)));
    }
}
