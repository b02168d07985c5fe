//! A button of the page: what it does, once.

use compact_str::{CompactString, format_compact};
use credentials::replay::ReplayKey;
use engine::{Done, EngineError};
use incident::{Act, Actor, Silence, VerdictKind, Via};
use jiff::SignedDuration;
use settings::Priority;

use super::link::Opened;
use super::refusal_with;
use crate::answer::Answer;
use crate::api::Api;
use crate::form;
use crate::once::digest;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::view::{AlertDocument, IncidentDocument};
use crate::visit::Visit;

/// Longer than a confirmation is good: until then the same one is known.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);

/// What a button does.
#[derive(Debug, PartialEq)]
enum Deed {
    Act(Act),
    Silence { hours: i64, alert: String },
}

impl<P: Ports> Api<P> {
    pub(crate) async fn press(
        &self,
        visit: &Visit<'_>,
        token: &str,
        action: &str,
    ) -> Result<Answer, Problem> {
        let form = form::pairs(&String::from_utf8_lossy(visit.body()?));
        let confirmation = form::value(&form, "confirmation");
        let opened = match self.confirmed(visit, token, action, confirmation).await {
            Ok(opened) => opened,
            // Who has a right link and a wrong confirmation is shown the way back.
            Err(problem) if problem.place == Some(Place::Body) => {
                return Ok(refusal_with(&problem, Some(token)));
            }
            Err(problem) => return Err(problem),
        };
        match self
            .carry_out(visit, &opened, action, &form, confirmation)
            .await
        {
            Ok(()) => {
                let token = form::encode(token);
                let action = form::encode(action);
                Ok(Answer::see_other(format!("/i/{token}?done={action}")))
            }
            Err(problem) => Ok(refusal_with(&problem, Some(token))),
        }
    }

    async fn carry_out(
        &self,
        visit: &Visit<'_>,
        opened: &Opened,
        action: &str,
        form: &[(String, String)],
        confirmation: &str,
    ) -> Result<(), Problem> {
        let by = visit.actor(opened.claims.who.as_str(), Via::Link);
        let id = &opened.incident;
        let key = ReplayKey::of("confirmation", confirmation.as_bytes(), None);
        let until = visit.now.checked_add(REMEMBERED).unwrap_or(visit.now);
        let slip = self.slip(format!("pressed/{key}"), until)?;
        // A finger that slips presses twice: the second time would only tell everybody again.
        if self.was_done(&slip).await? {
            return Ok(());
        }
        let done = match deed(action, form)? {
            Deed::Act(act) => {
                let write = |_: &Done| slip.text();
                let receipt = slip.receipt(&write);
                let acted = self.desk.act(id, &act, &by, Some(&receipt)).await;
                acted.map(|_| visit.acted(act.as_str(), Via::Link))
            }
            Deed::Silence { hours, alert } => {
                let view = self.known_incident(id).await?;
                let document = IncidentDocument::of(view, visit.now);
                let silence = silence(visit, &document, &alert, hours, by, confirmation)?;
                let write = |_: &Silence| slip.text();
                let receipt = slip.receipt(&write);
                let made = self.desk.put_silence(silence, Some(&receipt)).await;
                made.map(|_| visit.acted("silence", Via::Link))
            }
        };
        match done {
            // Both presses came at the same time.
            Err(EngineError::Repeated) => Ok(()),
            other => Ok(other?),
        }
    }
}

fn deed(action: &str, form: &[(String, String)]) -> Result<Deed, Problem> {
    let field = |name: &str| form::value(form, name);
    let act = match action {
        "acknowledge" => Act::Acknowledge { until: None },
        "unacknowledge" => Act::Unacknowledge,
        "resolve" => Act::Resolve {
            verdict: match field("verdict") {
                "true_positive" => Some(VerdictKind::TruePositive),
                "false_positive" => Some(VerdictKind::FalsePositive),
                _none => None,
            },
            why: text(field("why")),
        },
        "comment" => Act::Comment {
            text: text(field("text")),
        },
        "silence-1h" | "silence-4h" => {
            return Ok(Deed::Silence {
                hours: if action == "silence-1h" { 1 } else { 4 },
                alert: field("alert").to_owned(),
            });
        }
        other => match other.strip_prefix("priority-").map(str::parse::<Priority>) {
            Some(Ok(priority)) => Act::SetPriority { priority },
            Some(Err(_)) | None => {
                let remedy = "go back to the incident and press one of its buttons";
                return Err(Problem::unknown("there is no such button", remedy));
            }
        },
    };
    Ok(Deed::Act(act))
}

/// Browsers send lines with carriage returns.
fn text(field: &str) -> String {
    field.replace("\r\n", "\n").trim().to_owned()
}

fn silence(
    visit: &Visit<'_>,
    document: &IncidentDocument,
    alert: &str,
    hours: i64,
    by: Actor,
    confirmation: &str,
) -> Result<Silence, Problem> {
    let alert = document
        .alerts
        .iter()
        .find(|known| known.fingerprint == alert);
    let alert = alert.ok_or_else(|| {
        let remedy = "go back to the incident and choose one of its alerts";
        Problem::refused("alert", "the incident has no such alert", remedy)
    })?;
    let end = visit
        .now
        .checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(visit.now);
    let id: String = digest(&[confirmation.as_bytes()])
        .chars()
        .take(26)
        .collect();
    Ok(Silence {
        id: format_compact!("sil-{id}"),
        matchers: matchers(alert),
        starts_at: visit.now,
        ends_at: end,
        times: Vec::new(),
        maintenance: false,
        created_by: by,
        created_at: visit.now,
        comment: format!("from the page of {}", document.incident.id),
        warned: false,
    })
}

/// The alert's service and its name; where it has no name, its service and category.
pub(super) fn matchers(alert: &AlertDocument) -> Vec<CompactString> {
    let matcher = |name: &str, value: &str| {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        format_compact!("{name}=\"{value}\"")
    };
    let own = alert.labels.get("service").filter(|_| !alert.ruled);
    let mut matchers = vec![matcher("service", own.unwrap_or(&alert.service))];
    match alert
        .labels
        .get("alertname")
        .filter(|name| !name.is_empty())
    {
        Some(name) => matchers.push(matcher("alertname", name)),
        None => matchers.push(matcher("category", &alert.category)),
    }
    matchers
}
