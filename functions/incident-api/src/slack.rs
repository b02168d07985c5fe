//! Buttons in Slack: who pressed one is vouched for by Slack, what it may do by the link in it.

use credentials::link::{Claims, LinkError, Purpose};
use credentials::slack::{REPLAY_SECONDS, SIGNATURE_HEADER, SlackError, TIMESTAMP_HEADER, verify};
use incident::{Act, IncidentId, Via};
use jiff::SignedDuration;
use notification::slack::{ACKNOWLEDGE, RESOLVE, read_action_value};
use serde::Deserialize;
use store::RecordStore;

use crate::answer::Answer;
use crate::api::Api;
use crate::form;
use crate::limits;
use crate::ports::{Ports, Replies};
use crate::problem::{Place, Problem};
use crate::visit::{Visit, plain};

/// What kind of credential the link in a button is.
const BUTTON: &str = "slack_button";

/// So much of a name stands in the trail.
const LONGEST_NAME: usize = 64;

/// What Slack posts when somebody presses a button: `payload` of the form.
#[derive(Debug, Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    user: User,
    #[serde(default)]
    channel: Option<Named>,
    #[serde(default)]
    team: Option<Named>,
    #[serde(default)]
    actions: Vec<Action>,
    #[serde(default)]
    response_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct User {
    #[serde(default)]
    id: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Default, Deserialize)]
struct Named {
    #[serde(default)]
    id: String,
}

#[derive(Debug, Deserialize)]
struct Action {
    #[serde(default)]
    action_id: String,
    #[serde(default)]
    value: Option<String>,
}

impl User {
    /// The name in the workspace, which anybody may change, and the id, which nobody can. The id is the
    /// end whatever the name is.
    fn who(&self) -> String {
        let name = if self.username.is_empty() {
            &self.name
        } else {
            &self.username
        };
        let name = plain(&name.replace(['(', ')'], ""), LONGEST_NAME);
        let id = plain(&self.id, LONGEST_NAME);
        match (name.is_empty(), id.is_empty()) {
            (false, false) => format!("slack:{name} ({id})"),
            (false, true) => format!("slack:{name}"),
            (true, false) => format!("slack:({id})"),
            (true, true) => "slack:somebody".to_owned(),
        }
    }
}

impl<P: Ports> Api<P> {
    pub(crate) async fn hear_slack(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        let body = visit.body()?;
        self.signed_by_slack(visit, body).await?;
        let form = form::pairs(&String::from_utf8_lossy(body));
        let payload: Payload =
            serde_json::from_str(form::value(&form, "payload")).map_err(|error| {
                let detail = format!("`payload` cannot be read: {error}");
                let remedy = "point the app's interactivity URL here, and nothing else";
                Problem::invalid(Place::Body, "payload", detail, remedy)
            })?;
        if payload.kind != "block_actions" {
            return Ok(Answer::empty(200));
        }
        for action in &payload.actions {
            let done = self.pressed_in_slack(visit, &payload, action).await;
            let said = match &done {
                Ok(said) => said.clone(),
                // Slack shows a person nothing of an answer: what they are to know goes to them alone.
                Err(problem) if problem.status < 500 => {
                    Some(format!("Not done: {}. {}.", problem.detail, problem.remedy))
                }
                Err(problem) => return Err(problem.clone()),
            };
            if let (Some(text), Some(address)) = (said, reply_address(&payload)) {
                self.replies.tell(address, &plain(&text, 600)).await;
            }
        }
        Ok(Answer::empty(200))
    }

    /// Checks the signature, and that the request is none that was heard before.
    async fn signed_by_slack(&self, visit: &Visit<'_>, body: &[u8]) -> Result<(), Problem> {
        let check = |secrets: &[credentials::Secret]| {
            let signature = visit.request.header(SIGNATURE_HEADER);
            let timestamp = visit.request.header(TIMESTAMP_HEADER);
            verify(secrets, signature, timestamp, body, visit.now)
        };
        let mut verdict = check(&self.secret(visit).await?.slack);
        if verdict == Err(SlackError::Forged)
            && let Some(fresher) = self.vault.fresher(visit.now).await
        {
            verdict = check(&fresher.slack);
        }
        let key = verdict.map_err(|error| {
            let why = match error {
                SlackError::Missing(_) => "missing",
                SlackError::Malformed(_) => "malformed",
                SlackError::Stale { .. } => "stale",
                SlackError::Forged => "forged",
            };
            let remedy =
                "put the app's signing secret into the API's secret, and look at the clock";
            let problem = Problem::unauthorized(error.to_string(), remedy);
            let problem = problem.at(Place::Header, SIGNATURE_HEADER);
            self.refuse(visit, "slack", why, problem)
        })?;
        let seconds = i64::try_from(REPLAY_SECONDS).unwrap_or(i64::MAX);
        let until = visit
            .now
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap_or(visit.now);
        if !self
            .desk
            .store()
            .remember_once(&key.to_string(), visit.now, until)
            .await?
        {
            let problem = Problem::new(
                409,
                "replayed",
                "This request was heard before",
                "the same signed request was heard before",
                "press the button again",
            );
            return Err(self.refuse(visit, "slack", "replayed", problem));
        }
        Ok(())
    }

