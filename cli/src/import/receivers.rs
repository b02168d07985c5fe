//! Receivers: what can be told here is told, what cannot is named, and nobody is silently told nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use settings::Channel;

use super::notes::{Notes, join};

/// A kind of integration of Alertmanager's.
struct Kind {
    key: &'static str,
    /// What people call it.
    name: &'static str,
    /// Whether Alertmanager tells the end of an alert unless it is told otherwise.
    send_resolved: bool,
    channel: Option<Channel>,
    /// The fields that are carried over, beside `send_resolved`.
    kept: &'static [&'static str],
}

const fn kind(
    key: &'static str,
    name: &'static str,
    send_resolved: bool,
    channel: Option<Channel>,
    kept: &'static [&'static str],
) -> Kind {
    Kind {
        key,
        name,
        send_resolved,
        channel,
        kept,
    }
}

const KINDS: [Kind; 18] = [
    kind(
        "email_configs",
        "e-mail",
        false,
        Some(Channel::Email),
        &["to"],
    ),
    kind(
        "slack_configs",
        "Slack",
        false,
        Some(Channel::Slack),
        &["channel"],
    ),
    kind(
        "pagerduty_configs",
        "PagerDuty",
        true,
        Some(Channel::Pagerduty),
        &[],
    ),
    kind(
        "webhook_configs",
        "a webhook",
        true,
        Some(Channel::Webhook),
        &[],
    ),
    kind(
        "sns_configs",
        "an Amazon SNS topic",
        true,
        Some(Channel::Sms),
        &["phone_number"],
    ),
    kind("opsgenie_configs", "Opsgenie", true, None, &[]),
    kind("victorops_configs", "VictorOps", true, None, &[]),
    kind("pushover_configs", "Pushover", true, None, &[]),
    kind("wechat_configs", "WeChat", false, None, &[]),
    kind("telegram_configs", "Telegram", true, None, &[]),
    kind("discord_configs", "Discord", true, None, &[]),
    kind("webex_configs", "Webex", true, None, &[]),
    kind("msteams_configs", "Microsoft Teams", true, None, &[]),
    kind("msteamsv2_configs", "Microsoft Teams", true, None, &[]),
    kind("rocketchat_configs", "Rocket.Chat", false, None, &[]),
    kind("jira_configs", "Jira", true, None, &[]),
    kind("mattermost_configs", "Mattermost", true, None, &[]),
    kind("incidentio_configs", "incident.io", true, None, &[]),
];

pub(super) fn read(document: &Map<String, Value>, notes: &mut Notes) -> Value {
    let mut names = BTreeSet::new();
    let mut receivers = Vec::new();
    for (path, item) in notes.list(document, "", "receivers") {
        let map = notes.map(item, &path).clone();
        let Some(name) = notes.text(&map, &path, "name").filter(|n| !n.is_empty()) else {
            notes.fault(&path, "there is no `name`");
            continue;
        };
        if !names.insert(name.clone()) {
            notes.fault(&path, format!("there are two receivers `{name}`"));
        }
        receivers.push(receiver(&name, &map, &path, notes));
    }
    Value::Array(receivers)
}

fn receiver(name: &str, map: &Map<String, Value>, path: &str, notes: &mut Notes) -> Value {
    let mut receiver = Map::new();
    receiver.insert("name".to_owned(), name.into());
    // What cannot be told, and whether its end would have been.
    let mut lost: Vec<(String, String, bool)> = Vec::new();
    for (key, value) in map {
        let known = KINDS.iter().find(|kind| kind.key == key);
        match known {
            _ if key == "name" || value.is_null() => {}
            None if !key.ends_with("_configs") => {
                notes.note(&join(path, key), "a field that is not known", "left out");
            }
            known => {
                for (path, item) in notes.list(map, path, key) {
                    let map = notes.map(item, &path).clone();
                    let resolved = notes.truth(&map, &path, "send_resolved");
                    let resolved = resolved.unwrap_or(known.is_none_or(|k| k.send_resolved));
                    match known.and_then(|kind| integration(kind, &map, &path, notes)) {
                        Some((channel, to)) => {
                            push(&mut receiver, channel, &to, resolved);
                        }
                        None => {
                            let name = known.map_or(key.trim_end_matches("_configs"), |k| k.name);
                            lost.push((path, name.to_owned(), resolved));
                        }
                    }
                }
            }
        }
    }
    instead(&mut receiver, &lost, notes);
    Value::Object(receiver)
}

