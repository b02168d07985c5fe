//! The serde twin of a probe: what is asked of a thing to know whether it is well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Duration, ProbeKind, Severity};

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// One thing that is asked, again and again, whether it is well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Probe"))]
#[serde(deny_unknown_fields)]
pub struct RawProbe {
    /// Its name: the dimension of its metrics, a label of its findings.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub name: String,
    /// What it looks after, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The service of the catalogue that is in trouble when it fails.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub service: String,
    /// How it asks.
    pub kind: ProbeKind,
    /// Whom it asks; `${name}` stands for a value that the deployment gives (`ProbeTargets`), and without that
    /// value the probe is left out. http: an address; websocket: `wss://…`; tcp: `host:port`; postgres:
    /// `postgres://user@host/database`; redis: `rediss://host:6379`; lambda, sqs: a name, or a queue's address.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "text")))]
    pub target: String,
    /// How often it asks. Default: 1m when critical, else 5m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub every: Option<Duration>,
    /// How long it waits for all of an answer. Default: 5s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub timeout: Option<Duration>,
    /// How bad it is when it is down; a label of its findings, which rules look at. Default: high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// How many of how many answers must fail before it counts as down or degraded: `2 of 3`, the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "n_of_m")))]
    pub fail_after: Option<String>,
    /// How many good answers in a row end the trouble. Default: 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recover_after: Option<u32>,
    /// After what time without any verdict that is trouble of its own. Default: three times `every`, at least 10m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub unknown_after: Option<Duration>,
    /// The probes of what it needs: while one of them is down, that explains its own trouble, and nobody is told twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// The ARN or name of a secret in Secrets Manager, a JSON map: `username`, `password`, `token` (sent as a
    /// bearer token), `ca_pem` (certificates to trust as well). `${name}` as in `target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "text")))]
    pub credentials: Option<String>,
    /// What the answer to an HTTP request must be. Default: a status of 200 to 299.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<RawExpectation>,
    /// Any of these makes it degraded: comparisons of what was measured, such as `total_ms > 1000`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub degraded_when: Vec<String>,
    /// Any of these makes it down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub down_when: Vec<String>,
    /// So many days before its certificate expires somebody is told. Default: 14.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_days: Option<u32>,
    /// How many redirects it follows. Default: 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirects: Option<u32>,
    /// A text that a WebSocket must send back. Default: the handshake is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<String>,
    /// Whether it may ask link-local addresses, where clouds keep credentials.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_link_local: bool,
}

/// What the answer to an HTTP request must be; all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Expectation"))]
#[serde(deny_unknown_fields, default)]
pub struct RawExpectation {
    /// One of these: `200`, `2xx`, `200-299`. Default: `2xx`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "status")))]
    pub status: Vec<String>,
    /// Headers and the expressions that their whole values must match.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "expression")))]
    pub headers: BTreeMap<String, String>,
    /// Texts that the body must contain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "text")))]
    pub body: Vec<String>,
    /// Regular expressions that the whole body must match; begin and end with `(?s).*` to look inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "expression")))]
    pub body_matches: Vec<String>,
    /// Matchers on the body as JSON, by the path of a value: `status="ok"`, `checks.0.lag < 5`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub json: Vec<String>,
}
