//! The one decision: what answers mean for what is remembered, measured and told.

use alert_classification::Finding;
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use settings::Probe;

use crate::catalogue::{Catalogue, Watched};
use crate::document::{Document, document};
use crate::explain::{Explanation, explanation};
use crate::finding::{self, Begun};
use crate::judge::{Grade, Judgement, judge};
use crate::memory::{Memory, Told};
use crate::result::ProbeResult;
use crate::state::State;

/// What is to be done after a run. The state holds the findings, too, until they are published.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What to remember; [`State::pending`] is to be published once it is kept.
    pub state: State,
    /// What people are to hear that they have not heard.
    pub findings: Vec<Finding>,
    /// What they are not to hear, and why.
    pub suppressed: Vec<Suppressed>,
    /// Numbers, one point each.
    pub metrics: Vec<Metric>,
    /// How everything is.
    pub document: Document,
    /// Answers that were not news: older than known ones, a repeated run's, or of no probe of ours.
    pub ignored: usize,
}

/// Trouble that people are not told of, when that begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suppressed {
    /// The probe.
    pub probe: CompactString,
    /// Degraded or down.
    pub grade: Grade,
    /// `dependency_down`, or `dependency_suspected` until its next answer.
    pub reason: &'static str,
    /// The probe that explains it.
    pub by: CompactString,
}

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The probe: the only dimension besides the stack.
    pub probe: CompactString,
    /// Its name.
    pub name: &'static str,
    /// CloudWatch's unit.
    pub unit: &'static str,
    /// Its value.
    pub value: f64,
}

/// Takes the answers of a run. Answers may be late, repeated, or of a configuration that is no longer: all of that
/// is harmless.
#[must_use]
pub fn decide(
    catalogue: &Catalogue<'_>,
    state: State,
    results: &[ProbeResult],
    now: Timestamp,
) -> Decision {
    let mut run = Run {
        catalogue,
        state,
        now,
        findings: Vec::new(),
        suppressed: Vec::new(),
        metrics: Vec::new(),
    };
    run.forget();
    run.remember();
    let mut in_order: Vec<&ProbeResult> = results.iter().collect();
    // Whoever answered first, the order is the same.
    in_order.sort_by_key(|result| (result.at, catalogue.place(&result.probe)));
    let taken = in_order
        .into_iter()
        .filter(|result| run.take(result))
        .count();
    run.missed();
    run.tell();
    let Run {
        mut state,
        findings,
        suppressed,
        metrics,
        ..
    } = run;
    state.amnesia = false;
    state.pending.extend(findings.iter().cloned());
    Decision {
        document: document(catalogue, &state, now),
        state,
        findings,
        suppressed,
        metrics,
        ignored: results.len() - taken,
    }
}

struct Run<'a, 'c> {
    catalogue: &'c Catalogue<'a>,
    state: State,
    now: Timestamp,
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
    metrics: Vec<Metric>,
}

impl Run<'_, '_> {
    /// What is no longer watched must not stay in trouble for ever.
    fn forget(&mut self) {
        let known = |name: &CompactString| self.catalogue.find(name).is_some();
        let gone = self.state.probes.keys().filter(|name| !known(name));
        for name in gone.cloned().collect::<Vec<_>>() {
            let Some(memory) = self.state.probes.remove(&name) else {
                continue;
            };
            let trouble = memory.trouble.and_then(|trouble| trouble.told);
            for told in [trouble, memory.certificate, memory.unknown]
                .into_iter()
                .flatten()
            {
                self.end(&told, "no longer watched", self.now);
            }
        }
    }

    fn remember(&mut self) {
        let (now, amnesia) = (self.now, self.state.amnesia);
        for one in self.catalogue.watched() {
            let name = one.probe.name.clone();
            let memories = self.state.probes.entry(name);
            memories.or_insert_with(|| Memory::new(now, amnesia));
        }
    }

    /// Takes an answer, if it is news.
    fn take(&mut self, result: &ProbeResult) -> bool {
        let Some(one) = self.catalogue.find(&result.probe) else {
            return false;
        };
        let Some(memory) = self.state.probes.get_mut(&one.probe.name) else {
            return false;
        };
        // An answer from the future would make those of the present old.
        if result.at > self.now + SignedDuration::from_secs(60)
            || !memory.is_news(result.at, one.probe)
        {
            return false;
        }
        let judged = judge(one.probe, result);
        let ended = memory.take(
            one.probe,
            &judged,
            &result.measured,
            &self.catalogue.flapping,
        );
        let amnesia = memory.amnesia && memory.trouble.is_none() && judged.grade == Grade::Up;
        if judged.grade != Grade::Unknown {
            memory.amnesia = false;
        }
        let why = match memory.trouble.as_ref().map(|trouble| trouble.grade) {
            Some(Grade::Down) => "worse now",
            Some(Grade::Degraded | Grade::Up | Grade::Unknown) => "only degraded now",
            None => "well again",
        };
        let recovered = (memory.unknown.take_if(|_| judged.grade != Grade::Unknown))
            .map(|told| (told, "it answers again"));
        let told = ended.and_then(|ended| ended.0.told).map(|told| (told, why));
        let certificate = certificate(memory, one, result, &judged);
        for (told, why) in [told, recovered].into_iter().flatten() {
            self.end(&told, why, judged.at);
        }
        match certificate {
            Some(Certificate::Begun(finding)) => self.findings.push(*finding),
            Some(Certificate::Over(told)) => self.end(&told, "renewed", judged.at),
            None => {}
        }
        if amnesia {
            self.findings.extend(finding::ends_in_case(one, judged.at));
        }
        self.measure(one.probe, result, judged.grade);
        true
    }

