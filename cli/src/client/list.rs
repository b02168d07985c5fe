//! Lists that come in parts.

use jiff::Timestamp;
use serde_json::Value;

use super::Failure;
use super::call::Call;
use super::document::{Incident, Incidents};
use super::http::{Answer, Client};

/// The most that the server gives at once.
const PART: &str = "200";
/// More parts than there are: a server that always has more does not keep anybody for ever.
const MOST_PARTS: usize = 200;

/// All of a list, or its first `most`: the parts as one document, with all the entries of `member`.
///
/// # Errors
/// When a part cannot be had.
pub(crate) fn all(
    client: &Client,
    path: &str,
    query: &[(&str, &str)],
    member: &str,
    most: usize,
) -> Result<Answer, Failure> {
    let mut cursor: Option<String> = None;
    let mut entries: Vec<Value> = Vec::new();
    for _part in 0..MOST_PARTS {
        let mut query = query.to_vec();
        query.push(("limit", PART));
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
        }
        let mut answer = client.send(&Call::get(path, &query))?;
        let Some(Value::Array(part)) = answer.body.get_mut(member).map(Value::take) else {
            return Err(Failure::Server(format!(
                "the server's answer is not understood: it has no `{member}`"
            )));
        };
        entries.extend(part);
        let next = answer.body.get("next").and_then(Value::as_str);
        let next = next.filter(|next| !next.is_empty()).map(str::to_owned);
        if next.is_none() || entries.len() >= most {
            entries.truncate(most);
            if let Value::Object(document) = &mut answer.body {
                document.insert(member.to_owned(), Value::Array(entries));
                document.remove("next");
            }
            return Ok(answer);
        }
        if next == cursor {
            break;
        }
        cursor = next;
    }
    Err(Failure::Server(
        "the server's list has no end; ask for less, as with --service".to_owned(),
    ))
}

/// The open incidents, and the server's time.
///
/// # Errors
/// When they cannot be had.
pub(crate) fn open(client: &Client) -> Result<(Vec<Incident>, Timestamp), Failure> {
    let answer = all(
        client,
        "/v1/incidents",
        &[("status", "open")],
        "incidents",
        usize::MAX,
    )?;
    let list: Incidents = answer.read()?;
    Ok((list.incidents, answer.now))
}
