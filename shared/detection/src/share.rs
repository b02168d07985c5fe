//! Which subjects an event counts for, and how.

use compact_str::{CompactString, ToCompactString};
use settings::Detector;

use crate::subject::{self, Dimension, Key, short};
use crate::track::Hit;
use crate::{Config, EventKind, SecurityEvent};

/// What `refund_amount` counts up to.
pub(crate) const BILLION: u64 = 1_000_000_000;

/// What one event adds for one subject and detector.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) key: Key,
    pub(crate) detector: Detector,
    pub(crate) hit: Hit,
    /// Whether it counts only if the subject is known already: who did nothing wrong is not remembered.
    pub(crate) if_known: bool,
}

const ONE: Hit = Hit {
    hits: 1,
    others: 0,
    set: None,
    also: None,
};
const OTHER: Hit = Hit {
    hits: 0,
    others: 1,
    set: None,
    also: None,
};

/// The subjects of an event, each hashed once.
pub(crate) struct Subjects {
    pub(crate) account: Option<Key>,
    pub(crate) address: Option<Key>,
    network: Option<Key>,
    device: Option<Key>,
    card: Option<Key>,
    platform: Key,
}

impl Subjects {
    pub(crate) fn of(event: &SecurityEvent, config: &Config) -> Self {
        let key = |dimension, text: &[u8]| {
            (!text.is_empty()).then(|| Key {
                dimension,
                hash: config.hash(dimension, &[text]),
            })
        };
        let octets = event.address.map(|address| match address {
            std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
            std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
        });
        let network = event.address.and_then(|address| config.network(address));
        let network = network.map(|net| net.to_compact_string());
        Self {
            account: key(Dimension::Account, event.account.as_bytes()),
            address: key(Dimension::Address, &octets.unwrap_or_default()),
            network: key(Dimension::Network, network.unwrap_or_default().as_bytes()),
            device: key(Dimension::Device, event.device.as_bytes()),
            card: key(Dimension::Card, event.card.as_bytes()),
            platform: Key {
                dimension: Dimension::Platform,
                hash: config.hash(Dimension::Platform, &[]),
            },
        }
    }

    /// What the event adds to whom.
    pub(crate) fn shares(&self, event: &SecurityEvent, config: &Config) -> Vec<Share> {
        let mut shares = Vec::with_capacity(8);
        let mut add = |key: Option<Key>, detector: Detector, hit: Hit| {
            if let Some(key) = key
                && config.spec(detector).is_some()
            {
                shares.push(Share {
                    key,
                    detector,
                    hit,
                    if_known: hit.hits == 0,
                });
            }
        };
        let hash = |key: Option<Key>| key.map(|key| short(key.hash));
        match event.kind {
            EventKind::LoginFailed => {
                let from = Hit {
                    set: hash(self.address),
                    ..ONE
                };
                let tried = Hit {
                    set: hash(self.account),
                    also: hash(self.address),
                    ..ONE
                };
                add(self.account, Detector::BruteForceAccount, ONE);
                if self.address.is_some() {
                    add(self.account, Detector::BruteForceDistributed, from);
                }
                add(self.address, Detector::BruteForceAddress, ONE);
                if self.account.is_some() {
                    add(self.address, Detector::PasswordSpraying, tried);
                    add(self.network, Detector::PasswordSpraying, tried);
                    add(Some(self.platform), Detector::CredentialStuffing, tried);
                }
            }
            EventKind::LoginSucceeded => {
                add(self.address, Detector::BruteForceAddress, OTHER);
                add(self.address, Detector::PasswordSpraying, OTHER);
                add(self.network, Detector::PasswordSpraying, OTHER);
                add(Some(self.platform), Detector::CredentialStuffing, OTHER);
            }
            EventKind::TokenInvalid => {
                add(self.address.or(self.account), Detector::InvalidTokens, ONE);
            }
            EventKind::RateLimited => {
                add(self.address.or(self.account), Detector::RateLimit, ONE);
            }
            EventKind::AccessDenied => {
                let who = self.account.or(self.address);
                add(who, Detector::UnauthorisedAccess, ONE);
                if !event.endpoint.is_empty() {
                    let what = config.hash(Dimension::Platform, &[event.endpoint.as_bytes()]);
                    let door = Hit {
                        set: Some(short(what)),
                        ..ONE
                    };
                    add(who, Detector::PrivilegeProbing, door);
                }
            }
            EventKind::PaymentSucceeded | EventKind::PaymentFailed => {
                add(self.account, Detector::PaymentVelocityAccount, ONE);
                add(self.device, Detector::PaymentVelocityDevice, ONE);
                add(self.card, Detector::PaymentVelocityCard, ONE);
                if let Some(card) = self.card {
                    let used = Hit {
                        set: Some(short(card.hash)),
                        ..ONE
                    };
                    add(self.device.or(self.account), Detector::ManyCards, used);
                }
                if event.kind == EventKind::PaymentFailed {
                    add(self.device, Detector::CardTesting, ONE);
                    add(self.address, Detector::CardTesting, ONE);
                } else if just_under(event, config) {
                    add(self.account, Detector::JustUnderLimit, ONE);
                }
            }
            EventKind::PaymentRefunded => {
                add(self.account, Detector::RefundAbuse, ONE);
                if let Some(hits) = billionths(event, config) {
                    add(self.account, Detector::RefundAmount, Hit { hits, ..ONE });
                }
            }
            EventKind::PolicyViolated => {
                // Each rule by itself: that one was broken says nothing of another.
                let who = self.account.or(self.address).map(|who| Key {
                    dimension: who.dimension,
                    hash: config.hash(
                        who.dimension,
                        &[&who.hash.to_le_bytes(), event.detail.as_bytes()],
                    ),
                });
                add(who, Detector::PolicyViolation, ONE);
            }
        }
        shares
    }
}

