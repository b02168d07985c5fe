//! Incidents: listed, shown, explained, acted on.

use credentials::bearer::Scope;
use engine::{Done, EngineError, IncidentFilter, IncidentView};
use incident::{Act, Change, IncidentId, IncidentStatus, IncidentSummary, VerdictKind, Via};
use serde_json::json;
use settings::Priority;

use crate::answer::Answer;
use crate::api::Api;
use crate::bearer;
use crate::fields::Fields;
use crate::once::Keeping;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::request::Request;
use crate::route::ActName;
use crate::view::{self, IncidentDocument};
use crate::visit::Visit;

/// What a page of a list has, and may have.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;
/// A list that filters much looks so often for more.
const ROUNDS: usize = 5;

impl<P: Ports> Api<P> {
    pub(crate) async fn list_incidents(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let request = visit.request;
        let status = request.parameter("status").unwrap_or("open");
        let wanted = match status {
            "open" => Some(IncidentStatus::Open),
            "resolved" => Some(IncidentStatus::Resolved),
            "all" => None,
            other => {
                let other: String = other.chars().take(40).collect();
                let detail = format!("`{other}` is no status");
                let remedy = "write open, resolved or all";
                return Err(Problem::invalid(Place::Query, "status", detail, remedy));
            }
        };
        let filter = IncidentFilter {
            open: wanted == Some(IncidentStatus::Open),
            service: request.parameter("service").map(Into::into),
            priorities: priorities(request)?,
        };
        let limit = page_size(request)?;
        let mut incidents = Vec::new();
        let mut cursor = request.parameter("cursor").map(str::to_owned);
        for _ in 0..ROUNDS {
            let more = limit.saturating_sub(incidents.len());
            let page = self
                .desk
                .incidents(&filter, more, cursor.as_deref())
                .await?;
            let fits = page.incidents.into_iter();
            incidents.extend(fits.filter(|line| wanted.is_none_or(|wanted| line.status == wanted)));
            cursor = page.next;
            if cursor.is_none() || incidents.len() >= limit {
                break;
            }
        }
        Ok(Answer::json(
            200,
            &json!({ "incidents": incidents, "next": cursor }),
        ))
    }

    pub(crate) async fn show_incident(
        &self,
        visit: &Visit<'_>,
        id: &str,
    ) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let view = self.known_incident(&incident_id(id)?).await?;
        Ok(Answer::json(200, &IncidentDocument::of(view, visit.now)))
    }

    pub(crate) async fn explain_incident(
        &self,
        visit: &Visit<'_>,
        id: &str,
    ) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let view = self.known_incident(&incident_id(id)?).await?;
        let silences = self.desk.silences().await?;
        let why = view::why(&view, &silences, self.desk.policy(), visit.now);
        let why = why.ok_or_else(|| {
            Problem::unknown(
                "the details of this incident are forgotten: another one of its key followed",
                "look at its audit trail, or at its report",
            )
            .at(Place::Path, "id")
        })?;
        Ok(Answer::json(200, &why))
    }

    pub(crate) async fn show_audit(&self, visit: &Visit<'_>, id: &str) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let id = incident_id(id)?;
        let limit = page_size(visit.request)?;
        let page = self
            .desk
            .audit(&id, limit, visit.request.parameter("cursor"))
            .await?;
        if page.entries.is_empty() {
            self.known_incident(&id).await?;
        }
        Ok(Answer::json(
            200,
            &json!({ "entries": page.entries, "unreadable": page.unreadable, "next": page.next }),
        ))
    }

    pub(crate) async fn act_on_incident(
        &self,
        visit: &Visit<'_>,
        id: &str,
        name: ActName,
    ) -> Result<Answer, Problem> {
        let caller = self.caller(visit, Some(Scope::Act)).await?;
        let id = incident_id(id)?;
        let act = read_act(visit, name)?;
        let by = bearer::actor(visit, &caller);
        self.once(visit, &caller, Keeping::ByTheWork, |ticket| async move {
            let write = |(summary, change): &Done| {
                ticket.remembers(&acted(summary, *change == Change::Changed))
            };
            let receipt = ticket.receipt(&write);
            let done = self.desk.act(&id, &act, &by, receipt.as_ref()).await?;
            visit.acted(act.as_str(), Via::Token);
            Ok(acted(&done.summary, done.changed))
        })
        .await
    }

    /// An incident that there is.
    pub(crate) async fn known_incident(&self, id: &IncidentId) -> Result<IncidentView, Problem> {
        let view = self.desk.incident(id).await?;
        Ok(view.ok_or_else(|| EngineError::Unknown(id.clone()))?)
    }
}

fn acted(summary: &IncidentSummary, changed: bool) -> Answer {
    Answer::json(200, &json!({ "incident": summary, "changed": changed }))
}

pub(crate) fn incident_id(text: &str) -> Result<IncidentId, Problem> {
    IncidentId::try_new(text).map_err(|error| {
        let remedy = "write an id as GET /v1/incidents gives it";
        Problem::invalid(Place::Path, "id", error.to_string(), remedy)
    })
}

fn read_act(visit: &Visit<'_>, name: ActName) -> Result<Act, Problem> {
    let mut fields = Fields::read(visit.body()?)?;
    let (act, known) = match name {
        ActName::Acknowledge => {
            let until = fields.end("until", "for", visit.now)?;
            (Act::Acknowledge { until }, "until and for")
        }
        ActName::Unacknowledge => (Act::Unacknowledge, "none"),
        ActName::Resolve => {
            let remedy =
                "write true_positive (there was trouble) or false_positive (there was none)";
            let verdict: Option<VerdictKind> = fields.optional("verdict", remedy)?;
            let why = fields.optional("why", "write a text")?.unwrap_or_default();
            (Act::Resolve { verdict, why }, "verdict and why")
        }
        ActName::Comment => {
            let text = fields.required("text", "write a text")?;
            (Act::Comment { text }, "text")
        }
        ActName::Priority => {
            let priority = fields.required("priority", "write P1, P2, P3 or P4")?;
            (Act::SetPriority { priority }, "priority")
        }
    };
    fields.finish(known)?;
    Ok(act)
}

fn priorities(request: &Request) -> Result<Vec<Priority>, Problem> {
    let named = request.query.iter().filter(|(name, _)| name == "priority");
    let texts = named.flat_map(|(_, value)| value.split(','));
    texts
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.to_ascii_uppercase()
                .parse()
                .map_err(|error: settings::UnknownPriority| {
                    let remedy = "write P1, P2, P3 or P4; several with commas between them";
                    Problem::invalid(Place::Query, "priority", error.to_string(), remedy)
                })
        })
        .collect()
}

pub(super) fn page_size(request: &Request) -> Result<usize, Problem> {
    let Some(text) = request.parameter("limit") else {
        return Ok(PAGE);
    };
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=LARGEST_PAGE).contains(size));
    size.ok_or_else(|| {
        let detail = "this is no number of entries that a page can have";
        let remedy = format!("write a number from 1 to {LARGEST_PAGE}");
        Problem::invalid(Place::Query, "limit", detail, remedy)
    })
}
