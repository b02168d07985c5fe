//! How long a request may take.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use engine::{OutOfTime, Pace};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::support::{Town, event, token};

#[tokio::test(start_paused = true)]
async fn an_act_that_is_done_is_answered_although_the_topic_hangs() {
    let (town, id) = Town::with_incident().await;
    town.alarms.0.lock().unwrap().clear();
    town.topic.1.store(true, Relaxed);
    let began = Instant::now();
    let path = format!("/v1/incidents/{id}/resolve");
    let answer = town.admin("POST", &path, None);
    let got = timeout(Duration::from_secs(10), answer).await.unwrap();
    assert_eq!((got.status, &got.json()["changed"]), (200, &json!(true)));
    assert!(began.elapsed() < Duration::from_millis(1_100));
    // Timers do not wait for the topic, and a sweep finds what is not published.
    assert!(!town.alarms.0.lock().unwrap().is_empty());
    assert!(town.store.outbox_len() > 0);
}

/// The invocation is nearly over.
#[derive(Clone, Debug)]
struct Over;

impl Pace for Over {
    async fn allow<F>(&self, _work: F) -> Result<F::Output, OutOfTime>
    where
        F: Future + Send,
    {
        Err(OutOfTime)
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_and_counted() {
    let town = Town::new();
    let bearer = format!("Bearer {}", token(0).expose());
    let event = event("GET", "/v1/whoami", &[("authorization", &bearer)], None);
    let got = town.send_at(&event, &Over).await;
    got.problem(503);
    assert_eq!(got.header("retry-after"), Some("2"));
    let counted = |line: &String| line.contains("\"ApiServerErrors\":1");
    assert!(got.metrics.iter().any(counted), "{:?}", got.metrics);
}
