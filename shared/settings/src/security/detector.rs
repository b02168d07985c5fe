//! The detectors: what each counts, and from what number on that is an attack.

use std::fmt;

use crate::Duration;

/// What looks for one kind of attack.
///
/// Each has a default that is taken from somebody who knows, where there is one; docs/security.md explains them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Detector {
    /// Many failed log-ins to one account (ATT&CK T1110.001). PCI DSS 4.0, 8.3.4 locks an account after 10; UK
    /// Cyber Essentials allows 10 in 5 minutes. Slow: OWASP ASVS 2.2.1 allows 100 an hour, which is far too many to
    /// keep quiet about; nobody mistypes 30 times a day.
    BruteForceAccount,
    /// Many failed log-ins from one address (OWASP OAT-007). A mobile carrier's address has thousands of people
    /// behind it, so most log-ins from there must fail as well.
    BruteForceAddress,
    /// Failed log-ins to one account from many addresses (T1110, spread): nobody changes networks that often.
    BruteForceDistributed,
    /// One address, or one network, tries many accounts, each a few times only (T1110.003). Google SecOps' rule for
    /// Windows fires at more than 10 accounts in 30 minutes.
    PasswordSpraying,
    /// Very many accounts fail from many addresses at once (T1110.004, OWASP OAT-008).
    CredentialStuffing,
    /// Somebody gets in after many failures (T1110 → T1078): no address that this account is used to.
    AccountTakeover,
    /// Two log-ins too far apart for an airliner (T1078). Most products say 800 to 1,000 km/h.
    ImpossibleTravel,
    /// Requests go on although they are refused for being too many (OWASP API4:2023).
    RateLimit,
    /// Many tokens that never were valid (T1550, OWASP API2:2023).
    InvalidTokens,
    /// Many requests that are forbidden (OWASP API5:2023, CWE-285).
    UnauthorisedAccess,
    /// Many different doors are tried that are forbidden (T1087, OWASP API1:2023 and API5:2023).
    PrivilegeProbing,
    /// Many payments of one account in a short time.
    PaymentVelocityAccount,
    /// Many payments from one device.
    PaymentVelocityDevice,
    /// Many payments with one card.
    PaymentVelocityCard,
    /// Many declined payments from one device or address: somebody tries which stolen cards work (OWASP OAT-001, OAT-010).
    CardTesting,
    /// Many cards on one device (OWASP OAT-001).
    ManyCards,
    /// Several amounts just under a limit, where one would have been asked about.
    JustUnderLimit,
    /// Many refunds of one account.
    RefundAbuse,
    /// Refunds of one account come to a large amount.
    RefundAmount,
    /// A rule of the house was broken.
    PolicyViolation,
}

/// A number of events, accounts or other things that is too many within a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tier {
    /// It fires at this many.
    pub threshold: u32,
    /// Within this time.
    pub window: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

const fn tier(threshold: u32, seconds: u64) -> Tier {
    Tier {
        threshold,
        window: Duration::from_secs(seconds),
    }
}

impl Detector {
    /// Every detector.
    pub const ALL: [Self; 20] = [
        Self::BruteForceAccount,
        Self::BruteForceAddress,
        Self::BruteForceDistributed,
        Self::PasswordSpraying,
        Self::CredentialStuffing,
        Self::AccountTakeover,
        Self::ImpossibleTravel,
        Self::RateLimit,
        Self::InvalidTokens,
        Self::UnauthorisedAccess,
        Self::PrivilegeProbing,
        Self::PaymentVelocityAccount,
        Self::PaymentVelocityDevice,
        Self::PaymentVelocityCard,
        Self::CardTesting,
        Self::ManyCards,
        Self::JustUnderLimit,
        Self::RefundAbuse,
        Self::RefundAmount,
        Self::PolicyViolation,
    ];