    /// Who could not be asked for long is trouble of its own.
    fn missed(&mut self) {
        for one in self.catalogue.watched() {
            let Some(memory) = self.state.probes.get_mut(&one.probe.name) else {
                continue;
            };
            let patience = i64::try_from(one.probe.unknown_after.as_millis()).unwrap_or(i64::MAX);
            let silent = self.now.duration_since(memory.known_at);
            if memory.unknown.is_none() && silent >= SignedDuration::from_millis(patience) {
                let Begun { finding, told } = finding::unknown(one, memory, self.now);
                memory.unknown = Some(told);
                self.findings.push(finding);
            }
        }
    }

    /// Tells trouble that nothing explains.
    fn tell(&mut self) {
        for one in self.catalogue.watched() {
            let name = &one.probe.name;
            let untold = self.state.probes.get(name).and_then(|memory| {
                let trouble = memory.trouble.as_ref()?;
                trouble.told.is_none().then_some(trouble.grade)
            });
            let Some(grade) = untold else { continue };
            let explained = explanation(self.catalogue, &self.state, one, grade, self.now);
            let Some(memory) = self.state.probes.get_mut(name) else {
                continue;
            };
            let at = memory.last_at.unwrap_or(self.now);
            let Some(mut trouble) = memory.trouble.take() else {
                continue;
            };
            match explained {
                Some(Explanation { by, suspected }) => {
                    let reason = if suspected {
                        "dependency_suspected"
                    } else {
                        "dependency_down"
                    };
                    let known = trouble.explained_by.as_ref() == Some(&by)
                        && trouble.was_explained != suspected;
                    if !known {
                        self.suppressed.push(Suppressed {
                            probe: name.clone(),
                            grade,
                            reason,
                            by: by.clone(),
                        });
                    }
                    trouble.explained_by = Some(by);
                    trouble.was_explained |= !suspected;
                    trouble.failures = 0;
                }
                None => {
                    trouble.explained_by = None;
                    // What failed while its dependency was down has to fail without it.
                    if !trouble.was_explained || trouble.failures >= one.probe.fail_after.failures()
                    {
                        let Begun { finding, told } = finding::trouble(one, memory, &trouble, at);
                        trouble.told = Some(told);
                        self.findings.push(finding);
                    }
                }
            }
            memory.trouble = Some(trouble);
        }
    }

    fn end(&mut self, told: &Told, why: &str, at: Timestamp) {
        self.findings.push(finding::end(told, why, at));
    }

    fn measure(&mut self, probe: &Probe, result: &ProbeResult, grade: Grade) {
        let mut metric = |name, unit, value: f64| {
            if value.is_finite() {
                self.metrics.push(Metric {
                    probe: probe.name.clone(),
                    name,
                    unit,
                    value,
                });
            }
        };
        match grade {
            Grade::Up | Grade::Degraded => metric("ProbeAvailability", "Percent", 100.0),
            Grade::Down => metric("ProbeAvailability", "Percent", 0.0),
            // No data is the honest answer: an alarm decides what that means.
            Grade::Unknown => metric("ProbeUnknown", "Count", 1.0),
        }
        for (what, value) in &result.measured {
            metric(what.metric(), what.unit(), *value);
        }
    }
}

enum Certificate {
    Begun(Box<Finding>),
    Over(Told),
}

fn certificate(
    memory: &mut Memory,
    one: &Watched<'_>,
    result: &ProbeResult,
    judged: &Judgement,
) -> Option<Certificate> {
    // Without a number nobody knows whether it was renewed.
    result.measured.get(&settings::Measured::CertificateDays)?;
    match (judged.certificate_days, memory.certificate.is_some()) {
        (Some(days), false) => {
            let Begun { finding, told } = finding::certificate(one, days, judged.at);
            memory.certificate = Some(told);
            Some(Certificate::Begun(Box::new(finding)))
        }
        (None, true) => memory.certificate.take().map(Certificate::Over),
        (Some(_), true) | (None, false) => None,
    }
}
