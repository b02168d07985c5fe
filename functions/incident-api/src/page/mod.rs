//! What people see who open a link: an incident, and buttons when the link is for acting.
//!
//! No script, no cookie and no session. Opening a link shows a page and changes nothing, for mail
//! scanners and previews open every link; a button posts a confirmation that only the page has.

mod alerts;
mod forms;
mod html;
mod link;
mod press;
mod show;

use html::Html;

use crate::answer::Answer;
use crate::problem::Problem;

/// A page that says why there is none.
#[must_use]
pub fn refusal(problem: &Problem) -> Answer {
    refusal_with(problem, None)
}

/// The same, with the way back to the incident.
fn refusal_with(problem: &Problem, back: Option<&str>) -> Answer {
    let answer = Html::page(problem.title, problem.status, |html| {
        html.put("<h1>", problem.title, "</h1>\n");
        html.put("<p>", &sentence(&problem.detail), "</p>\n");
        html.put("<p>", &sentence(&problem.remedy), "</p>\n");
        if let Some(token) = back {
            html.put(
                "<p class=\"links\"><a href=\"/i/",
                token,
                "\">Back to the incident</a></p>\n",
            );
        }
    });
    match problem.retry_after {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// A fragment as a sentence. A name that begins it stays as it is.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let word = text.split(' ').next().unwrap_or_default();
    let is_word = word.chars().all(|c| c.is_ascii_lowercase());
    let first = characters.next().map(|first| {
        if is_word {
            first.to_uppercase().to_string()
        } else {
            first.to_string()
        }
    });
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.unwrap_or_default(), characters.as_str())
}