    /// The name in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BruteForceAccount => "brute_force_account",
            Self::BruteForceAddress => "brute_force_address",
            Self::BruteForceDistributed => "brute_force_distributed",
            Self::PasswordSpraying => "password_spraying",
            Self::CredentialStuffing => "credential_stuffing",
            Self::AccountTakeover => "account_takeover",
            Self::ImpossibleTravel => "impossible_travel",
            Self::RateLimit => "rate_limit",
            Self::InvalidTokens => "invalid_tokens",
            Self::UnauthorisedAccess => "unauthorised_access",
            Self::PrivilegeProbing => "privilege_probing",
            Self::PaymentVelocityAccount => "payment_velocity_account",
            Self::PaymentVelocityDevice => "payment_velocity_device",
            Self::PaymentVelocityCard => "payment_velocity_card",
            Self::CardTesting => "card_testing",
            Self::ManyCards => "many_cards",
            Self::JustUnderLimit => "just_under_limit",
            Self::RefundAbuse => "refund_abuse",
            Self::RefundAmount => "refund_amount",
            Self::PolicyViolation => "policy_violation",
        }
    }

    /// What is too many, unless the configuration says otherwise. Where there is nothing to count (travel, a sum
    /// of money) the threshold is 1.
    #[must_use]
    pub const fn default_tier(self) -> Tier {
        match self {
            Self::BruteForceAccount => tier(10, 15 * MINUTE),
            Self::BruteForceAddress => tier(50, 15 * MINUTE),
            Self::BruteForceDistributed => tier(5, HOUR),
            Self::PasswordSpraying => tier(10, 30 * MINUTE),
            Self::CredentialStuffing => tier(100, 15 * MINUTE),
            Self::AccountTakeover => tier(10, HOUR),
            Self::ImpossibleTravel => tier(1, 12 * HOUR),
            Self::RateLimit => tier(50, 5 * MINUTE),
            Self::InvalidTokens | Self::UnauthorisedAccess => tier(20, 10 * MINUTE),
            Self::PrivilegeProbing => tier(8, 30 * MINUTE),
            Self::PaymentVelocityAccount | Self::CardTesting => tier(8, 10 * MINUTE),
            Self::PaymentVelocityDevice => tier(10, 10 * MINUTE),
            Self::PaymentVelocityCard => tier(6, 10 * MINUTE),
            Self::ManyCards => tier(4, HOUR),
            Self::JustUnderLimit => tier(3, DAY),
            Self::RefundAbuse => tier(4, 7 * DAY),
            Self::RefundAmount => tier(1, DAY),
            Self::PolicyViolation => tier(1, HOUR),
        }
    }

    /// What is too many over a long time, for those who take care not to be fast.
    #[must_use]
    pub const fn default_slow(self) -> Option<Tier> {
        match self {
            Self::BruteForceAccount => Some(tier(30, DAY)),
            Self::BruteForceAddress => Some(tier(300, DAY)),
            Self::BruteForceDistributed => Some(tier(10, DAY)),
            Self::PasswordSpraying => Some(tier(25, DAY)),
            Self::InvalidTokens | Self::UnauthorisedAccess => Some(tier(60, DAY)),
            Self::PrivilegeProbing | Self::CardTesting => Some(tier(20, DAY)),
            Self::ManyCards => Some(tier(6, DAY)),
            Self::CredentialStuffing
            | Self::AccountTakeover
            | Self::ImpossibleTravel
            | Self::RateLimit
            | Self::PaymentVelocityAccount
            | Self::PaymentVelocityDevice
            | Self::PaymentVelocityCard
            | Self::JustUnderLimit
            | Self::RefundAbuse
            | Self::RefundAmount
            | Self::PolicyViolation => None,
        }
    }

    /// The service of the catalogue that is attacked, unless the configuration says otherwise.
    #[must_use]
    pub const fn default_service(self) -> &'static str {
        match self {
            Self::BruteForceAccount
            | Self::BruteForceAddress
            | Self::BruteForceDistributed
            | Self::PasswordSpraying
            | Self::CredentialStuffing
            | Self::AccountTakeover
            | Self::ImpossibleTravel
            | Self::InvalidTokens => "auth",
            Self::RateLimit
            | Self::UnauthorisedAccess
            | Self::PrivilegeProbing
            | Self::PolicyViolation => "api",
            Self::PaymentVelocityAccount
            | Self::PaymentVelocityDevice
            | Self::PaymentVelocityCard
            | Self::CardTesting
            | Self::ManyCards
            | Self::JustUnderLimit
            | Self::RefundAbuse
            | Self::RefundAmount => "payments",
        }
    }

    /// Whether it counts different things (accounts, addresses, endpoints, cards) and not events. Those are
    /// remembered one by one, so there is a limit to how many may be asked for.
    #[must_use]
    pub const fn counts_distinct(self) -> bool {
        match self {
            Self::BruteForceDistributed
            | Self::PasswordSpraying
            | Self::CredentialStuffing
            | Self::PrivilegeProbing
            | Self::ManyCards => true,
            Self::BruteForceAccount
            | Self::BruteForceAddress
            | Self::AccountTakeover
            | Self::ImpossibleTravel
            | Self::RateLimit
            | Self::InvalidTokens
            | Self::UnauthorisedAccess
            | Self::PaymentVelocityAccount
            | Self::PaymentVelocityDevice
            | Self::PaymentVelocityCard
            | Self::CardTesting
            | Self::JustUnderLimit
            | Self::RefundAbuse
            | Self::RefundAmount
            | Self::PolicyViolation => false,
        }
    }

    /// Whether a threshold means anything to it.
    #[must_use]
    pub const fn counts(self) -> bool {
        !matches!(self, Self::ImpossibleTravel | Self::RefundAmount)
    }

    /// Whether it can look over a long time as well: the others are about one moment or look long already.
    #[must_use]
    pub const fn may_be_slow(self) -> bool {
        self.counts() && !matches!(self, Self::AccountTakeover)
    }
}

impl fmt::Display for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
