//! What people do in PagerDuty, done here as well.
//!
//! Our own messages open PagerDuty's incidents with our incident's id and a group's name as their key,
//! by which it is found again. What PagerDuty tells of itself and not of a person is the echo of what we told it (or a
//! time-out of its own, which our own ladders have theirs for), and is not obeyed; the core sends
//! nothing back for an act that came from there ([`Via::Pagerduty`]).

use credentials::pagerduty::{PagerDutyError, SIGNATURE_HEADER, verify};
use engine::{Done, EngineError, Receipt};
use incident::{Act, Actor, IncidentId, MAX_TEXT_CHARS, Via};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use settings::Priority;
use store::{RecordStore, Version};

use crate::answer::Answer;
use crate::api::Api;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::{Visit, plain};

/// PagerDuty signs no time: a webhook is known for as long as an incident can be looked up.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(400 * 24);
/// A signed webhook whose event is older than this is not obeyed, known or not.
const OLDEST: SignedDuration = SignedDuration::from_hours(48);
/// How often it is tried when others of the same incident come at the same time.
const ATTEMPTS: usize = 4;

const HEARD: &str = "nothing: this webhook was heard before";
const OLDER: &str = "nothing: it is older than what was done";

/// What was last obeyed of one incident in PagerDuty that takes it on, gives it back or ends it. PagerDuty sends
/// again what was not answered, so that an older event may come after a newer one, and would undo it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Latest {
    at: Timestamp,
    /// The webhooks of that moment.
    webhooks: Vec<String>,
    /// Tells two that write the same at the same time apart.
    by: String,
}

#[derive(Debug, Deserialize)]
struct Webhook {
    event: Event,
}

/// Further fields are PagerDuty's; all of ours may be missing in an event that is not ours.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default)]
    event_type: String,
    #[serde(default)]
    occurred_at: Option<Timestamp>,
    #[serde(default)]
    agent: Option<Reference>,
    #[serde(default)]
    data: Data,
}

#[derive(Debug, Default, Deserialize)]
struct Reference {
    #[serde(default)]
    id: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    summary: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Data {
    #[serde(default)]
    id: String,
    #[serde(default)]
    incident_key: Option<String>,
    #[serde(default)]
    priority: Option<Reference>,
    /// Of a note: the incident that it is about.
    #[serde(default)]
    incident: Option<Reference>,
    /// Of a note: what it says.
    #[serde(default)]
    content: String,
    #[serde(default)]
    resolve_reason: Option<serde_json::Value>,
}

/// What a webhook asks for.
struct Deed {
    incident: IncidentId,
    act: Act,
    by: Actor,
    /// What the webhook is known by.
    webhook: String,
}

impl Deed {
    /// Whether a later event may take it back.
    const fn has_an_order(&self) -> bool {
        matches!(
            self.act,
            Act::Acknowledge { .. } | Act::Unacknowledge | Act::Resolve { .. }
        )
    }
}

impl<P: Ports> Api<P> {
    pub(crate) async fn hear_pagerduty(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        let body = visit.body()?;
        let key = self.signed_by_pagerduty(visit, body).await?;
        let webhook: Webhook = serde_json::from_slice(body).map_err(|error| {
            let detail = format!("the webhook cannot be read: {error}");
            Problem::invalid(
                Place::Body,
                "event",
                detail,
                "subscribe with webhooks of version 3",
            )
        })?;
        let event = webhook.event;
        let said = |what: &str| Ok(Answer::json(200, &json!({ "done": what })));
        if event
            .occurred_at
            .is_some_and(|at| visit.now.duration_since(at) > OLDEST)
        {
            return said("nothing: the event is more than two days old");
        }
        let Some(incident) = self.our_incident(visit, &event.data).await? else {
            return said("nothing: the incident is not one of ours");
        };
        let Some(agent) = event.agent.as_ref().filter(|agent| is_person(agent)) else {
            return said("nothing: no person did it");
        };
        let Some(act) = act(&event) else {
            return said("nothing: this event says nothing that matters here");
        };
        let name = agent
            .summary
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(&agent.id);
        let by = visit.actor(&format!("pagerduty:{name}"), Via::Pagerduty);
        let deed = Deed {
            incident,
            act,
            by,
            webhook: key,
        };
        let done = match event.occurred_at.filter(|_| deed.has_an_order()) {
            Some(at) => self.obey_in_order(visit, &deed, &event.data.id, at).await?,
            None => self.obey_once(visit, &deed).await?,
        };
        said(done)
    }

