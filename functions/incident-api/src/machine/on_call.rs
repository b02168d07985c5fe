//! Who is on call, by the configuration.

use calendar::Shift;
use credentials::bearer::Scope;
use jiff::Timestamp;
use serde_json::{Value, json};
use settings::{NamedRotation, Receiver};

use crate::answer::Answer;
use crate::api::Api;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::Visit;

/// So many shifts after the current one are told.
const NEXT: usize = 3;

impl<P: Ports> Api<P> {
    pub(crate) async fn show_on_call(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let at = visit.request.parameter("at").map(|text| {
            text.parse::<Timestamp>().map_err(|_| {
                let detail = "this is no instant";
                let remedy = "write one such as 2026-01-05T03:30:00Z";
                Problem::invalid(Place::Query, "at", detail, remedy)
            })
        });
        let at = at.transpose()?.unwrap_or(visit.now);
        let routing = self.desk.policy().routing();
        let rotations: Vec<Value> = routing
            .rotations
            .iter()
            .map(|rotation| turns(rotation, &routing.receivers, at))
            .collect();
        Ok(Answer::json(
            200,
            &json!({ "at": at, "rotations": rotations }),
        ))
    }

    pub(crate) async fn show_caller(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        let caller = self.caller(visit, None).await?;
        let token = json!({ "id": caller.id, "name": caller.name, "scopes": caller.scopes });
        Ok(Answer::json(
            200,
            &json!({ "token": token, "from": visit.request.from }),
        ))
    }
}

fn turns(rotation: &NamedRotation, receivers: &[Receiver], at: Timestamp) -> Value {
    let name = |shift: &Shift| {
        let receiver = rotation.members.get(shift.member);
        let receiver = receiver.and_then(|receiver| receivers.get(*receiver));
        receiver.map_or("", |receiver| receiver.name.as_str())
    };
    let document = |shift: &Shift| {
        json!({
            "receiver": name(shift), "from": shift.from, "until": shift.until,
            "overridden": shift.overridden,
        })
    };
    let now = rotation.rotation.shift(at);
    let mut next = Vec::with_capacity(NEXT);
    let mut last = now;
    for _ in 0..NEXT {
        let shift = rotation.rotation.shift(last.until);
        // At the end of all calendars nobody follows.
        if shift.until <= last.until {
            break;
        }
        next.push(document(&shift));
        last = shift;
    }
    json!({ "name": rotation.name, "now": document(&now), "next": next })
}
