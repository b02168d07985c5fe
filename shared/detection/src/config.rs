//! What the detectors work by: the policy and the key of hashes.

use std::hash::Hasher;
use std::net::IpAddr;

use settings::{Detector, SecurityPolicy, Tier};
use siphasher::sip::SipHasher13;

use crate::SecurityEvent;
use crate::subject::Dimension;

/// A window is counted in so many parts, and slides by one of them.
pub(crate) const PARTS: u32 = 12;

/// The key of hashes. Whoever has the state and not the key cannot try out whose account a hash stands for.
///
/// It must stay the same from run to run, else everything is forgotten and what fires never ends.
#[derive(Clone, Copy)]
pub struct SubjectKey(u64, u64);

impl SubjectKey {
    /// A key of sixteen secret bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        let number = u128::from_le_bytes(bytes);
        let half = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
        Self(half(number), half(number >> 64))
    }
}

/// What the detectors work by.
#[derive(Clone)]
pub struct Config {
    pub(crate) policy: SecurityPolicy,
    key: SubjectKey,
    /// At the place of their detector.
    specs: Vec<Option<Spec>>,
}

/// A detector, ready to count.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) detector: Detector,
    pub(crate) service: String,
    pub(crate) fast: Count,
    pub(crate) slow: Option<Count>,
}

/// A threshold with its window, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) threshold: u32,
    pub(crate) window: u32,
    /// The length of a part of the window.
    pub(crate) part: u32,
}

impl Count {
    fn of(tier: Tier) -> Self {
        let window = seconds(tier.window);
        Self {
            threshold: tier.threshold,
            window,
            part: (window / PARTS).max(1),
        }
    }
}

pub(crate) fn seconds(duration: settings::Duration) -> u32 {
    u32::try_from(duration.as_millis() / 1_000).unwrap_or(u32::MAX)
}

impl Config {
    /// The detectors that a policy turns on.
    #[must_use]
    pub fn new(policy: SecurityPolicy, key: SubjectKey) -> Self {
        let spec = |detector: Detector| {
            let how = policy.detectors.get(&detector)?;
            Some(Spec {
                detector,
                service: how.service.to_string(),
                fast: Count::of(how.tier),
                slow: how.slow.map(Count::of),
            })
        };
        let specs = Detector::ALL.into_iter().map(spec).collect();
        Self { policy, key, specs }
    }

    /// Into how many records the state is divided.
    #[must_use]
    pub const fn shards(&self) -> u16 {
        self.policy.shards
    }

    /// The value of the label `subject` that findings about somebody have, by the name of the dimension: to look up
    /// whose account a hash stands for. Nothing if there is no such dimension, or the address is none.
    #[must_use]
    pub fn label(&self, dimension: &str, subject: &str) -> Option<String> {
        let dimension = Dimension::named(dimension)?;
        let bytes = match dimension {
            Dimension::Address => match subject.parse().ok()? {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            },
            Dimension::Account => subject.to_lowercase().into_bytes(),
            Dimension::Network | Dimension::Device | Dimension::Card | Dimension::Platform => {
                subject.as_bytes().to_vec()
            }
        };
        let key = crate::subject::Key {
            dimension,
            hash: self.hash(dimension, &[&bytes]),
        };
        Some(key.label(subject).into())
    }

    pub(crate) fn spec(&self, detector: Detector) -> Option<&Spec> {
        self.specs.get(detector as usize)?.as_ref()
    }

    pub(crate) fn hash(&self, dimension: Dimension, parts: &[&[u8]]) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write_u8(dimension as u8);
        for part in parts {
            hasher.write(part);
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }

    /// The network of an address.
    pub(crate) fn network(&self, address: IpAddr) -> Option<ipnet::IpNet> {
        let bits = match address {
            IpAddr::V4(_) => self.policy.ipv4_prefix,
            IpAddr::V6(_) => self.policy.ipv6_prefix,
        };
        ipnet::IpNet::new(address, bits).ok().map(|net| net.trunc())
    }

    pub(crate) fn allows(&self, event: &SecurityEvent) -> bool {
        let allow = &self.policy.allow;
        event.address.is_some_and(|from| allow.has_address(from))
            || (!event.account.is_empty() && allow.has_account(&event.account))
    }
}
