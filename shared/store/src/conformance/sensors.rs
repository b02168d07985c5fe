//! What sensors remember.

use super::check::{Failure, at, joined, same};
use super::records::holds;
use super::suite::Subject;
use crate::port::Version;
use crate::record::{LoadedRecord, RecordKey, Saved, SensorStates};

const NEW: Version = Version::NONE;

pub(super) async fn a_sensor_remembers_in_parts<T: Subject>(store: T) -> Result<(), Failure> {
    let state = async |part: &str| store.peer().sensor_state("probe", part).await;
    same("new", &state("a").await?, &LoadedRecord::nothing())?;
    let kept = |version| Saved::Kept(Version(version));
    for (version, body) in [(0, "1"), (1, r#"{"ü":2}"#)] {
        let until = Some(at(1_000_000_000));
        let saved = store
            .save_sensor_state("probe", "a", Version(version), body, until)
            .await?;
        same("saved", &saved, &kept(version + 1))?;
        same("loaded", &state("a").await?, &holds(version + 1, body))?;
    }
    let long = "a state and another, ".repeat(60_000);
    store
        .save_sensor_state("probe", "b", NEW, &long, None)
        .await?;
    same("long", &(state("b").await? == holds(1, &long)), &true)?;
    same("neighbour", &state("a").await?.version.0, &2)?;
    let other = store.sensor_state("logs", "a").await?;
    same("of another sensor", &other, &LoadedRecord::nothing())?;
    store.break_record(&RecordKey::sensor("probe", "b")).await?;
    let broken = state("b").await?;
    same(
        "broken",
        &(broken.version.0, broken.body, broken.fault.is_some()),
        &(1, None, true),
    )?;
    // A sensor whose memory cannot be read begins anew.
    let saved = store
        .save_sensor_state("probe", "b", Version(1), "3", None)
        .await?;
    same("anew", &saved, &kept(2))?;
    same("mended", &state("b").await?, &holds(2, "3"))
}

pub(super) async fn a_stale_sensor_is_told_so<T: Subject>(store: T) -> Result<(), Failure> {
    let save = async |version, body: &str| {
        store
            .save_sensor_state("probe", "a", Version(version), body, None)
            .await
    };
    same("too new", &save(1, "0").await?, &Saved::Outdated)?;
    same("first", &save(0, "1").await?, &Saved::Kept(Version(1)))?;
    same("repeated", &save(0, "2").await?, &Saved::Outdated)?;
    same(
        "untouched",
        &store.sensor_state("probe", "a").await?,
        &holds(1, "1"),
    )
}

pub(super) async fn of_racing_sensors_exactly_one_saves<T: Subject>(
    store: T,
) -> Result<(), Failure> {
    for version in 0..2 {
        let mut tasks = Vec::new();
        for n in 0..20 {
            let store = if n % 2 == 0 {
                store.clone()
            } else {
                store.peer()
            };
            tasks.push(tokio::spawn(async move {
                let body = n.to_string();
                store
                    .save_sensor_state("probe", "a", Version(version), &body, None)
                    .await
            }));
        }
        let mut kept = 0;
        for saved in joined(tasks).await? {
            kept += usize::from(saved? != Saved::Outdated);
        }
        same("kept", &kept, &1)?;
    }
    Ok(())
}
