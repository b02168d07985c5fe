//! The one entry: events go into the state, findings come out.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Finding;
use compact_str::CompactString;
use jiff::Timestamp;
use settings::Detector;

use crate::calm;
use crate::config::seconds;
use crate::finding::{self, Evidence, Who};
use crate::judge::{self, Verdict};
use crate::profile::{Leap, Place};
use crate::share::{Share, Subjects, rule, shown};
use crate::state::{State, Subject};
use crate::subject::{self, Dimension, Key, short};
use crate::track::{Firing, Track};
use crate::{Config, EventKind, SecurityEvent};

/// So many events are counted before anybody judges: what is forgotten for want of room was judged first.
const AT_ONCE: usize = 512;
/// So many failures of an account are remembered for each that a take-over needs, and so many who got in.
const SPARE: usize = 2;
const ARRIVALS: usize = 6;

/// The shards that an event counts in: each is to `observe` it.
#[must_use]
pub fn shards_of(event: &SecurityEvent, config: &Config) -> BTreeSet<u16> {
    let subjects = Subjects::of(event, config);
    let shares = subjects.shares(event, config);
    let mut keys: Vec<Key> = shares.iter().map(|share| share.key).collect();
    if matches!(
        event.kind,
        EventKind::LoginFailed | EventKind::LoginSucceeded
    ) {
        keys.extend(subjects.account);
    }
    keys.iter()
        .map(|key| shard(*key, config.shards()))
        .collect()
}

fn shard(key: Key, of: u16) -> u16 {
    u16::try_from((key.hash >> 32) % u64::from(of.max(1))).unwrap_or_default()
}

/// Counts events and says what begins to be an attack, and what is over.
///
/// A state takes those events that [`shards_of`] sends to it and leaves the others. What is later than `lateness`
/// is counted as late and otherwise left; what is of the future is taken as of `now`. The same event twice (by its
/// id) counts once. Call it with no events when [`State::due_at`] has come.
///
/// Publish the findings before the state is written: a crash in between repeats them, which is harmless, since their
/// labels are the same; the other way round they would be lost.
pub fn observe(
    state: &mut State,
    events: &[SecurityEvent],
    now: Timestamp,
    config: &Config,
) -> Vec<Finding> {
    let clock = u32::try_from(now.as_second().max(0)).unwrap_or(u32::MAX);
    let mut run = Run {
        state,
        config,
        now: clock,
        touched: BTreeMap::new(),
        leaps: BTreeMap::new(),
        findings: Vec::new(),
    };
    let mut order: Vec<&SecurityEvent> = events.iter().collect();
    // Who failed and got in within the same instant failed first.
    order.sort_by_key(|event| (event.at, event.kind == EventKind::LoginSucceeded));
    let mut known = run.state.known();
    for chunk in order.chunks(AT_ONCE) {
        for event in chunk {
            run.count(event, &mut known);
        }
        run.judge();
        for (key, gone) in run.state.make_room() {
            run.end(key, &gone, "there was no room to watch it any longer");
        }
    }
    run.calm();
    run.findings
}

struct Run<'a> {
    state: &'a mut State,
    config: &'a Config,
    now: u32,
    /// Who was counted for, with a few of the events.
    touched: BTreeMap<Key, Evidence>,
    leaps: BTreeMap<Key, (u32, Leap)>,
    findings: Vec<Finding>,
}

