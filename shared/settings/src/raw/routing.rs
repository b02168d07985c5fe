//! The serde twins of the routing tree, its receivers and inhibition, in Alertmanager's words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Channel, Duration};

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

const fn default_send_resolved() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_true(value: &bool) -> bool {
    *value
}

/// One node of the routing tree. An alert goes down it to the first child that matches (and to later
/// ones, where that child says `continue`); the last node on its way tells its receiver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Route"))]
#[serde(deny_unknown_fields, default)]
pub struct RawRoute {
    /// The receiver that is told; default: the parent's. The root needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// All of these must hold; none in the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matchers")))]
    pub matchers: Vec<String>,
    /// The older form of `matchers`: labels and the texts that they must have.
    #[serde(rename = "match", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-keys" = "label")))]
    pub equal: BTreeMap<String, String>,
    /// The older form of `matchers`: labels and the regular expressions that their texts must match.
    #[serde(rename = "match_re", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        feature = "yaml",
        schemars(extend("x-keys" = "label", "x-items" = "expression"))
    )]
    pub expressions: BTreeMap<String, String>,
    /// The labels whose values make one group; `['...']` makes each alert a group of its own. Default: the
    /// parent's; the root's is none, which makes one group of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "label")))]
    pub group_by: Option<Vec<String>>,
    /// How long a new group waits for others to join it. Default: the parent's; the root's is 30s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "duration")))]
    pub group_wait: Option<Duration>,
    /// How long news of a group that was told waits; `0s` tells each change at once. Default: the parent's;
    /// the root's is 5m.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "duration")))]
    pub group_interval: Option<Duration>,
    /// After what time a group that still fires is told again, though nothing changed. Default: the parent's;
    /// the root's is 4h.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub repeat_interval: Option<Duration>,
    /// Whether an alert that matches goes on to the siblings below.
    #[serde(rename = "continue", skip_serializing_if = "is_false")]
    pub continues: bool,
    /// Time intervals in which this route tells nothing. Not inherited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<String>,
    /// Time intervals in which alone this route tells anything. Not inherited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub active_time_intervals: Vec<String>,
    /// The escalation that climbs until somebody acknowledges. Default: the parent's; `none` ends the inheritance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<String>,
    /// The children, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RawRoute>,
}

/// Somebody who can be told, by one channel or several. One without any tells nobody, on purpose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Receiver"))]
#[serde(deny_unknown_fields)]
pub struct RawReceiver {
    /// The name that routes and escalations use.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "receiver")))]
    pub name: String,
    /// Letters through Amazon SES; `to`: addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email: Vec<RawIntegration>,
    /// Slack; `to`: channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slack: Vec<RawIntegration>,
    /// Text messages; `to`: numbers in E.164.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sms: Vec<RawIntegration>,
    /// PagerDuty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pagerduty: Vec<RawIntegration>,
    /// The signed webhook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhook: Vec<RawIntegration>,
}

/// One way in which a receiver is told; `{}` is the stack's own destination of that channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Integration"))]
#[serde(deny_unknown_fields)]
pub struct RawIntegration {
    /// Whom it reaches; default: the stack's own destination of that channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "text")))]
    pub to: Vec<String>,
    /// Whether the end of what was told is told as well.
    #[serde(default = "default_send_resolved", skip_serializing_if = "is_true")]
    pub send_resolved: bool,
}

impl Default for RawIntegration {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            send_resolved: true,
        }
    }
}

/// While an alert fires that matches the source, alerts that match the target are not told, as far as both
/// have the same values of the labels in `equal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "InhibitRule"))]
#[serde(deny_unknown_fields, default)]
pub struct RawInhibitRule {
    /// Its name in reasons; default: its matchers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "receiver")))]
    pub name: Option<String>,
    /// What inhibits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matchers")))]
    pub source_matchers: Vec<String>,
    /// What is inhibited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matchers")))]
    pub target_matchers: Vec<String>,
    /// The older form of `source_matchers`: labels and texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-keys" = "label")))]
    pub source_match: BTreeMap<String, String>,
    /// The older form of `source_matchers`: labels and regular expressions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        feature = "yaml",
        schemars(extend("x-keys" = "label", "x-items" = "expression"))
    )]
    pub source_match_re: BTreeMap<String, String>,
    /// The older form of `target_matchers`: labels and texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-keys" = "label")))]
    pub target_match: BTreeMap<String, String>,
    /// The older form of `target_matchers`: labels and regular expressions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        feature = "yaml",
        schemars(extend("x-keys" = "label", "x-items" = "expression"))
    )]
    pub target_match_re: BTreeMap<String, String>,
    /// The labels whose values both alerts must share; one that both lack is shared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "label")))]
    pub equal: Vec<String>,
}

impl RawReceiver {
    /// Its integrations of one channel.
    #[must_use]
    pub fn integrations(&self, channel: Channel) -> &[RawIntegration] {
        match channel {
            Channel::Email => &self.email,
            Channel::Slack => &self.slack,
            Channel::Sms => &self.sms,
            Channel::Pagerduty => &self.pagerduty,
            Channel::Webhook => &self.webhook,
        }
    }

    /// Its integrations of one channel, to be changed.
    pub const fn integrations_mut(&mut self, channel: Channel) -> &mut Vec<RawIntegration> {
        match channel {
            Channel::Email => &mut self.email,
            Channel::Slack => &mut self.slack,
            Channel::Sms => &mut self.sms,
            Channel::Pagerduty => &mut self.pagerduty,
            Channel::Webhook => &mut self.webhook,
        }
    }
}
