//! One request from its event to its answer.

use std::time::Instant;

use engine::Pace;
use lambda_support::metrics::Metrics;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::desk::Desk;
use crate::entropy::Entropy;
use crate::limits::{self, Limits};
use crate::ports::Ports;
use crate::problem::Problem;
use crate::request::{Method, NoRequest, Request};
use crate::route::Route;
use crate::vault::Vault;
use crate::visit::{Tally, Visit};
use crate::{machine, page, tally};

/// What all this is, for machines.
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

/// The function.
pub struct Api<P: Ports> {
    /// Incidents and silences.
    pub desk: Desk<P>,
    /// The secret.
    pub vault: Vault<P::Secrets>,
    /// The way back to who pressed a button in Slack.
    pub replies: P::Replies,
    /// How much one caller may ask for.
    pub limits: Limits,
    /// Random bytes.
    pub entropy: Entropy,
}

impl<P: Ports> Api<P> {
    /// Answers an event of the function URL, in time.
    ///
    /// # Errors
    /// When it is no request at all: nobody could be answered.
    pub async fn handle(
        &self,
        event: &str,
        pace: &impl Pace,
    ) -> Result<(Value, Metrics), NoRequest> {
        let began = Instant::now();
        let request = Request::read(event)?;
        let visit = Visit::new(&request, self.desk.now());
        let route = Route::of(&request);
        let answer = self.answer(&visit, route.as_ref(), pace).await;
        let class = route.as_ref().map_or("none", Route::class);
        let Tally { auth_failure, acts } = visit.tally();
        tracing::info!(
            stage = "answer",
            route = class,
            status = answer.status,
            from = request.from,
            "a request is answered"
        );
        let millis = began.elapsed().as_secs_f64() * 1_000.0;
        let metrics = tally::metrics(class, answer.status, auth_failure, &acts, millis);
        Ok((answer.event(request.method == Method::Head), metrics))
    }

    async fn answer(
        &self,
        visit: &Visit<'_>,
        route: Result<&Route, &Problem>,
        pace: &impl Pace,
    ) -> Answer {
        let is_page = route.is_ok_and(Route::is_page);
        let answered = match self.admit(visit) {
            Ok(()) => match route {
                // On the heap: so many ways in one future are more than the compiler looks through.
                Ok(route) => {
                    let answered = pace.allow(Box::pin(self.dispatch(visit, route))).await;
                    answered.unwrap_or_else(|late| {
                        tracing::error!(
                            stage = "answer",
                            error = %late,
                            "a request is given up"
                        );
                        Err(Problem::unavailable())
                    })
                }
                Err(problem) => Err(problem.clone()),
            },
            Err(problem) => Err(problem),
        };
        answered.unwrap_or_else(|problem| {
            if is_page {
                page::refusal(&problem)
            } else {
                problem.answer()
            }
        })
    }

    /// Who asks too often has to wait, before anything is computed. What was presented wrongly is looked at where it is refused:
    /// an address is shared by all of an office, and by all whom Slack and PagerDuty send for.
    fn admit(&self, visit: &Visit<'_>) -> Result<(), Problem> {
        let address = limits::Caller::Address(visit.request.from.clone());
        self.limits
            .take(address, visit.now)
            .map_err(Problem::too_many)
    }

    async fn dispatch(&self, visit: &Visit<'_>, route: &Route) -> Result<Answer, Problem> {
        match route {
            Route::Health => Ok(Answer::json(200, &json!({ "status": "ok" }))),
            Route::OwnHealth => Ok(machine::health::own()),
            Route::Watched => self.show_health(visit).await,
            Route::OpenApi => Ok(Answer::of(200, "application/json", OPENAPI.to_owned())),
            Route::Incidents => self.list_incidents(visit).await,
            Route::Incident(id) => self.show_incident(visit, id).await,
            Route::Why(id) => self.explain_incident(visit, id).await,
            Route::Audit(id) => self.show_audit(visit, id).await,
            Route::Act(id, name) => self.act_on_incident(visit, id, *name).await,
            Route::Silences => self.list_silences(visit).await,
            Route::PutSilence => self.make_silence(visit).await,
            Route::SilenceAudit => self.show_silence_audit(visit).await,
            Route::Silence(id) => self.show_silence(visit, id).await,
            Route::EndSilence(id) => self.end_silence(visit, id).await,
            Route::OnCall => self.show_on_call(visit).await,
            Route::WhoAmI => self.show_caller(visit).await,
            Route::Tokens => self.list_tokens(visit).await,
            Route::MakeToken => self.make_token(visit).await,
            Route::RevokeToken(id) => self.revoke_token(visit, id).await,
            Route::Page(token) => self.show_page(visit, token).await,
            Route::Press(token, action) => self.press(visit, token, action).await,
            Route::Slack => self.hear_slack(visit).await,
            Route::PagerDuty => self.hear_pagerduty(visit).await,
        }
    }
}