impl Run<'_> {
    fn mine(&self, key: Key) -> bool {
        shard(key, self.state.of) == self.state.shard
    }

    fn count(&mut self, event: &SecurityEvent, known: &mut std::collections::HashSet<u32>) {
        let subjects = Subjects::of(event, self.config);
        let mut shares = subjects.shares(event, self.config);
        shares.retain(|share| self.mine(share.key));
        let logs_in = matches!(
            event.kind,
            EventKind::LoginFailed | EventKind::LoginSucceeded
        );
        let account = subjects.account.filter(|key| logs_in && self.mine(*key));
        if shares.is_empty() && account.is_none() {
            return;
        }
        if self.config.allows(event) {
            self.state.counters.allowed += 1;
            return;
        }
        let at = u32::try_from(event.at.as_second().max(0)).unwrap_or(u32::MAX);
        if at.saturating_add(seconds(self.config.policy.lateness)) < self.now {
            self.state.counters.late += 1;
            return;
        }
        if !event.id.is_empty() {
            let id = short(
                self.config
                    .hash(Dimension::Platform, &[event.id.as_bytes()]),
            );
            if !known.insert(id) {
                self.state.counters.repeated += 1;
                return;
            }
            self.state.note(id);
        }
        let at = at.min(self.now);
        for share in &shares {
            self.add(share, event, at);
        }
        let address = subjects.address.map_or(0, |key| short(key.hash));
        if let Some(account) = account {
            self.log_in(account, event, at, address);
        }
        if let Some(from) = subjects.address
            && event.kind == EventKind::LoginSucceeded
            && self.mine(from)
        {
            self.arrive(from, event, at);
        }
    }

    fn add(&mut self, share: &Share, event: &SecurityEvent, at: u32) {
        let Some(spec) = self.config.spec(share.detector) else {
            return;
        };
        if share.if_known && !self.state.subjects.contains_key(&share.key) {
            return;
        }
        let entry = self.state.subjects.entry(share.key);
        let config = self.config;
        let subject = entry.or_insert_with(|| Subject {
            rule: rule(share.detector, event, config),
            ..Subject::new(shown(share.key, share.detector, event, config))
        });
        let track = track(&mut subject.tracks, share.detector);
        for (window, count) in [
            (&mut track.fast, Some(spec.fast)),
            (&mut track.slow, spec.slow),
        ] {
            if let Some(count) = count {
                let most = judge::most(share.detector, count, self.config);
                window.add(count, at, share.hit, most);
            }
        }
        if share.hit.hits > 0 {
            track.last = track.last.max(at);
            self.touched.entry(share.key).or_default().add(event);
        }
    }

    /// What a log-in, or one that failed, says about the account.
    fn log_in(&mut self, key: Key, event: &SecurityEvent, at: u32, address: u32) {
        let Some(takeover) = self.config.spec(Detector::AccountTakeover) else {
            return self.travel(key, event, at, address);
        };
        if event.kind == EventKind::LoginFailed {
            let who = || Subject::new(subject::account(&event.account));
            let subject = self.state.subjects.entry(key).or_insert_with(who);
            let place = subject
                .failures
                .partition_point(|(earlier, _)| *earlier <= at);
            subject.failures.insert(place, (at, address));
            let most = takeover.fast.threshold as usize * SPARE;
            let surplus = subject.failures.len().saturating_sub(most);
            subject.failures.drain(..surplus);
            self.touched.entry(key).or_default().add(event);
        }
        self.travel(key, event, at, address);
    }

    fn travel(&mut self, key: Key, event: &SecurityEvent, at: u32, address: u32) {
        if event.kind != EventKind::LoginSucceeded {
            return;
        }
        let spec = self.config.spec(Detector::ImpossibleTravel);
        let policy = &self.config.policy;
        let impossible = |kilometres: f64, seconds: u32| {
            // A clock that ticks once a second makes everything at the same second infinitely fast.
            let hours = f64::from(seconds.max(1)) / 3_600.0;
            kilometres >= f64::from(policy.travel_distance)
                && kilometres / hours > f64::from(policy.travel_speed)
        };
        let window = spec.map_or(0, |spec| spec.fast.window);
        let profile = self.state.profiles.entry(key.hash).or_default();
        let leap = profile.arrive(at, address, Place::of(event), window, impossible);
        if let Some(leap) = leap.filter(|_| spec.is_some()) {
            self.leaps.insert(key, (at, leap));
            let who = || Subject::new(subject::account(&event.account));
            self.state.subjects.entry(key).or_insert_with(who);
        }
        if self.state.subjects.contains_key(&key) {
            self.touched.entry(key).or_default().add(event);
        }
    }

    /// Somebody got in from an address where others did not.
    fn arrive(&mut self, key: Key, event: &SecurityEvent, at: u32) {
        let Some(subject) = self.state.subjects.get_mut(&key) else {
            return;
        };
        let place = subject
            .arrivals
            .partition_point(|(earlier, _)| *earlier <= at);
        let who: CompactString = subject::account(&event.account);
        subject.arrivals.insert(place, (at, who));
        let surplus = subject.arrivals.len().saturating_sub(ARRIVALS);
        subject.arrivals.drain(..surplus);
        self.touched.entry(key).or_default().add(event);
    }

    fn judge(&mut self) {
        let leaps = std::mem::take(&mut self.leaps);
        for (key, evidence) in std::mem::take(&mut self.touched) {
            let Some(subject) = self.state.subjects.get_mut(&key) else {
                continue;
            };
            let profile = self.state.profiles.get(&key.hash);
            let mut verdicts = judge::counts(key, subject, self.config);
            if let Some((at, leap)) = leaps.get(&key) {
                verdicts.push(Verdict::travel(*at, leap));
            }
            // Last, since it asks who is being attacked.
            for verdict in &verdicts {
                let track = track(&mut subject.tracks, verdict.detector);
                track.last = track.last.max(verdict.last);
                if track.firing.is_none() {
                    track.firing = Some(Firing::of(verdict));
                    let found =
                        finding::firing(Who::of(key, subject), verdict, &evidence, self.config);
                    self.findings.extend(found);
                }
            }
            let profile = profile.filter(|_| key.dimension == Dimension::Account);
            if let Some(verdict) = judge::takeover(key, subject, profile, self.now, self.config) {
                let track = track(&mut subject.tracks, verdict.detector);
                track.last = track.last.max(verdict.last);
                if track.firing.is_none() {
                    track.firing = Some(Firing::of(&verdict));
                    let found =
                        finding::firing(Who::of(key, subject), &verdict, &evidence, self.config);
                    self.findings.extend(found);
                }
            }
        }
    }

    /// Ends what is over, and forgets what nobody will look at again.
    fn calm(&mut self) {
        let lateness = seconds(self.config.policy.lateness);
        let mut over = Vec::new();
        for (key, subject) in &mut self.state.subjects {
            for track in &mut subject.tracks {
                if calm::over_at(track, self.config).is_some_and(|end| end <= self.now) {
                    let who = Who {
                        key: *key,
                        shown: &subject.shown,
                        rule: subject.rule.as_ref(),
                    };
                    over.extend(finding::resolved(who, track, self.now, None, self.config));
                    track.firing = None;
                    track.fast.clear();
                    track.slow.clear();
                }
                if let Some(spec) = track.detector().and_then(|d| self.config.spec(d)) {
                    track.fast.expire(spec.fast, self.now, lateness);
                    if let Some(slow) = spec.slow {
                        track.slow.expire(slow, self.now, lateness);
                    }
                } else {
                    // The configuration has turned it off: what fires is ended by the time.
                    track.fast.clear();
                    track.slow.clear();
                }
            }
            subject.tracks.retain(|track| !track.is_idle());
            let takeover = self.config.spec(Detector::AccountTakeover);
            let window = takeover.map_or(0, |spec| spec.fast.window);
            let oldest = self.now.saturating_sub(window.saturating_add(lateness));
            subject.failures.retain(|(at, _)| *at >= oldest);
            if subject.tracks.is_empty() {
                subject.arrivals.clear();
            }
        }
        self.findings.extend(over);
        let now = self.now;
        self.state
            .subjects
            .retain(|_, subject| !subject.tracks.is_empty() || !subject.failures.is_empty());
        self.state
            .profiles
            .retain(|_, profile| !profile.is_old(now));
    }

    fn end(&mut self, key: Key, subject: &Subject, why: &str) {
        for track in subject.tracks.iter().filter(|track| track.firing.is_some()) {
            let found = finding::resolved(
                Who::of(key, subject),
                track,
                self.now,
                Some(why),
                self.config,
            );
            self.findings.extend(found);
        }
    }
}

fn track(tracks: &mut Vec<Track>, detector: Detector) -> &mut Track {
    let place = tracks
        .iter()
        .position(|track| track.detector() == Some(detector));
    let place = place.unwrap_or_else(|| {
        tracks.push(Track::new(detector));
        tracks.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the place was found or made above")]
    &mut tracks[place]
}
