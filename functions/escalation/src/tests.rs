//! Timers and ticks: what is due is woken once, what was left behind is found, and faults are said.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alert_classification::Status;
use engine::reports::ReportRequest;
use engine::timers::{ScheduleError, TimerMessage, Timers};
use engine::{
    Clock, Engine, OutOfTime, Outgoing, Pace, Patience, Ports, PublishError, Publisher, Refusal,
    Unhurried,
};
use incident::{Arrival, IncidentId, Notification, NotificationEvent, Policy, RecordName};
use jiff::{SignedDuration, Timestamp};
use lambda_support::batch::Record;
use serde_json::json;
use settings::{Priority, Settings};
use store::{Fault, MemoryStore, Operation};

use crate::{Books, Handler};

/// What the ports were asked for.
#[derive(Clone, Debug, Default)]
struct Asked {
    told: Arc<Mutex<Vec<Notification>>>,
    timers: Arc<Mutex<Vec<(Timestamp, RecordName)>>>,
    reports: Arc<Mutex<Vec<IncidentId>>>,
}

impl Publisher for Asked {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
        for message in batch {
            match serde_json::from_str::<ReportRequest>(&message.body) {
                Ok(request) => self.reports.lock().unwrap().push(request.incident),
                Err(_) => {
                    let notification = serde_json::from_str(&message.body).unwrap();
                    self.told.lock().unwrap().push(notification);
                }
            }
        }
        Ok(Vec::new())
    }
}

