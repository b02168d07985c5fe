//! From what was counted to whether that is an attack.

use compact_str::CompactString;
use settings::Detector;

use crate::Config;
use crate::config::{Count, seconds};
use crate::profile::{Leap, Profile};
use crate::share::BILLION;
use crate::state::Subject;
use crate::subject::{Dimension, Key};
use crate::track::{Firing, Most, Sum, Track, Window};

/// Something is an attack.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) detector: Detector,
    pub(crate) slow: bool,
    /// What reached the threshold.
    pub(crate) count: u64,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) sum: Sum,
    pub(crate) leap: Option<Leap>,
    /// Who got in, masked.
    pub(crate) who: Vec<CompactString>,
}

impl Verdict {
    pub(crate) fn travel(at: u32, leap: &Leap) -> Self {
        Self {
            leap: Some(*leap),
            ..Self::moment(Detector::ImpossibleTravel, at, 1)
        }
    }

    fn moment(detector: Detector, at: u32, count: u64) -> Self {
        Self {
            detector,
            slow: false,
            count,
            first: at,
            last: at,
            sum: Sum::default(),
            leap: None,
            who: Vec::new(),
        }
    }
}

impl Firing {
    pub(crate) const fn of(verdict: &Verdict) -> Self {
        Self {
            since: verdict.first,
            slow: verdict.slow,
            count: verdict.count,
        }
    }
}

/// How many different things a part of a window remembers: twice the threshold, so that one can tell who tries each
/// account a few times from who tries few many times.
pub(crate) fn most(detector: Detector, count: Count, config: &Config) -> Most {
    if !detector.counts_distinct() {
        return Most { set: 0, also: 0 };
    }
    let also = match detector {
        Detector::CredentialStuffing => config.policy.stuffing_addresses as usize,
        Detector::PasswordSpraying => 2,
        Detector::BruteForceAccount
        | Detector::BruteForceAddress
        | Detector::BruteForceDistributed
        | Detector::AccountTakeover
        | Detector::ImpossibleTravel
        | Detector::RateLimit
        | Detector::InvalidTokens
        | Detector::UnauthorisedAccess
        | Detector::PrivilegeProbing
        | Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard
        | Detector::CardTesting
        | Detector::ManyCards
        | Detector::JustUnderLimit
        | Detector::RefundAbuse
        | Detector::RefundAmount
        | Detector::PolicyViolation => 0,
    };
    Most {
        set: 2 * count.threshold as usize,
        also,
    }
}

/// What the counts of a subject come to, where nothing fires yet.
pub(crate) fn counts(key: Key, subject: &Subject, config: &Config) -> Vec<Verdict> {
    let quiet = subject.tracks.iter().filter(|track| track.firing.is_none());
    quiet
        .filter_map(|track| count(key, track, config))
        .collect()
}

fn count(key: Key, track: &Track, config: &Config) -> Option<Verdict> {
    let spec = config.spec(track.detector()?)?;
    let detector = spec.detector;
    let look = |window: &Window, count: Count, slow: bool| {
        let sums = window.sums(count, most(detector, count, config));
        let found = sums
            .filter(|sum| fires(key, detector, count, *sum, config))
            .max_by_key(|sum| (measure(detector, *sum), sum.first))?;
        Some(Verdict {
            detector,
            slow,
            count: measure(detector, found),
            first: found.first,
            last: track.last,
            sum: found,
            leap: None,
            who: Vec::new(),
        })
    };
    let slow = || spec.slow.and_then(|count| look(&track.slow, count, true));
    look(&track.fast, spec.fast, false).or_else(slow)
}

/// What is compared with the threshold.
fn measure(detector: Detector, sum: Sum) -> u64 {
    if detector.counts_distinct() {
        sum.about
    } else if detector == Detector::RefundAmount {
        sum.hits / BILLION
    } else {
        sum.hits
    }
}

