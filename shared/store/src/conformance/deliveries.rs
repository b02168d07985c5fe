//! What has been delivered.

use incident::IncidentId;
use jiff::SignedDuration;
use settings::Channel;

use super::check::{Failure, at, joined, same};
use super::suite::Subject;
use crate::port::{Claim, DeliveryLog};

const LEASE: SignedDuration = SignedDuration::from_secs(30);
const SLACK: Channel = Channel::Slack;

fn incident() -> IncidentId {
    IncidentId::of("gradebook/errors", at(0), 1)
}

fn granted(reference: Option<&str>) -> Claim {
    Claim::Granted {
        reference: reference.map(str::to_owned),
    }
}

/// Claims a version on Slack and compares the answer.
async fn claim<T: Subject>(
    store: &T,
    version: u64,
    second: i64,
    expected: &Claim,
) -> Result<(), Failure> {
    let answer = store
        .claim(&incident(), SLACK, version, at(second), LEASE)
        .await?;
    let what = format!("the claim of version {version} at second {second}");
    same(&what, &answer, expected)
}

async fn complete<T: Subject>(
    store: &T,
    version: u64,
    reference: Option<&str>,
    second: i64,
) -> Result<(), Failure> {
    let incident = incident();
    let done = store.complete(&incident, SLACK, version, reference, at(second));
    Ok(done.await?)
}

pub(super) async fn a_delivery_is_granted_and_then_done<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    claim(&store, 1, 0, &granted(None)).await?;
    complete(&store, 1, None, 1).await?;
    claim(&store, 1, 2, &Claim::AlreadyDelivered).await?;
    claim(&store, 1, 9000, &Claim::AlreadyDelivered).await?;
    // Said twice, as after a lost answer.
    complete(&store, 1, None, 3).await?;
    claim(&store, 2, 4, &granted(None)).await
}

pub(super) async fn a_second_claim_waits_for_the_first<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    claim(&store, 2, 0, &granted(None)).await?;
    let busy = Claim::InProgress { until: at(30) };
    claim(&store, 2, 1, &busy).await?;
    claim(&store.peer(), 2, 1, &busy).await?;
    // Other versions wait as well, so that messages arrive in their order.
    claim(&store, 3, 1, &busy).await?;
    claim(&store, 1, 29, &busy).await
}

pub(super) async fn a_lease_that_ended_is_taken_over<T: Subject>(store: T) -> Result<(), Failure> {
    claim(&store, 1, 0, &granted(None)).await?;
    claim(&store.peer(), 1, 30, &granted(None)).await?;
    let busy = Claim::InProgress { until: at(60) };
    claim(&store, 1, 31, &busy).await
}

pub(super) async fn an_older_version_is_superseded<T: Subject>(store: T) -> Result<(), Failure> {
    claim(&store, 5, 0, &granted(None)).await?;
    complete(&store, 5, None, 1).await?;
    claim(&store, 4, 2, &Claim::Superseded { by: 5 }).await?;
    claim(&store, 6, 3, &granted(None)).await?;
    // What was delivered outranks who is at it.
    claim(&store, 4, 4, &Claim::Superseded { by: 5 }).await?;
    claim(&store, 5, 5, &Claim::AlreadyDelivered).await
}

pub(super) async fn a_reference_is_kept<T: Subject>(store: T) -> Result<(), Failure> {
    claim(&store, 1, 0, &granted(None)).await?;
    complete(&store, 1, Some("1712.0001"), 1).await?;
    claim(&store, 2, 2, &granted(Some("1712.0001"))).await?;
    complete(&store, 2, None, 3).await?;
    claim(&store, 3, 4, &granted(Some("1712.0001"))).await?;
    complete(&store, 3, Some("1712.0002"), 5).await?;
    claim(&store, 4, 6, &granted(Some("1712.0002"))).await
}

pub(super) async fn a_released_lease_is_free<T: Subject>(store: T) -> Result<(), Failure> {
    claim(&store, 1, 0, &granted(None)).await?;
    store.release(&incident(), SLACK, 1).await?;
    claim(&store.peer(), 1, 1, &granted(None)).await?;
    complete(&store.peer(), 9, None, 2).await?;
    // Releasing what is not held, or not there, changes nothing.
    store.release(&incident(), SLACK, 1).await?;
    store.release(&incident(), Channel::Email, 1).await?;
    claim(&store, 9, 3, &Claim::AlreadyDelivered).await
}