impl Timers for Asked {
    async fn schedule(&self, timers: &[(Timestamp, RecordName)]) -> Result<(), ScheduleError> {
        self.timers.lock().unwrap().extend(timers.iter().cloned());
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Virtual(Arc<Mutex<Timestamp>>);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

struct Bench {
    handler: Handler<MemoryStore, Virtual, Asked, Asked>,
    asked: Asked,
}

fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

impl Bench {
    fn new() -> Self {
        let settings = json!({
            "project": "test",
            "rules": [],
            "route": {
                "receiver": "first", "group_by": ["service"], "group_wait": "30s", "group_interval": "1m",
                "repeat_interval": "4h", "escalation": "ladder",
            },
            "receivers": [{ "name": "first", "webhook": [{}] }, { "name": "second", "pagerduty": [{}] }],
            "escalation": [{ "name": "ladder", "steps": [{ "after": "20m", "to": ["second"] }] }],
        });
        let policy = Policy::new(Settings::from_json(&settings.to_string()).unwrap());
        let asked = Asked::default();
        let clock = Virtual(Arc::new(Mutex::new(start())));
        let engine = Engine::new(MemoryStore::new(), policy, clock, Patience::default(), 1);
        Self {
            handler: Handler {
                engine,
                ports: Ports {
                    publisher: asked.clone(),
                    timers: asked.clone(),
                },
            },
            asked,
        }
    }

    fn advance(&self, seconds: i64) {
        *self.handler.engine.clock().0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    /// An alert arrives elsewhere; gives its timers, of which nobody sent a message.
    async fn alert(&self, status: Status, second: i64) -> Vec<(Timestamp, RecordName)> {
        let arrived = self
            .handler
            .engine
            .arrive(vec![alert(status, second)])
            .await;
        assert!(arrived.dispositions[0].is_ok());
        arrived.outcome.timers
    }

    async fn receive(&self, bodies: &[String]) -> (usize, Books) {
        self.receive_at(&Unhurried, bodies).await
    }

    async fn receive_at(&self, pace: &impl Pace, bodies: &[String]) -> (usize, Books) {
        let records: Vec<Record> = bodies
            .iter()
            .enumerate()
            .map(|(n, body)| Record {
                message_id: format!("m{n}"),
                body: body.clone(),
                ..Record::default()
            })
            .collect();
        let (response, books) = self.handler.handle(&records, pace).await;
        let answer = serde_json::to_value(&response).unwrap();
        (answer["batchItemFailures"].as_array().unwrap().len(), books)
    }

    fn told(&self) -> Vec<NotificationEvent> {
        self.asked
            .told
            .lock()
            .unwrap()
            .iter()
            .map(|n| n.event)
            .collect()
    }
}

fn alert(status: Status, second: i64) -> Arrival {
    let at = start() + SignedDuration::from_secs(second);
    Arrival {
        alert: specimen::alert("orders", "a", status, at, Priority::P2),
        received_at: at,
        message: "m".into(),
        lifetime: None,
        incident: None,
    }
}

fn message((due, name): &(Timestamp, RecordName)) -> String {
    serde_json::to_string(&TimerMessage::new(*due, name)).unwrap()
}

fn tick() -> String {
    json!({ "source": "tocsin.schedule", "detail-type": "Tick" }).to_string()
}

#[tokio::test]
async fn a_timer_lets_a_group_tell_and_says_when_to_come_again() {
    let bench = Bench::new();
    let timers = bench.alert(Status::Firing, 0).await;
    bench.advance(30);
    let body = message(&timers[0]);
    let (failed, books) = bench.receive(&[body.clone(), body.clone()]).await;
    assert_eq!((failed, books.timers, books.groups.notified), (0, 2, 1));
    assert_eq!(bench.told(), [NotificationEvent::Opened]);
    // The same once more finds nothing to do.
    bench.receive(&[body]).await;
    assert_eq!(bench.told().len(), 1);
    assert_eq!(bench.handler.engine.store().outbox_len(), 0);
}

#[tokio::test]
async fn a_timer_that_comes_too_early_is_sent_again() {
    let bench = Bench::new();
    let timers = bench.alert(Status::Firing, 0).await;
    let (failed, books) = bench.receive(&[message(&timers[0])]).await;
    assert_eq!((failed, books.early), (0, 1));
    assert_eq!(*bench.asked.timers.lock().unwrap(), timers);
    assert!(bench.told().is_empty());
}

#[tokio::test]
async fn a_tick_wakes_what_no_timer_woke_and_sends_timers_for_what_follows() {
    let bench = Bench::new();
    bench.alert(Status::Firing, 0).await;
    let (_, books) = bench.receive(&[tick()]).await;
    assert_eq!((books.heartbeats, books.swept_timers), (1, 0));
    assert_eq!(
        bench.asked.timers.lock().unwrap().len(),
        1,
        "due in 30 seconds"
    );
    bench.advance(90);
    let (failed, books) = bench.receive(&[tick()]).await;
    assert_eq!((failed, books.swept_timers), (0, 1));
    assert_eq!(bench.told(), [NotificationEvent::Opened]);
    // The ladder is further away than a message can wait; a tick shortly before sends it.
    bench.advance(19 * 60 + 20);
    bench.asked.timers.lock().unwrap().clear();
    bench.receive(&[tick()]).await;
    let timers = bench.asked.timers.lock().unwrap().clone();
    assert_eq!(timers.len(), 1);
    bench.advance(60);
    bench.receive(&[message(&timers[0])]).await;
    let told = bench.told();
    // The first step of a ladder tells others that it has begun.
    assert_eq!(told, [NotificationEvent::Opened, NotificationEvent::Opened]);
}

#[tokio::test]
async fn a_tick_publishes_what_another_left_in_the_outbox() {
    let bench = Bench::new();
    let timers = bench.alert(Status::Firing, 0).await;
    bench.advance(30);
    // Somebody wakes the group and dies before it publishes.
    bench.handler.engine.wake_one(&timers[0].1).await.unwrap();
    assert_eq!(bench.handler.engine.store().outbox_len(), 1);
    bench.advance(31);
    let (_, books) = bench.receive(&[tick()]).await;
    assert_eq!((books.swept_outbox, bench.told().len()), (1, 1));
    assert_eq!(bench.handler.engine.store().outbox_len(), 0);
}

#[tokio::test]
async fn a_table_that_is_down_gives_the_timer_back_and_stops_the_heart() {
    let bench = Bench::new();
    let timers = bench.alert(Status::Firing, 0).await;
    bench.advance(30);
    let store = bench.handler.engine.store();
    store.inject(Fault::Unavailable, Some(Operation::Load), 8);
    let (failed, books) = bench.receive(&[message(&timers[0])]).await;
    assert_eq!((failed, books.failed), (1, 1));
    store.inject(Fault::Unavailable, Some(Operation::Due), 8);
    let (failed, books) = bench.receive(&[tick()]).await;
    assert_eq!((failed, books.failed, books.heartbeats), (0, 1, 0));
    store.clear_faults();
    store.inject(Fault::Unavailable, Some(Operation::Pending), 1);
    let (_, books) = bench.receive(&[tick()]).await;
    assert_eq!((books.ticks, books.heartbeats), (1, 0));
    assert_eq!(books.undone.unpublished, 1);
    let (_, books) = bench.receive(&[tick()]).await;
    assert_eq!((books.ticks, books.heartbeats), (1, 1));
    bench.receive(&[message(&timers[0])]).await;
    assert_eq!(bench.told(), [NotificationEvent::Opened]);
}

/// Time for so many things, and then none.
#[derive(Clone, Debug)]
struct Short(Arc<AtomicUsize>);

impl Short {
    fn of(steps: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(steps)))
    }
}

impl Pace for Short {
    async fn allow<F>(&self, work: F) -> Result<F::Output, OutOfTime>
    where
        F: Future + Send,
    {
        let left = self.0.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1));
        match left {
            Ok(_) => Ok(work.await),
            Err(_) => Err(OutOfTime),
        }
    }
}

