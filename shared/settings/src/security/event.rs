//! What log rules name: the kinds of security events and the fields that they have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What happened, as far as security is concerned. Rules about logs say which line is what; detectors count them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(schemars::JsonSchema),
    schemars(rename = "SecurityEventKind")
)]
#[serde(rename_all = "snake_case")]
pub enum SecurityEventKind {
    /// Somebody logged in.
    LoginSucceeded,
    /// Somebody tried to and could not: a wrong password, a wrong code, no such account.
    LoginFailed,
    /// A token that was never valid: forged, broken, revoked, replayed. One that merely expired is none.
    TokenInvalid,
    /// A request was refused because there were too many.
    RateLimited,
    /// A request was refused because whoever made it may not do that (403), or said nothing of who it is (401).
    AccessDenied,
    /// A payment was made.
    PaymentSucceeded,
    /// A payment was tried and declined.
    PaymentFailed,
    /// Money went back.
    PaymentRefunded,
    /// A rule of the house was broken; `detail` names the rule.
    PolicyViolated,
}

impl SecurityEventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::LoginSucceeded,
        Self::LoginFailed,
        Self::TokenInvalid,
        Self::RateLimited,
        Self::AccessDenied,
        Self::PaymentSucceeded,
        Self::PaymentFailed,
        Self::PaymentRefunded,
        Self::PolicyViolated,
    ];

    /// The name in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginFailed => "login_failed",
            Self::TokenInvalid => "token_invalid",
            Self::RateLimited => "rate_limited",
            Self::AccessDenied => "access_denied",
            Self::PaymentSucceeded => "payment_succeeded",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentRefunded => "payment_refunded",
            Self::PolicyViolated => "policy_violated",
        }
    }
}

impl fmt::Display for SecurityEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field of a security event that a log's field can fill.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(schemars::JsonSchema),
    schemars(rename = "SecurityField")
)]
#[serde(rename_all = "snake_case")]
pub enum SecurityField {
    /// Who: the account's id, or the name, e-mail address or telephone number that was tried.
    Account,
    /// From where: an IP address, with or without a port; of a list (`X-Forwarded-For`) the first.
    Address,
    /// The device's id.
    Device,
    /// The card: its token or fingerprint at the payment provider. Never the number itself.
    Card,
    /// An amount of money in minor units (paise, cents).
    Amount,
    /// The currency of the amount, as in ISO 4217.
    Currency,
    /// What was called: method and route, such as `GET /schools/{id}`.
    Endpoint,
    /// Degrees north, -90 to 90.
    Latitude,
    /// Degrees east, -180 to 180.
    Longitude,
    /// The rule that was broken, the reason that was given.
    Detail,
    /// What people look up in the logs: the request's id.
    Reference,
}

impl SecurityField {
    /// Every field.
    pub const ALL: [Self; 11] = [
        Self::Account,
        Self::Address,
        Self::Device,
        Self::Card,
        Self::Amount,
        Self::Currency,
        Self::Endpoint,
        Self::Latitude,
        Self::Longitude,
        Self::Detail,
        Self::Reference,
    ];

    /// The name in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
            Self::Device => "device",
            Self::Card => "card",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Endpoint => "endpoint",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Detail => "detail",
            Self::Reference => "reference",
        }
    }
}

impl fmt::Display for SecurityField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
