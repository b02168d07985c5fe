//! Which incident is meant: by its whole id, by a part of it, or as the latest.

use incident::IncidentId;

use super::document::Incident;
use super::text::{age, one_line};
use super::{Client, Failure, list};

/// Which incident is meant.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// The incident: its id, or the beginning or the end of an open one's
    #[arg(value_name = "INC", required_unless_present = "latest")]
    incident: Option<String>,
    /// The open incident that opened last
    #[arg(long, conflicts_with = "incident")]
    latest: bool,
}

impl Which {
    /// For commands that read the id together with another word.
    pub(crate) fn of(incident: Option<&str>) -> Self {
        Self {
            incident: incident.map(str::to_owned),
            latest: incident.is_none(),
        }
    }

    /// The id that is meant. A whole id is taken as it is; for all else the open ones are looked through.
    ///
    /// # Errors
    /// When none or several are meant, or nobody can be asked.
    pub(crate) fn id(&self, client: &Client) -> Result<String, Failure> {
        let Some(given) = self.incident.as_deref().filter(|_given| !self.latest) else {
            let (open, _now) = list::open(client)?;
            return open
                .into_iter()
                .max_by(|a, b| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)))
                .map(|latest| latest.id)
                .ok_or_else(|| Failure::Refused("no incident is open".to_owned()));
        };
        let given = given.trim().to_ascii_uppercase();
        if let Ok(id) = IncidentId::try_new(&given) {
            return Ok(id.to_string());
        }
        let part = given.strip_prefix("INC-").unwrap_or(&given);
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Failure::Usage(format!(
                "`{}` is no part of an incident's id, which is INC- and 16 letters and digits",
                one_line(&given)
            )));
        }
        let (open, now) = list::open(client)?;
        let meant: Vec<&Incident> = open.iter().filter(|one| is_part(part, &one.id)).collect();
        match meant.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => Err(Failure::Refused(format!(
                "no open incident's id begins or ends with {part}; a resolved one is named by its whole id (`tocsin incidents --resolved`)"
            ))),
            several => {
                let lines: Vec<String> = several
                    .iter()
                    .take(10)
                    .map(|one| {
                        format!(
                            "\n  {} {} {} ({})",
                            one.priority,
                            one.id,
                            one_line(&one.title),
                            age(one.opened_at, now)
                        )
                    })
                    .collect();
                Err(Failure::Refused(format!(
                    "{} open incidents begin or end with {part}; write more of the one that is meant{}",
                    several.len(),
                    lines.concat()
                )))
            }
        }
    }
}

/// Whether the id's digits begin or end with `part`.
fn is_part(part: &str, id: &str) -> bool {
    let digits = id.strip_prefix("INC-").unwrap_or(id);
    digits.starts_with(part) || digits.ends_with(part)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const ID: &str = "INC-01KZ3V5N8WABC9XF";

    #[test_case("01KZ", true; "the beginning")]
    #[test_case("C9XF", true; "the end")]
    #[test_case("3V5N", false; "the middle")]
    #[test_case("INC", false; "what all have")]
    fn a_part_is_a_beginning_or_an_end(part: &str, is: bool) {
        assert_eq!(is_part(part, ID), is);
    }
}
