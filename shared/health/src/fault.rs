//! The ways in which a probe gets no good answer, each by a name that stays the same.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal;)+) => {
        /// Why there is no good answer.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        pub enum FaultKind {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl FaultKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that findings, logs and documents have.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

kinds! {
    /// The name has no address, or the resolver does not answer.
    Dns, "dns";
    /// Nobody listens there.
    Refused, "refused";
    /// There is no way there.
    Unreachable, "unreachable";
    /// The connection did not stand in time.
    ConnectTimeout, "connect_timeout";
    /// The certificate is out of date.
    TlsExpired, "tls_expired";
    /// The certificate counts only later.
    TlsNotYetValid, "tls_not_yet_valid";
    /// Nobody whom we trust vouches for the certificate.
    TlsUntrusted, "tls_untrusted";
    /// The certificate is another's.
    TlsName, "tls_name";
    /// Encryption could not be agreed upon.
    TlsHandshake, "tls_handshake";
    /// Encryption was not agreed upon in time.
    TlsTimeout, "tls_timeout";
    /// The request was taken and no answer began in time.
    FirstByteTimeout, "timeout_first_byte";
    /// The answer began and did not end in time.
    BodyTimeout, "timeout_body";
    /// The connection was closed before the end of the answer.
    HalfClosed, "half_closed";
    /// The connection was broken off.
    Reset, "reset";
    /// The answer is not of the protocol that was spoken.
    Protocol, "protocol";
    /// The status is another than expected.
    BadStatus, "bad_status";
    /// A header is missing or another than expected.
    HeaderMismatch, "header_mismatch";
    /// The body is another than expected.
    BodyMismatch, "body_mismatch";
    /// The body is no JSON, or has another value than expected.
    JsonMismatch, "json_mismatch";
    /// The body is larger than a health check's should be.
    BodyTooLarge, "body_too_large";
    /// A redirect leads back to where it came from.
    RedirectLoop, "redirect_loop";
    /// There are more redirects than are followed.
    TooManyRedirects, "too_many_redirects";
    /// A redirect leads where it should not: nowhere, or from encrypted to plain.
    BadRedirect, "bad_redirect";
    /// What was sent did not come back.
    EchoMismatch, "echo_mismatch";
    /// The server does not take these credentials.
    AuthFailed, "auth_failed";
    /// The server takes no more connections.
    TooManyConnections, "too_many_connections";
    /// The server is starting, stopping or loading.
    NotReady, "not_ready";
    /// The server answers with an error of its own.
    ServerError, "server_error";
    /// The thing is not there.
    Missing, "missing";
    /// The thing is there and switched off.
    Inactive, "inactive";
    /// Its last update failed.
    UpdateFailed, "update_failed";
    /// A number is beyond a limit of `down_when`.
    Limit, "limit";
    /// The probe may not ask: its role lacks a permission.
    NotPermitted, "not_permitted";
    /// The probe's own credentials could not be read.
    NoCredentials, "no_credentials";
    /// The address is one that probes must not ask.
    ForbiddenAddress, "forbidden_address";
    /// There was no time left to ask, or to wait for the answer.
    OutOfTime, "out_of_time";
    /// The target cannot be read.
    Misconfigured, "misconfigured";
    /// AWS does not say how the thing is.
    AwsUnavailable, "aws_unavailable";
}

impl FaultKind {
    /// Whether the thing could not be asked: that says nothing about it, good or bad.
    #[must_use]
    pub const fn says_nothing(self) -> bool {
        match self {
            Self::NotPermitted
            | Self::NoCredentials
            | Self::ForbiddenAddress
            | Self::OutOfTime
            | Self::Misconfigured
            | Self::AwsUnavailable => true,
            Self::Dns
            | Self::Refused
            | Self::Unreachable
            | Self::ConnectTimeout
            | Self::TlsExpired
            | Self::TlsNotYetValid
            | Self::TlsUntrusted
            | Self::TlsName
            | Self::TlsHandshake
            | Self::TlsTimeout
            | Self::FirstByteTimeout
            | Self::BodyTimeout
            | Self::HalfClosed
            | Self::Reset
            | Self::Protocol
            | Self::BadStatus
            | Self::HeaderMismatch
            | Self::BodyMismatch
            | Self::JsonMismatch
            | Self::BodyTooLarge
            | Self::RedirectLoop
            | Self::TooManyRedirects
            | Self::BadRedirect
            | Self::EchoMismatch
            | Self::AuthFailed
            | Self::TooManyConnections
            | Self::NotReady
            | Self::ServerError
            | Self::Missing
            | Self::Inactive
            | Self::UpdateFailed
            | Self::Limit => false,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why there is no good answer, and what was seen.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// By its name.
    pub kind: FaultKind,
    /// What was seen, in words; never a credential.
    pub detail: String,
}

impl Fault {
    /// Details longer than this are cut: they stand in messages to people.
    const DETAIL: usize = 300;

    /// A fault; details are cut and put on one line.
    #[must_use]
    pub fn new(kind: FaultKind, detail: impl AsRef<str>) -> Self {
        let words = detail
            .as_ref()
            .split(|c: char| c.is_whitespace() || c.is_control());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        Self {
            kind,
            detail: words.join(" ").chars().take(Self::DETAIL).collect(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() {
            write!(f, "{}", self.kind)
        } else {
            write!(f, "{}: {}", self.kind, self.detail)
        }
    }
}