fn fires(key: Key, detector: Detector, count: Count, sum: Sum, config: &Config) -> bool {
    let reached = if detector.counts_distinct() {
        sum.distinct
    } else {
        measure(detector, sum)
    };
    if reached < u64::from(count.threshold) {
        return false;
    }
    let policy = &config.policy;
    let mostly_failing = || {
        let all = sum.hits.saturating_add(sum.others);
        sum.hits.saturating_mul(100) >= all.saturating_mul(u64::from(policy.failure_percent))
    };
    match detector {
        Detector::BruteForceAddress => mostly_failing(),
        Detector::PasswordSpraying => {
            let few_each = sum.hits
                <= sum
                    .about
                    .saturating_mul(u64::from(policy.tries_per_account));
            // One address of a network is told as an address.
            let spread = key.dimension != Dimension::Network || sum.also >= 2;
            mostly_failing() && few_each && spread
        }
        Detector::CredentialStuffing => {
            mostly_failing() && sum.also >= u64::from(policy.stuffing_addresses)
        }
        Detector::BruteForceAccount
        | Detector::BruteForceDistributed
        | Detector::AccountTakeover
        | Detector::ImpossibleTravel
        | Detector::RateLimit
        | Detector::InvalidTokens
        | Detector::UnauthorisedAccess
        | Detector::PrivilegeProbing
        | Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard
        | Detector::CardTesting
        | Detector::ManyCards
        | Detector::JustUnderLimit
        | Detector::RefundAbuse
        | Detector::RefundAmount
        | Detector::PolicyViolation => true,
    }
}

/// Whether somebody got in who should not have.
pub(crate) fn takeover(
    key: Key,
    subject: &Subject,
    profile: Option<&Profile>,
    now: u32,
    config: &Config,
) -> Option<Verdict> {
    let spec = config.spec(Detector::AccountTakeover)?;
    // What is longer ago was judged, and may have been told to be over.
    let since = now.saturating_sub(seconds(config.policy.hold));
    match key.dimension {
        Dimension::Account => {
            let logins = profile.into_iter().flat_map(Profile::sightings);
            let logins = logins.flat_map(|place| [(place.first, place), (place.last, place)]);
            let suspect = logins.filter_map(|(at, place)| {
                let from = at.saturating_sub(spec.fast.window);
                let within = |(when, _): &&(u32, u32)| (from..=at).contains(when);
                let failed = subject.failures.iter().filter(within);
                let count = failed.clone().count();
                // Somebody who mistypes at home is let in at home. An attacker's address is new, or failed as well.
                let usual = place.first < from && failed.clone().all(|(_, a)| *a != place.address);
                let attacked =
                    count >= spec.fast.threshold as usize || is_attacked(subject, at, config);
                (at > since && attacked && !usual).then_some((at, count))
            });
            let (at, count) = suspect.max()?;
            Some(Verdict::moment(spec.detector, at, count as u64))
        }
        Dimension::Address => {
            let spray = subject.tracks.iter().find(|track| {
                track.detector() == Some(Detector::PasswordSpraying) && track.firing.is_some()
            })?;
            let began = spray.firing?.since.max(since);
            let got_in = subject.arrivals.iter().filter(|(at, _)| *at >= began);
            let last = got_in.clone().map(|(at, _)| *at).max()?;
            let mut who: Vec<CompactString> = got_in.map(|(_, who)| who.clone()).collect();
            who.dedup();
            let count = who.len() as u64;
            Some(Verdict {
                who,
                ..Verdict::moment(spec.detector, last, count)
            })
        }
        Dimension::Network | Dimension::Device | Dimension::Card | Dimension::Platform => None,
    }
}

/// Whether log-ins to the account were being forced then, slowly or from many places.
fn is_attacked(subject: &Subject, at: u32, config: &Config) -> bool {
    let calm = seconds(config.policy.calm);
    subject.tracks.iter().any(|track| {
        let forces = matches!(
            track.detector(),
            Some(Detector::BruteForceAccount | Detector::BruteForceDistributed)
        );
        let during = |firing: Firing| firing.since <= at && at <= track.last.saturating_add(calm);
        forces && track.firing.is_some_and(during)
    })
}