    /// What one button does, and what its presser is to know besides what everybody is told.
    async fn pressed_in_slack(
        &self,
        visit: &Visit<'_>,
        payload: &Payload,
        action: &Action,
    ) -> Result<Option<String>, Problem> {
        let act = match action.action_id.as_str() {
            ACKNOWLEDGE => Act::Acknowledge { until: None },
            RESOLVE => Act::Resolve {
                verdict: None,
                why: String::new(),
            },
            // The others only open an address.
            _link => return Ok(None),
        };
        let value = action.value.as_deref().unwrap_or_default();
        let (incident, token) =
            read_action_value(value).ok_or_else(|| self.wrong_button(visit, "malformed"))?;
        self.acting_claims(visit, &incident, token).await?;
        let mut by = visit.actor(&payload.user.who(), Via::Slack);
        if let (Some(team), Some(channel)) = (&payload.team, &payload.channel) {
            // The address is Slack's: the workspace and the channel say more of where it was pressed.
            by.from = Some(plain(&format!("slack {}/{}", team.id, channel.id), 120).into());
        }
        let acted = self.desk.act(&incident, &act, &by, None).await?;
        visit.acted(act.as_str(), Via::Slack);
        Ok((!acted.changed).then(|| format!("{incident} was so already: nothing has changed.")))
    }

    /// The link in a button: for this incident, and for acting.
    async fn acting_claims(
        &self,
        visit: &Visit<'_>,
        incident: &IncidentId,
        token: &str,
    ) -> Result<Claims, Problem> {
        let mut verdict = self.secret(visit).await?.link_keys.verify(token, visit.now);
        if verdict == Err(LinkError::UnknownKey)
            && let Some(fresher) = self.vault.fresher(visit.now).await
        {
            verdict = fresher.link_keys.verify(token, visit.now);
        }
        let claims = match verdict {
            Ok(claims) => claims,
            Err(LinkError::Expired { at }) => {
                visit.refused(BUTTON, "expired");
                let detail = format!(
                    "this button expired at {}",
                    at.strftime("%Y-%m-%d %H:%M UTC")
                );
                let remedy = "press the button of a newer message";
                return Err(Problem::new(
                    410,
                    "link-expired",
                    "The button has expired",
                    detail,
                    remedy,
                ));
            }
            Err(LinkError::Malformed | LinkError::UnknownKey | LinkError::Forged) => {
                return Err(self.wrong_button(visit, "forged"));
            }
        };
        if claims.incident.as_str() != incident.as_str() {
            return Err(self.wrong_button(visit, "wrong_incident"));
        }
        if !claims.purpose.permits(Purpose::Act) {
            return Err(self.wrong_button(visit, "view_only"));
        }
        let bucket = limits::Caller::Link(crate::once::digest(&[token.as_bytes()]));
        self.limits
            .take(bucket, visit.now)
            .map_err(Problem::too_many)?;
        Ok(claims)
    }

    fn wrong_button(&self, visit: &Visit<'_>, why: &'static str) -> Problem {
        visit.refused(BUTTON, why);
        tracing::warn!(
            stage = "auth",
            credential = BUTTON,
            reason = why,
            "credentials are refused"
        );
        let detail = "this button is none that Tocsin made for this incident";
        Problem::forbidden(detail, "press the button of a message of Tocsin")
    }
}

/// Only Slack's own addresses: the text around them is signed, and nobody else has to hear from us.
fn reply_address(payload: &Payload) -> Option<&str> {
    let address = payload.response_url.as_deref()?;
    let known = ["https://hooks.slack.com/", "https://hooks.slack-gov.com/"];
    known
        .iter()
        .any(|known| address.starts_with(known))
        .then_some(address)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::User;

    #[test_case("U1", "anna", "Anna", "slack:anna (U1)"; "both")]
    #[test_case("U1", "", "Anna", "slack:Anna (U1)"; "a name to show")]
    #[test_case("U1", "", "", "slack:(U1)"; "an id alone")]
    #[test_case("", "anna", "", "slack:anna"; "a name alone")]
    #[test_case("", "", "", "slack:somebody"; "nothing")]
    #[test_case("U1", "ben (U2)", "", "slack:ben U2 (U1)"; "the name of another")]
    #[test_case("U1", "ben (U2)\n", "", "slack:ben U2 (U1)"; "with a line's end")]
    fn who_acts_is_known_by_what_nobody_can_change(
        id: &str,
        username: &str,
        name: &str,
        expected: &str,
    ) {
        let text = |text: &str| text.to_owned();
        let user = User {
            id: text(id),
            username: text(username),
            name: text(name),
        };
        assert_eq!(user.who(), expected);
    }

    #[test]
    fn a_long_name_does_not_push_the_id_out() {
        let user = User {
            id: "U0123ABCD".to_owned(),
            username: "x".repeat(500),
            name: String::new(),
        };
        let who = crate::visit::plain(&user.who(), 160);
        assert!(who.ends_with(" (U0123ABCD)"), "{who}");
    }
}