/// The channel and whom it reaches; `None` when there is none for it.
fn integration(
    kind: &Kind,
    map: &Map<String, Value>,
    path: &str,
    notes: &mut Notes,
) -> Option<(Channel, Vec<String>)> {
    let channel = kind.channel?;
    let (mut to, mut templated) = (Vec::new(), false);
    for key in kind.kept {
        let path_of_key = join(path, key);
        for text in notes
            .text(map, path, key)
            .iter()
            .flat_map(|text| parts(channel, text))
        {
            match destination(channel, text) {
                Some(one) => to.push(one),
                None => {
                    templated = channel != Channel::Sms;
                    notes.note(
                        &path_of_key,
                        "a destination that is a template, or none at all",
                        "left out",
                    );
                }
            }
        }
    }
    if to.is_empty() && templated {
        notes.note(
            path,
            "no destination that could be carried over",
            "the stack's own destination of this channel is told",
        );
    }
    if channel == Channel::Sms && to.is_empty() {
        return None;
    }
    for (key, value) in map {
        let kept = key == "send_resolved" || kind.kept.contains(&key.as_str());
        if !kept && !value.is_null() {
            let path = join(path, key);
            if channel == Channel::Webhook && ["url", "url_file"].contains(&key.as_str()) {
                notes.note(
                    &path,
                    "the address of a webhook, which may be a secret",
                    "not copied: the stack's own webhook is told, and gets Tocsin's signed document (docs/channels.md)",
                );
            } else {
                notes.setting(&path, key);
            }
        }
    }
    Some((channel, to))
}

/// Addresses come several in one text.
fn parts(channel: Channel, text: &str) -> Vec<&str> {
    match channel {
        Channel::Email => text
            .split(',')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .collect(),
        Channel::Slack | Channel::Sms | Channel::Pagerduty | Channel::Webhook => vec![text],
    }
}

fn destination(channel: Channel, text: &str) -> Option<String> {
    if text.contains("{{") || text.trim().is_empty() {
        return None;
    }
    match channel {
        Channel::Email => {
            // `Duty <duty@example.org>` reaches the same.
            let address = match text.rsplit_once('<') {
                Some((_, address)) => address.trim_end_matches('>'),
                None => text,
            };
            let (name, host) = address.rsplit_once('@')?;
            (!name.is_empty() && !host.is_empty()).then(|| address.to_owned())
        }
        Channel::Sms => {
            let digits = text.strip_prefix('+')?;
            let fits =
                (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| text.to_owned())
        }
        Channel::Slack | Channel::Pagerduty | Channel::Webhook => Some(text.to_owned()),
    }
}

fn push(receiver: &mut Map<String, Value>, channel: Channel, to: &[String], send_resolved: bool) {
    let list = receiver
        .entry(channel.as_str())
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = list else {
        return;
    };
    // Two addresses that are not copied are one here, and nobody is told twice.
    let same = |other: &&mut Value| {
        let given = other.get("to").and_then(Value::as_array);
        given.map_or(0, Vec::len) == to.len()
            && given.into_iter().flatten().zip(to).all(|(a, b)| a == b)
    };
    if let Some(other) = list.iter_mut().find(same) {
        if let Some(other) = other.as_object_mut().filter(|_| send_resolved) {
            other.remove("send_resolved");
        }
        return;
    }
    let mut integration = Map::new();
    if !to.is_empty() {
        integration.insert("to".to_owned(), json!(to));
    }
    if !send_resolved {
        integration.insert("send_resolved".to_owned(), false.into());
    }
    list.push(Value::Object(integration));
}

/// Says what cannot be told, and makes sure that somebody is.
fn instead(receiver: &mut Map<String, Value>, lost: &[(String, String, bool)], notes: &mut Notes) {
    if lost.is_empty() {
        return;
    }
    let others: Vec<String> = receiver
        .keys()
        .filter(|key| *key != "name")
        .cloned()
        .collect();
    for (path, name, _) in lost {
        notes.note(
            path,
            format!("{name}, which is no channel of Tocsin"),
            if others.is_empty() {
                "the receiver is told by e-mail to the stack's own recipients".to_owned()
            } else {
                format!(
                    "left out: the receiver is still told by {}",
                    others.join(", ")
                )
            },
        );
    }
    if others.is_empty() {
        let resolved = lost.iter().any(|(.., resolved)| *resolved);
        push(receiver, Channel::Email, &[], resolved);
    }
}
