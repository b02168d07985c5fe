//! A story: minute by minute, what each probe answers, and what people hear.

use std::collections::BTreeMap;
use std::sync::Arc;

use alert_classification::Status;
use jiff::Timestamp;
use settings::{Measured, Settings};

use crate::{Catalogue, Decision, Fault, FaultKind, ProbeResult, State, decide};

/// Settings with these probes; their lines stand in braces.
pub(crate) fn settings(probes: &[&str]) -> Settings {
    let lines: Vec<String> = probes
        .iter()
        .map(|line| format!("  - {{ {line} }}\n"))
        .collect();
    let text = format!(
        "project: HASIVU\nrules: []\nservices: [{{ name: api, match: [a=b] }}]\nprobes:\n{}",
        lines.concat()
    );
    Settings::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// A story that goes on.
pub(crate) struct Story {
    pub(crate) settings: Arc<Settings>,
    pub(crate) state: State,
    pub(crate) minute: i64,
    /// What people heard: `12 +api` when trouble began, `-api` when it ended; `~api` for degraded,
    /// `?api` for unknown, `!api` for certificates.
    pub(crate) heard: Vec<String>,
    /// What they did not hear.
    pub(crate) unheard: Vec<String>,
}

impl Story {
    pub(crate) fn new(probes: &[&str]) -> Self {
        Self::of(settings(probes).into())
    }

    pub(crate) const fn of(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            state: State::new(),
            minute: 0,
            heard: Vec::new(),
            unheard: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * self.minute).unwrap()
    }

    /// An answer: u(p), g (degraded), d(own), ? (unknown), c (its certificate expires soon).
    pub(crate) fn answer(&self, probe: &str, letter: char) -> ProbeResult {
        let fault = match letter {
            'd' => Some(Fault::new(FaultKind::Refused, "nobody listens")),
            '?' => Some(Fault::new(FaultKind::OutOfTime, "")),
            _ => None,
        };
        let total = if letter == 'g' { 2500.0 } else { 20.0 };
        let days = if letter == 'c' { 3.0 } else { 90.0 };
        let mut measured = BTreeMap::from([(Measured::TotalMs, total)]);
        if fault.is_none() {
            measured.insert(Measured::CertificateDays, days);
        }
        ProbeResult {
            probe: probe.into(),
            at: self.now(),
            fault,
            measured,
        }
    }

    /// Answers, decided at once.
    pub(crate) fn decide(&mut self, answers: &[ProbeResult]) -> Decision {
        let catalogue = Catalogue::new(&self.settings, &BTreeMap::new());
        // What is remembered goes through the table each time.
        let json = self.state.to_json().unwrap();
        let state = State::from_json(&json).unwrap();
        assert_eq!(state, self.state);
        let decision = decide(&catalogue, state, answers, self.now());
        self.state = decision.state.clone();
        self.state.pending.clear();
        for finding in &decision.findings {
            let sign = match finding.status {
                Status::Firing => '+',
                Status::Resolved => '-',
                Status::Info => 'i',
            };
            let kind = match finding.kind.as_str() {
                "ProbeDown" => "",
                "ProbeDegraded" => "~",
                "ProbeUnknown" => "?",
                "CertificateExpires" => "!",
                other => other,
            };
            let probe = finding.labels.get("probe").unwrap();
            self.heard
                .push(format!("{} {sign}{kind}{probe}", self.minute));
        }
        for one in &decision.suppressed {
            let line = format!("{} {} {} {}", self.minute, one.probe, one.reason, one.by);
            self.unheard.push(line);
        }
        decision
    }

    /// Each minute each probe answers with its next letter; a dot is no answer.
    pub(crate) fn run(&mut self, answers: &[(&str, &str)]) -> &mut Self {
        let minutes = answers.iter().map(|(_, letters)| letters.len()).max();
        for minute in 0..minutes.unwrap_or(0) {
            let of_minute = answers.iter().filter_map(|(probe, letters)| {
                let letter = letters
                    .chars()
                    .nth(minute)
                    .filter(|letter| *letter != '.')?;
                Some(self.answer(probe, letter))
            });
            let of_minute: Vec<ProbeResult> = of_minute.collect();
            self.decide(&of_minute);
            self.minute += 1;
        }
        self
    }
}