/// The rule that an event broke, with the hash of who broke it.
pub(crate) fn rule(
    detector: Detector,
    event: &SecurityEvent,
    config: &Config,
) -> Option<(u64, CompactString)> {
    if detector != Detector::PolicyViolation {
        return None;
    }
    let subjects = Subjects::of(event, config);
    let who = subjects.account.or(subjects.address)?;
    Some((who.hash, subject::evidence(&event.detail)))
}

/// What people see of a subject.
pub(crate) fn shown(
    key: Key,
    detector: Detector,
    event: &SecurityEvent,
    config: &Config,
) -> CompactString {
    let who = match key.dimension {
        Dimension::Account => subject::account(&event.account),
        Dimension::Address => event
            .address
            .map(|a| a.to_compact_string())
            .unwrap_or_default(),
        Dimension::Network => {
            let network = event.address.and_then(|address| config.network(address));
            network
                .map(|net| net.to_compact_string())
                .unwrap_or_default()
        }
        Dimension::Device => subject::tail(&event.device),
        Dimension::Card => subject::tail(&event.card),
        Dimension::Platform => CompactString::const_new("everybody"),
    };
    if detector == Detector::PolicyViolation {
        return compact_str::format_compact!("{who} ({})", subject::evidence(&event.detail));
    }
    who
}

fn just_under(event: &SecurityEvent, config: &Config) -> bool {
    let amount = event.amount.and_then(|amount| u64::try_from(amount).ok());
    let limits = config.policy.limits.get(&event.currency);
    let margin = u64::from(config.policy.margin_percent);
    amount.zip(limits).is_some_and(|(amount, limits)| {
        limits.iter().any(|limit| {
            let from = limit - limit.saturating_mul(margin) / 100;
            amount >= from && amount < *limit
        })
    })
}

/// A refund in billionths of what is too much, rounded up: so sums of several currencies come together.
fn billionths(event: &SecurityEvent, config: &Config) -> Option<u64> {
    let amount = u64::try_from(event.amount?).ok()?;
    let most = config.policy.refunds.get(&event.currency)?;
    Some(amount.saturating_mul(BILLION).div_ceil((*most).max(1)))
}
