//! What people hear of an outage, whatever goes wrong on the way.

use std::sync::atomic::Ordering;
use std::time::Duration;

use health::{Document, Overall, State};
use probes::Run;
use store::{Fault, LoadedRecord, Operation, SensorStates};

use super::Scene;
use crate::{PART, SENSOR, STATUS};

async fn document(scene: &Scene) -> Document {
    let LoadedRecord { body, .. } = scene.store.sensor_state(SENSOR, STATUS).await.unwrap();
    serde_json::from_str(&body.unwrap()).unwrap()
}

#[tokio::test]
async fn an_outage_is_told_once_and_so_is_its_end() {
    let scene = Scene::new().await;
    let books = scene.tick().await.unwrap();
    assert_eq!((books.asked, books.told), (2, 0));
    assert_eq!(document(&scene).await.status, Overall::Pass);
    scene.is_well.store(false, Ordering::SeqCst);
    scene.until("the outage", |taken| !taken.is_empty()).await;
    assert_eq!(document(&scene).await.status, Overall::Fail);
    // What needs the door is explained by it, once it has failed often enough.
    let mut by = None;
    for _ in 0..100 {
        scene.tick().await.unwrap();
        let shown = document(&scene).await;
        by.clone_from(&shown.checks["house:responseTime"][0].explained_by);
        if by.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(by.as_deref(), Some("door"));
    assert_eq!(scene.heard(), ["+door"]);
    scene.is_well.store(true, Ordering::SeqCst);
    scene.until("the end", |taken| taken.len() == 2).await;
    assert_eq!(scene.heard(), ["+door", "-door"]);
    let state = scene
        .store
        .sensor_state(SENSOR, PART)
        .await
        .unwrap()
        .body
        .unwrap();
    assert!(State::from_json(&state).unwrap().pending.is_empty());
}

#[tokio::test]
async fn what_the_topic_refuses_is_told_by_a_later_run() {
    let scene = Scene::new().await;
    scene.is_well.store(false, Ordering::SeqCst);
    scene.topic.refuses.store(true, Ordering::SeqCst);
    let mut untold = 0;
    for _ in 0..100 {
        untold = scene.tick().await.unwrap().untold;
        if untold > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(untold, 1);
    scene.topic.refuses.store(false, Ordering::SeqCst);
    let books = scene.tick().await.unwrap();
    assert_eq!((books.told, books.untold), (1, 0));
    assert_eq!(scene.tick().await.unwrap().told, 0);
    assert_eq!(scene.heard(), ["+door"]);
}

#[tokio::test]
async fn nothing_is_told_that_is_not_kept() {
    let scene = Scene::new().await;
    scene.is_well.store(false, Ordering::SeqCst);
    scene.tick().await.unwrap();
    // From now on the table takes nothing, whatever is decided.
    for _ in 0..30 {
        scene
            .store
            .inject(Fault::Unavailable, Some(Operation::Commit), 1);
        scene.tick().await.unwrap_err();
        scene.store.clear_faults();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(scene.heard().is_empty(), "{:?}", scene.heard());
    scene.until("the outage", |taken| !taken.is_empty()).await;
    assert_eq!(scene.heard(), ["+door"]);
}

#[tokio::test]
async fn runs_at_the_same_time_tell_once() {
    let scene = Scene::new().await;
    scene.is_well.store(false, Ordering::SeqCst);
    for _ in 0..60 {
        let (first, second) = tokio::join!(scene.tick(), scene.tick());
        let repeated = first.unwrap().repeated + second.unwrap().repeated;
        assert!(repeated <= 8);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let taken = scene.topic.taken.lock().unwrap();
    let mut told: Vec<_> = taken
        .iter()
        .map(|finding| (finding.labels.clone(), finding.changed_at))
        .collect();
    // The same finding with the same time is one alert, however often it comes.
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn a_memory_that_cannot_be_read_is_begun_anew() {
    let scene = Scene::new().await;
    let text = r#"{"version":77}"#;
    let saved = scene
        .store
        .save_sensor_state(SENSOR, PART, store::Version::NONE, text, None);
    saved.await.unwrap();
    scene.tick().await.unwrap();
    let heard = scene.heard();
    // What is well is told to be well: nobody remembers what was told before.
    assert!(heard.iter().all(|line| line.starts_with('-')), "{heard:?}");
    assert!(heard.contains(&"-door".to_owned()), "{heard:?}");
}

#[tokio::test]
async fn a_demand_is_answered_and_changes_nothing() {
    let scene = Scene::new().await;
    scene.is_well.store(false, Ordering::SeqCst);
    let names = ["door", "door", "cellar", "attic"].map(str::to_owned);
    let run = Run::within(Duration::from_secs(5));
    let answer = scene.handler.demand(&names, run).await;
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["results"].as_array().unwrap().len(), 1);
    assert_eq!(answer["results"][0]["condition"], "down");
    assert_eq!(answer["results"][0]["fault"]["kind"], "bad_status");
    assert_eq!(answer["left_out"][0], "cellar (cellar has no value)");
    assert_eq!(answer["unknown"][0], "attic");
    let all = scene.handler.demand(&[], run).await;
    assert_eq!(all.results.len(), 2);
    assert_eq!(scene.store.records().count(), 0);
    assert!(scene.heard().is_empty());
}