/// A sender that was too slow must not end the lease of the one that took over.
pub(super) async fn a_lease_that_was_taken_over_is_not_ours<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let other = store.peer();
    claim(&store, 1, 0, &granted(None)).await?;
    claim(&other, 1, 40, &granted(None)).await?;
    store.release(&incident(), SLACK, 1).await?;
    let busy = Claim::InProgress { until: at(70) };
    claim(&store, 1, 41, &busy).await?;
    other.release(&incident(), SLACK, 1).await?;
    claim(&store, 1, 42, &granted(None)).await
}

/// Both senders delivered. What is noted is the newest, and no lease stays behind.
pub(super) async fn a_late_delivery_is_noted<T: Subject>(store: T) -> Result<(), Failure> {
    let other = store.peer();
    claim(&store, 1, 0, &granted(None)).await?;
    claim(&other, 2, 40, &granted(None)).await?;
    complete(&store, 1, Some("thread"), 41).await?;
    claim(&store, 1, 42, &Claim::AlreadyDelivered).await?;
    // The other is still at it.
    claim(&store, 3, 42, &Claim::InProgress { until: at(70) }).await?;
    complete(&other, 2, None, 43).await?;
    claim(&store, 3, 44, &granted(Some("thread"))).await?;
    claim(&other, 3, 80, &granted(Some("thread"))).await?;
    complete(&store, 3, None, 81).await?;
    complete(&other, 3, Some("another thread"), 82).await?;
    claim(&store, 2, 83, &Claim::Superseded { by: 3 }).await?;
    claim(&store, 4, 83, &granted(Some("thread"))).await
}

pub(super) async fn channels_and_incidents_do_not_mix<T: Subject>(store: T) -> Result<(), Failure> {
    claim(&store, 1, 0, &granted(None)).await?;
    let other = IncidentId::of("gradebook/latency", at(0), 1);
    let answer = store.claim(&other, SLACK, 1, at(0), LEASE).await?;
    same("another incident", &answer, &granted(None))?;
    for channel in Channel::ALL.into_iter().filter(|c| *c != SLACK) {
        let answer = store.claim(&incident(), channel, 1, at(0), LEASE).await?;
        same(channel.as_str(), &answer, &granted(None))?;
    }
    Ok(())
}

pub(super) async fn of_racing_claims_exactly_one_is_granted<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let mut tasks = Vec::new();
    for n in 0..20 {
        // Half of them in one process: the same message twice in one batch.
        let store = if n % 2 == 0 {
            store.clone()
        } else {
            store.peer()
        };
        tasks.push(tokio::spawn(async move {
            store.claim(&incident(), SLACK, 1, at(0), LEASE).await
        }));
    }
    let answers = joined(tasks).await?;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let count = |wanted: &Claim| answers.iter().filter(|answer| *answer == wanted).count();
    same("granted", &count(&granted(None)), &1)?;
    let busy = Claim::InProgress { until: at(30) };
    same("in progress", &count(&busy), &19)
}

/// What people are told about need not be an incident.
pub(super) async fn a_stream_of_an_incident_is_the_incidents<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    let incident = incident();
    let answer = store.claim_stream(incident.as_str(), SLACK, 2, at(0), LEASE);
    same("the stream", &answer.await?, &granted(None))?;
    let answer = store.claim(&incident, SLACK, 2, at(1), LEASE).await?;
    let busy = Claim::InProgress { until: at(30) };
    same("the incident", &answer, &busy)?;
    let group = "group/gradebook, all|ops@example.com";
    let claim = async |version, second| {
        let claim = store.claim_stream(group, SLACK, version, at(second), LEASE);
        claim.await
    };
    same("a group", &claim(2, 1).await?, &granted(None))?;
    let done = store.complete_stream(group, SLACK, 2, Some("thread"), at(2));
    done.await?;
    let delivered = Claim::AlreadyDelivered;
    same("the same again", &claim(2, 3).await?, &delivered)?;
    let news = granted(Some("thread"));
    same("news", &claim(3, 4).await?, &news)?;
    store.release_stream(group, SLACK, 3).await?;
    same("released", &claim(3, 5).await?, &news)
}
