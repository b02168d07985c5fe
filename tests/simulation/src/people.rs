//! What people do, as the interface lets them.

use engine::{Engine, EngineError};
use incident::{Act, Actor, IncidentId, IncidentState, Silence, VerdictKind, Via};
use jiff::SignedDuration;
use settings::Priority;
use store::RecordKey;

use crate::chaos::Chaos;
use crate::plan::SimAct;
use crate::runtime::{Shared, SkewedClock};

/// Carries out what a person does about whatever is open for a service; adds what is to be published to
/// `all`, also when a part of it fails.
pub(crate) async fn act(
    engine: &Engine<Chaos, SkewedClock>,
    shared: &Shared,
    number: usize,
    act: SimAct,
    all: &mut engine::Outcome,
) -> Result<(), EngineError> {
    let by = Actor {
        who: "anna".into(),
        via: Via::Token,
        from: None,
    };
    let (service, act) = match act {
        SimAct::Acknowledge(service) => (service, Act::Acknowledge { until: None }),
        SimAct::Unacknowledge(service) => (service, Act::Unacknowledge),
        SimAct::Resolve(service) => {
            let verdict = Some(VerdictKind::TruePositive);
            let why = String::new();
            (service, Act::Resolve { verdict, why })
        }
        SimAct::Raise(service) => {
            let priority = Priority::P1;
            (service, Act::SetPriority { priority })
        }
        SimAct::Silence(name, minutes) => {
            let now = shared.now();
            let length = SignedDuration::from_mins(i64::from(minutes));
            let silence = Silence {
                id: format!("silence-{number}").into(),
                matchers: vec![format!("alertname=\"{name}\"").into()],
                starts_at: now,
                ends_at: now.checked_add(length).unwrap_or(now),
                times: Vec::new(),
                maintenance: false,
                created_by: by,
                created_at: now,
                comment: String::new(),
                warned: false,
            };
            let (_, outcome) = engine.put_silence(silence).await?;
            all.merge(outcome);
            return Ok(());
        }
    };
    for id in open(engine.store(), service) {
        match engine.act(&id, &act, &by).await {
            Ok(done) => all.merge(done.outcome),
            // It ended meanwhile: the person is told so.
            Err(EngineError::Over { .. } | EngineError::Unknown(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What is open for a service, as a person sees it.
fn open(store: &Chaos, service: &str) -> Vec<IncidentId> {
    store
        .table()
        .records()
        .filter(|(key, _)| matches!(key, RecordKey::Incident(_)))
        .filter_map(|(_, record)| {
            let state: IncidentState = serde_json::from_str(record.body.as_deref()?).ok()?;
            let episode = state.open_episode()?;
            (episode.service == service).then(|| episode.id.clone())
        })
        .collect()
}
