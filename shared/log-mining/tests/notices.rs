//! What is told of patterns: each new one once, each burst once and its end.

#![expect(
    clippy::expect_used,
    reason = "a state that cannot be read has to stop the test"
)]

use alert_classification::Status;
use jiff::{SignedDuration, Timestamp};
use log_mining::{Configuration, Miner, Notice, Origin, State};

const WINDOW: SignedDuration = SignedDuration::from_mins(5);

fn configuration() -> Configuration {
    Configuration::default()
}

/// Instances that share a stored state.
struct Shared {
    state: State,
    now: Timestamp,
}

impl Shared {
    /// A state that has learned for a day.
    fn learned(lines: &[&str]) -> Self {
        let mut shared = Self {
            state: State::default(),
            now: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(shared.invoke(lines), [], "what is learned is not told");
        shared.now += SignedDuration::from_hours(24);
        shared
    }

    fn instance(&self) -> Miner {
        Miner::resume(configuration(), &self.state).expect("our own state")
    }

    fn store(&mut self, local: &Miner) -> Vec<Notice> {
        let mut stored = self.instance();
        let notices = stored.absorb(local, self.now);
        let text = serde_json::to_string(&stored.save()).expect("JSON");
        self.state = serde_json::from_str(&text).expect("the same state");
        assert_eq!(self.state, stored.save());
        notices
    }

    /// One invocation that sees these lines.
    fn invoke(&mut self, lines: &[&str]) -> Vec<Notice> {
        let mut local = self.instance();
        for line in lines {
            let key = local.observe(line.as_bytes(), self.now).key;
            local.keep_example(key, line);
        }
        self.store(&local)
    }
}

#[test]
fn a_fresh_deployment_reports_nothing() {
    let mut shared = Shared {
        state: State::default(),
        now: Timestamp::UNIX_EPOCH,
    };
    assert_eq!(shared.invoke(&["payment 1 failed", "disk full"]), []);
    shared.now += SignedDuration::from_hours(23);
    assert_eq!(shared.invoke(&["cache lost"]), []);
}

#[test]
fn a_new_pattern_is_told_once_with_an_example() {
    let mut shared = Shared::learned(&["payment 1 failed"]);
    assert_eq!(shared.invoke(&["payment 2 failed"]), []);
    let notices = shared.invoke(&[
        "gateway answered 502 for order 17",
        "gateway answered 500 for order 18",
    ]);
    let [Notice::New(evidence)] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    assert_eq!(evidence.template, "gateway answered <*> for order <*>");
    assert_eq!(
        evidence.example.as_deref(),
        Some("gateway answered 502 for order 17")
    );
    assert_eq!(evidence.count, 2);
    assert_eq!(shared.invoke(&["gateway answered 504 for order 19"]), []);
}

#[test]
fn of_several_instances_one_tells() {
    let mut shared = Shared::learned(&["payment 1 failed"]);
    let mut instances = [shared.instance(), shared.instance(), shared.instance()];
    for instance in &mut instances {
        instance.observe(b"gateway is gone", shared.now);
        instance.observe(b"payment 7 failed", shared.now);
    }
    let told: Vec<usize> = instances
        .iter()
        .map(|instance| shared.store(instance).len())
        .collect();
    assert_eq!(told, [1, 0, 0]);
    let mut counts: Vec<(String, u64)> = shared
        .instance()
        .patterns()
        .into_iter()
        .map(|pattern| (pattern.template, pattern.count))
        .collect();
    counts.sort();
    assert_eq!(
        counts,
        [
            ("gateway is gone".to_owned(), 3),
            ("payment <*> failed".to_owned(), 4)
        ]
    );
}

#[test]
fn a_conflict_and_its_repetition_count_once() {
    let shared = Shared::learned(&["payment 1 failed"]);
    let mut local = shared.instance();
    local.observe(b"gateway is gone", shared.now);
    let attempts: Vec<(Vec<Notice>, State)> = (0..2)
        .map(|_| {
            let mut stored = shared.instance();
            (stored.absorb(&local, shared.now), stored.save())
        })
        .collect();
    assert_eq!(attempts[0], attempts[1]);
}

#[test]
fn a_generalisation_is_no_news() {
    let mut shared = Shared::learned(&[
        "the device oven is offline",
        "the device fridge is offline",
        "the device mixer is offline",
        "the device scale is offline",
    ]);
    assert_eq!(shared.invoke(&["the device printer is offline"]), []);
    assert_eq!(shared.instance().len(), 1);
    assert_eq!(shared.invoke(&["the device kettle is offline"]), []);
}

#[test]
fn a_burst_is_told_once_and_so_is_its_end() {
    let mut shared = Shared::learned(&["payment 1 failed"]);
    let usual = ["payment 2 failed"; 3];
    for _ in 0..24 {
        shared.now += WINDOW;
        assert_eq!(shared.invoke(&usual), []);
    }
    shared.now += WINDOW;
    let mut notices = shared.invoke(&["payment 3 failed"; 15]);
    assert_eq!(notices, [], "fifteen are not yet many");
    notices = shared.invoke(&["payment 3 failed"; 60]);
    let [begin @ Notice::Frequent(evidence)] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    assert_eq!((evidence.in_window, evidence.example.is_some()), (75, true));
    assert!((2.0..=3.0).contains(&evidence.usual), "{}", evidence.usual);
    assert_eq!(
        shared.invoke(&["payment 4 failed"; 100]),
        [],
        "it is told already"
    );
    shared.now += WINDOW;
    assert_eq!(
        shared.invoke(&usual),
        [],
        "the window of the burst has closed, a calm one has not"
    );
    shared.now += WINDOW;
    let end = shared.invoke(&usual);
    let [end @ Notice::Calm(_)] = end.as_slice() else {
        panic!("{end:?}");
    };
    let origin = Origin {
        service: "payments",
        log_group: "/aws/lambda/hasivu-payments",
    };
    let (begin, end) = (
        begin.finding(&origin, shared.now),
        end.finding(&origin, shared.now),
    );
    assert_eq!(
        (begin.status, end.status),
        (Status::Firing, Status::Resolved)
    );
    assert_eq!((&begin.kind, &begin.labels), (&end.kind, &end.labels));
    assert_eq!(begin.annotations.get("example"), Some("payment 3 failed"));
    assert_eq!(
        begin.measurement.and_then(|measured| measured.value),
        Some(75.0)
    );
}

#[test]
fn a_burst_that_no_line_follows_ends_too() {
    let mut shared = Shared::learned(&["payment 1 failed"]);
    for _ in 0..24 {
        shared.now += WINDOW;
        shared.invoke(&["payment 2 failed"]);
    }
    shared.now += WINDOW;
    assert_eq!(shared.invoke(&["payment 3 failed"; 60]).len(), 1);
    shared.now += WINDOW * 3;
    assert!(matches!(shared.invoke(&[]).as_slice(), [Notice::Calm(_)]));
}

#[test]
fn a_lasting_change_becomes_the_usual() {
    let mut shared = Shared::learned(&["payment 1 failed"]);
    for _ in 0..24 {
        shared.now += WINDOW;
        shared.invoke(&["payment 2 failed"; 3]);
    }
    let mut told = Vec::new();
    for _ in 0..36 {
        shared.now += WINDOW;
        told.extend(shared.invoke(&["payment 2 failed"; 90]));
    }
    assert!(
        matches!(told.as_slice(), [Notice::Frequent(_), Notice::Calm(_)]),
        "{told:?}"
    );
}

#[test]
fn a_state_of_another_version_is_refused() {
    let other = serde_json::json!({"schema": "tocsin.log-patterns/9", "patterns": []});
    let state: State = serde_json::from_value(other).expect("the form of a state");
    let error = Miner::resume(configuration(), &state).expect_err("another version");
    assert_eq!(
        error.to_string(),
        "the stored patterns have the form \"tocsin.log-patterns/9\", and only \"tocsin.log-patterns/1\" is known here"
    );
}
