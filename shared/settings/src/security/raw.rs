//! The serde twin of `security`: what may be written, before it is checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Detector;
use crate::Duration;

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

/// Attacks that show in the logs: from what number on, and who is not meant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Security"))]
#[serde(deny_unknown_fields, default)]
pub struct RawSecurity {
    /// Into how many records what is remembered is divided, 1 to 256. More records are smaller and cheaper to write.
    /// Changing it begins anew. Default: 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u16>,
    /// An event may come so late, or so much out of order, and still count as if it had come in time. Default: 15m.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub lateness: Option<Duration>,
    /// An attack is over when nothing was seen of it for so long; a slow one needs a sixth of its window. Default: 30m.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub calm: Option<Duration>,
    /// After what time a suspicion about one moment (a take-over, impossible travel) counts as over, if nothing more
    /// was seen. Default: 4h.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub hold: Option<Duration>,
    /// Of the log-ins from an address (a network, everywhere) so many of a hundred must fail before it counts as an
    /// attack: many people share one. Default: 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_percent: Option<u8>,
    /// Who tries more often than this for each account does not spray, but uses force. Default: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_per_account: Option<u32>,
    /// From so many addresses at least credential stuffing comes. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuffing_addresses: Option<u32>,
    /// How many leading bits of an address make a network.
    pub network: RawNetwork,
    /// What no traveller does.
    pub travel: RawTravel,
    /// Amounts of money.
    pub amounts: RawAmounts,
    /// Who is not meant: offices, load tests.
    pub allow: RawAllow,
    /// The detectors.
    pub detectors: RawDetectors,
}

/// How many leading bits of an address make a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityNetwork")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawNetwork {
    /// Of IPv4, 8 to 32. Default: 24.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<u8>,
    /// Of IPv6, 16 to 128. Default: 48, what one site is given (RFC 6177).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<u8>,
}

/// What no traveller does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityTravel")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawTravel {
    /// Faster than this, in kilometres an hour. Airliners cruise at 900. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<u32>,
    /// And further than this, in kilometres: what is known of an address's place is not exact. Default: 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u32>,
}

/// Amounts of money, in minor units (paise, cents) by currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityAmounts")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawAmounts {
    /// From these amounts on somebody is asked: `{INR: [500000, 1500000]}`. Default: none, so nothing is just under one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Vec<u64>>,
    /// So many percent below a limit are just under it. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_percent: Option<u8>,
    /// Refunds of one account within the window of `refund_amount` that are too much. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<String, u64>,
}

/// Who is not meant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityAllow")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawAllow {
    /// Addresses and networks: `203.0.113.7`, `198.51.100.0/24`, `2001:db8::/32`. What comes from there is no attack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Accounts, as they stand in the logs; case does not matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
}

/// One detector.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityDetector")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawDetector {
    /// `false` turns it off. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The service of the catalogue that is attacked. Default: auth, api or payments.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub service: Option<String>,
    /// It fires at this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// Within this time, 1m to 7d.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub window: Option<Duration>,
    /// And at this many over a longer time, for those who are patient. `{enabled: false}` turns it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<RawSlow>,
}

/// The same over a longer time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecuritySlow")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawSlow {
    /// `false` turns it off. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// It fires at this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// Within this time, up to 7d.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub window: Option<Duration>,
}

/// The detectors. What is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityDetectors")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawDetectors {
    /// Failed log-ins to one account. Default: 10 in 15m, 30 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brute_force_account: Option<RawDetector>,
    /// Failed log-ins from one address. Default: 50 in 15m, 300 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brute_force_address: Option<RawDetector>,
    /// Addresses from which log-ins to one account fail. Default: 5 in 1h, 10 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brute_force_distributed: Option<RawDetector>,
    /// Accounts to which log-ins from one address or network fail. Default: 10 in 30m, 25 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_spraying: Option<RawDetector>,
    /// Accounts to which log-ins fail, from wherever. Default: 100 in 15m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_stuffing: Option<RawDetector>,
    /// Failed log-ins to an account before one that succeeds. Default: 10 in 1h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_takeover: Option<RawDetector>,
    /// Log-ins to one account from places too far apart; `window` is the time within which two are compared. Default: 12h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impossible_travel: Option<RawDetector>,
    /// Requests that are refused for being too many, of one address (else account). Default: 50 in 5m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RawDetector>,
    /// Invalid tokens from one address. Default: 20 in 10m, 60 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_tokens: Option<RawDetector>,
    /// Forbidden requests of one account (else address). Default: 20 in 10m, 60 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unauthorised_access: Option<RawDetector>,
    /// Endpoints that are forbidden to one account (else address). Default: 8 in 30m, 20 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privilege_probing: Option<RawDetector>,
    /// Payments, made or declined, of one account. Default: 8 in 10m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_velocity_account: Option<RawDetector>,
    /// Payments, made or declined, from one device. Default: 10 in 10m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_velocity_device: Option<RawDetector>,
    /// Payments, made or declined, with one card. Default: 6 in 10m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_velocity_card: Option<RawDetector>,
    /// Declined payments from one device, and from one address. Default: 8 in 10m, 20 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_testing: Option<RawDetector>,
    /// Cards on one device (else account). Default: 4 in 1h, 6 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub many_cards: Option<RawDetector>,
    /// Payments of one account just under one of `amounts.limits`. Default: 3 in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub just_under_limit: Option<RawDetector>,
    /// Refunds of one account. Default: 4 in 7d.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_abuse: Option<RawDetector>,
    /// The sum of one account's refunds, against `amounts.refunds`. Default: in 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_amount: Option<RawDetector>,
    /// Broken rules of one kind, of one account (else address). Default: 1 in 1h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_violation: Option<RawDetector>,
}

impl RawDetectors {
    /// What is written about a detector.
    #[must_use]
    pub const fn get(&self, detector: Detector) -> Option<&RawDetector> {
        match detector {
            Detector::BruteForceAccount => self.brute_force_account.as_ref(),
            Detector::BruteForceAddress => self.brute_force_address.as_ref(),
            Detector::BruteForceDistributed => self.brute_force_distributed.as_ref(),
            Detector::PasswordSpraying => self.password_spraying.as_ref(),
            Detector::CredentialStuffing => self.credential_stuffing.as_ref(),
            Detector::AccountTakeover => self.account_takeover.as_ref(),
            Detector::ImpossibleTravel => self.impossible_travel.as_ref(),
            Detector::RateLimit => self.rate_limit.as_ref(),
            Detector::InvalidTokens => self.invalid_tokens.as_ref(),
            Detector::UnauthorisedAccess => self.unauthorised_access.as_ref(),
            Detector::PrivilegeProbing => self.privilege_probing.as_ref(),
            Detector::PaymentVelocityAccount => self.payment_velocity_account.as_ref(),
            Detector::PaymentVelocityDevice => self.payment_velocity_device.as_ref(),
            Detector::PaymentVelocityCard => self.payment_velocity_card.as_ref(),
            Detector::CardTesting => self.card_testing.as_ref(),
            Detector::ManyCards => self.many_cards.as_ref(),
            Detector::JustUnderLimit => self.just_under_limit.as_ref(),
            Detector::RefundAbuse => self.refund_abuse.as_ref(),
            Detector::RefundAmount => self.refund_amount.as_ref(),
            Detector::PolicyViolation => self.policy_violation.as_ref(),
        }
    }
}
