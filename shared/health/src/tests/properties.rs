//! What holds whatever happens.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use alert_classification::{Labels, Status};
use proptest::prelude::*;
use settings::Settings;

use super::{Story, settings};
use crate::Grade;

const PROBES: [&str; 3] = ["db", "api", "web"];

fn story() -> Story {
    static SETTINGS: LazyLock<Arc<Settings>> = LazyLock::new(|| {
        settings(&[
        "name: db, service: api, kind: tcp, target: 'x:1', every: 1m, severity: critical, degraded_when: ['total_ms > 1000']",
        "name: api, service: api, kind: tcp, target: 'x:1', every: 1m, severity: critical, depends_on: [db], degraded_when: ['total_ms > 1000']",
        "name: web, service: api, kind: tcp, target: 'x:1', every: 1m, severity: low, depends_on: [api], fail_after: 1 of 1, recover_after: 1, degraded_when: ['total_ms > 1000']",
    ]).into()
    });
    Story::of(Arc::clone(&SETTINGS))
}

fn letters() -> impl Strategy<Value = Vec<[char; 3]>> {
    let letter = || prop_oneof![4 => Just('u'), 3 => Just('d'), 1 => Just('g'), 1 => Just('?'), 1 => Just('.'), 1 => Just('c')];
    let minute = (letter(), letter(), letter()).prop_map(|(a, b, c)| [a, b, c]);
    prop::collection::vec(minute, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Firing and resolve alternate for each finding, in the order of time; what ends has begun.
    #[test]
    fn every_story_is_well_formed(minutes in letters()) {
        let mut story = story();
        let mut open: BTreeMap<String, jiff::Timestamp> = BTreeMap::new();
        let name = |labels: &Labels| labels.iter().map(|(k, v)| format!("{k}={v};")).collect::<String>();
        for minute in &minutes {
            let answers = PROBES.iter().zip(minute).filter(|(_, letter)| **letter != '.');
            let answers: Vec<_> = answers.map(|(probe, letter)| story.answer(probe, *letter)).collect();
            let decision = story.decide(&answers);
            for finding in &decision.findings {
                let (labels, at) = (name(&finding.labels), finding.changed_at.unwrap());
                prop_assert!(at <= story.now());
                match finding.status {
                    Status::Firing => prop_assert!(open.insert(labels, at).is_none()),
                    Status::Resolved => {
                        let begun = open.remove(&labels);
                        prop_assert!(begun.is_some_and(|begun| begun < at), "{labels}");
                    }
                    Status::Info => prop_assert!(false, "nothing is merely said"),
                }
            }
            for (probe, letter) in PROBES.iter().zip(minute) {
                let check = &decision.document.checks[&format!("{probe}:responseTime")][0];
                // What could not be asked is never well.
                if *letter == '?' {
                    prop_assert_ne!(check.condition, Some(Grade::Up));
                }
            }
            story.minute += 1;
        }
        // Everything comes to an end once all is well for long enough.
        let calm = "u".repeat(40);
        let all = PROBES.map(|probe| (probe, calm.as_str()));
        story.run(&all);
        let begun = story.heard.iter().filter(|line| line.contains('+')).count();
        let ended = story.heard.iter().filter(|line| line.contains('-')).count();
        prop_assert_eq!(begun, ended, "{:?}", story.heard);
    }

    /// A cold start between any two runs, a repeated run, answers in another order: all the same.
    #[test]
    fn repetition_and_order_change_nothing(minutes in letters(), turn in any::<u8>()) {
        let (mut plain, mut odd) = (story(), story());
        for (n, minute) in minutes.iter().enumerate() {
            let answers = PROBES.iter().zip(minute).filter(|(_, letter)| **letter != '.');
            let answers: Vec<_> = answers.map(|(probe, letter)| plain.answer(probe, *letter)).collect();
            plain.decide(&answers);
            let mut other = answers.clone();
            if !other.is_empty() {
                let len = other.len();
                other.rotate_left((usize::from(turn) + n) % len);
            }
            other.extend(answers.clone());
            odd.decide(&other);
            let repeated = odd.decide(&answers);
            prop_assert_eq!(repeated.ignored, answers.len());
            prop_assert!(repeated.findings.is_empty());
            plain.minute += 1;
            odd.minute += 1;
        }
        prop_assert_eq!(plain.heard, odd.heard);
        prop_assert_eq!(plain.state, odd.state);
    }

    /// While the database is known to be down, nothing as bad or less that needs it is told to begin.
    #[test]
    fn an_outage_explains_what_needs_it(minutes in letters()) {
        let mut story = story();
        for minute in &minutes {
            let answers = PROBES.iter().zip(minute).filter(|(_, letter)| **letter != '.');
            let answers: Vec<_> = answers.map(|(probe, letter)| story.answer(probe, *letter)).collect();
            let decision = story.decide(&answers);
            let down = decision.document.checks["db:responseTime"][0].condition == Some(Grade::Down);
            for finding in decision.findings.iter().filter(|_| down) {
                let told = finding.status == Status::Firing
                    && ["ProbeDown", "ProbeDegraded"].contains(&finding.kind.as_str())
                    && finding.labels.get("probe") != Some("db");
                prop_assert!(!told, "{finding:?}");
            }
            story.minute += 1;
        }
    }
}
