//! Why a command did not do what was asked, and the exit code that says so.

use std::fmt::Write as _;

use serde::Deserialize;

use super::text::one_line;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or the surroundings are wrong; nothing was sent.
    Usage(String),
    /// The server understood and said no, or there is nothing of that name.
    Refused(String),
    /// Nobody answered, or the server could not.
    Server(String),
    /// What came back cannot be shown.
    Output(std::io::Error),
}

impl Failure {
    /// The exit code of the command.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Usage(_) | Self::Output(_) => 2,
            Self::Server(_) => 3,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(text) | Self::Refused(text) | Self::Server(text) => f.write_str(text),
            Self::Output(error) => write!(f, "cannot write: {error}"),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

/// Whether a refusal says that the first request with this key has no answer: it is still being
/// carried out, or nobody knows what became of it.
pub(super) fn is_unanswered(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        r#type: String,
    }
    serde_json::from_slice::<Kind>(body)
        .is_ok_and(|problem| problem.r#type == "urn:tocsin:problem:unanswered")
}

/// The body of a refusal ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)); every member may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    remedy: String,
    place: String,
    field: String,
}

/// What the server said of a request that it did not carry out, in words.
pub(super) fn refusal(status: u16, body: &[u8]) -> String {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        return format!(
            "{}, and not in Tocsin's way: is TOCSIN_URL the address of the API?",
            status_line(status)
        );
    };
    let mut words = [&problem.detail, &problem.title]
        .into_iter()
        .map(|text| one_line(text))
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| status_line(status));
    let (field, place) = (one_line(&problem.field), one_line(&problem.place));
    let _infallible = match (field.as_str(), place.as_str()) {
        ("", _) => Ok(()),
        (field, "") => write!(words, "\n  at: {field}"),
        (field, place) => write!(words, "\n  at: {field} (in the {place})"),
    };
    let remedy = one_line(&problem.remedy);
    if !remedy.is_empty() {
        let _infallible = write!(words, "\n  remedy: {remedy}");
    }
    words
}

fn status_line(status: u16) -> String {
    format!("the server answers with status {status}")
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(r#"{"title":"The request cannot be read","detail":"`x` is no duration","remedy":"write 2h","place":"body","field":"for"}"#,
        "`x` is no duration\n  at: for (in the body)\n  remedy: write 2h"; "all of it")]
    #[test_case(r#"{"title":"There is no such thing"}"#, "There is no such thing"; "the title, if there is no more")]
    #[test_case("{}", "the server answers with status 409"; "nothing said")]
    #[test_case("<html>", "the server answers with status 409, and not in Tocsin's way: is TOCSIN_URL the address of the API?"; "a stranger")]
    #[test_case(r#"{"detail":"a\u001b[31mb"}"#, "a [31mb"; "no escapes reach the terminal")]
    fn says_what_the_problem_says(body: &str, words: &str) {
        assert_eq!(refusal(409, body.as_bytes()), words);
    }
}