#[tokio::test]
async fn a_sweep_that_comes_to_nothing_for_want_of_time_is_no_heartbeat() {
    let bench = Bench::new();
    let (_, books) = bench.receive_at(&Short::of(0), &[tick()]).await;
    assert_eq!((books.ticks, books.heartbeats), (1, 0));
    assert_eq!((books.failed, books.undone.unpublished), (2, 1));
}

#[tokio::test]
async fn timers_that_take_all_the_time_leave_nobody_untold() {
    let bench = Bench::new();
    let timers = bench.alert(Status::Firing, 0).await;
    bench.advance(30);
    bench.handler.engine.wake_one(&timers[0].1).await.unwrap();
    bench.advance(31);
    // The outbox takes three: it is read, what it holds is published, and removed.
    let bodies = [tick(), message(&timers[0])];
    let (_, books) = bench.receive_at(&Short::of(3), &bodies).await;
    assert_eq!((books.swept_outbox, books.heartbeats), (1, 0));
    assert_eq!(bench.told(), [NotificationEvent::Opened]);
}

#[tokio::test]
async fn what_nobody_understands_fails_and_its_neighbours_do_not() {
    let bench = Bench::new();
    let timers = bench.alert(Status::Firing, 0).await;
    bench.advance(30);
    let foreign = json!({ "record": "DELIVERY#x", "due": start() }).to_string();
    let bodies = ["nothing".to_owned(), foreign, message(&timers[0])];
    let (failed, books) = bench.receive(&bodies).await;
    assert_eq!((failed, books.groups.notified), (2, 1));
}

#[tokio::test]
async fn a_report_is_asked_for_when_an_incident_is_over_for_good() {
    let bench = Bench::new();
    bench.alert(Status::Firing, 0).await;
    bench.advance(60);
    bench.receive(&[tick()]).await;
    bench.alert(Status::Resolved, 60).await;
    for _ in 0..5 {
        bench.advance(120);
        bench.receive(&[tick()]).await;
    }
    assert_eq!(bench.asked.reports.lock().unwrap().len(), 1);
    assert_eq!(
        bench.told(),
        [NotificationEvent::Opened, NotificationEvent::Resolved]
    );
}