    /// Does what stands for itself, such as a comment, which would otherwise stand there twice.
    async fn obey_once(&self, visit: &Visit<'_>, deed: &Deed) -> Result<&'static str, Problem> {
        let slip = self.slip(format!("pagerduty/{}", deed.webhook), remembered(visit))?;
        if self.was_done(&slip).await? {
            return Ok(HEARD);
        }
        let write = |_: &Done| slip.text();
        let done = self.obey(visit, deed, &slip.receipt(&write)).await;
        done.unwrap_or(Ok(HEARD))
    }

    /// Does what a later event may have taken back, unless one was obeyed. What was last obeyed is written
    /// with the act, so that of two at the same time one looks again.
    async fn obey_in_order(
        &self,
        visit: &Visit<'_>,
        deed: &Deed,
        theirs: &str,
        at: Timestamp,
    ) -> Result<&'static str, Problem> {
        let theirs = Some(theirs).filter(|theirs| !theirs.is_empty());
        let theirs = theirs.unwrap_or_else(|| deed.incident.as_str());
        let name = format!("pagerduty/latest/{}", plain(theirs, 64));
        let by = self.nonce()?;
        for _ in 0..ATTEMPTS {
            let record = self.record(&name).await?;
            let latest = record.body.as_deref().map(serde_json::from_str::<Latest>);
            let latest = latest.and_then(Result::ok).unwrap_or_default();
            let mut webhooks = Vec::new();
            if record.version != Version::NONE {
                if at < latest.at {
                    return Ok(OLDER);
                }
                if at == latest.at {
                    webhooks = latest.webhooks;
                }
            }
            if webhooks.contains(&deed.webhook) {
                return Ok(HEARD);
            }
            webhooks.push(deed.webhook.clone());
            let latest = Latest {
                at,
                webhooks,
                by: by.clone(),
            };
            let write = |_: &Done| serde_json::to_string(&latest).unwrap_or_default();
            let receipt = Receipt {
                name: &name,
                expected: record.version,
                keep_until: remembered(visit),
                write: &write,
            };
            if let Some(done) = self.obey(visit, deed, &receipt).await {
                return done;
            }
        }
        // PagerDuty sends it again.
        Err(Problem::unavailable())
    }

    /// Acts, and says what came of it; nothing when somebody else's receipt is there.
    async fn obey(
        &self,
        visit: &Visit<'_>,
        deed: &Deed,
        receipt: &Receipt<'_, Done>,
    ) -> Option<Result<&'static str, Problem>> {
        let Deed {
            incident, act, by, ..
        } = deed;
        Some(
            match self.desk.act(incident, act, by, Some(receipt)).await {
                Ok(acted) => {
                    visit.acted(act.as_str(), Via::Pagerduty);
                    Ok(if acted.changed {
                        "the act"
                    } else {
                        "nothing: it was so already"
                    })
                }
                Err(EngineError::Repeated) => return None,
                Err(EngineError::Over { .. } | EngineError::Unknown(_)) => {
                    Ok("nothing: the incident is over")
                }
                Err(EngineError::Invalid(_)) => Ok("nothing: the act cannot be carried out"),
                // PagerDuty sends it again.
                Err(error) => Err(error.into()),
            },
        )
    }

    async fn signed_by_pagerduty(&self, visit: &Visit<'_>, body: &[u8]) -> Result<String, Problem> {
        let signature = visit.request.header(SIGNATURE_HEADER);
        let mut verdict = verify(&self.secret(visit).await?.pagerduty, signature, body);
        if verdict == Err(PagerDutyError::Forged)
            && let Some(fresher) = self.vault.fresher(visit.now).await
        {
            verdict = verify(&fresher.pagerduty, signature, body);
        }
        let key = verdict.map_err(|error| {
            let why = match error {
                PagerDutyError::Missing => "missing",
                PagerDutyError::Malformed => "malformed",
                PagerDutyError::Forged => "forged",
            };
            let remedy = "put the subscription's secret into the API's secret";
            let problem = Problem::unauthorized(error.to_string(), remedy);
            let problem = problem.at(Place::Header, SIGNATURE_HEADER);
            self.refuse(visit, "pagerduty", why, problem)
        })?;
        Ok(key.to_string())
    }

    /// The incident that an event is about. A note names PagerDuty's id only, so whoever says ours
    /// with it is remembered.
    async fn our_incident(
        &self,
        visit: &Visit<'_>,
        data: &Data,
    ) -> Result<Option<IncidentId>, Problem> {
        let place = |id: &str| format!("pagerduty/{}", plain(id, 64));
        let store = self.desk.store();
        if let Some(about) = &data.incident {
            let known = store.get_text(&place(&about.id)).await?;
            return Ok(known.and_then(|id| IncidentId::try_new(&id).ok()));
        }
        // Behind the `/` is the group whose messages opened it.
        let key = data.incident_key.as_deref().unwrap_or_default();
        let key = key.split_once('/').map_or(key, |(id, _group)| id);
        let Ok(id) = IncidentId::try_new(key) else {
            return Ok(None);
        };
        if !data.id.is_empty() && store.get_text(&place(&data.id)).await?.is_none() {
            let until = visit.now.checked_add(REMEMBERED).ok();
            store.put_text(&place(&data.id), id.as_str(), until).await?;
        }
        Ok(Some(id))
    }
}

fn remembered(visit: &Visit<'_>) -> Timestamp {
    visit.now.checked_add(REMEMBERED).unwrap_or(visit.now)
}

fn is_person(agent: &Reference) -> bool {
    matches!(agent.kind.as_str(), "user_reference" | "user")
}

/// What an event means here.
fn act(event: &Event) -> Option<Act> {
    Some(match event.event_type.as_str() {
        "incident.acknowledged" => Act::Acknowledge { until: None },
        "incident.unacknowledged" | "incident.reopened" => Act::Unacknowledge,
        "incident.resolved" => Act::Resolve {
            verdict: None,
            why: match &event.data.resolve_reason {
                Some(serde_json::Value::String(reason)) => clip(reason),
                Some(_) | None => String::new(),
            },
        },
        "incident.priority_updated" => {
            let name = event.data.priority.as_ref()?.summary.as_deref()?;
            let priority: Priority = name.trim().parse().ok()?;
            Act::SetPriority { priority }
        }
        "incident.annotated" => {
            let text = clip(&event.data.content);
            if text.is_empty() {
                return None;
            }
            Act::Comment { text }
        }
        _other => return None,
    })
}

fn clip(text: &str) -> String {
    text.trim().chars().take(MAX_TEXT_CHARS).collect()
}
