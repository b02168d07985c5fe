//! Receivers, rotations and escalations.

use serde_json::Value;

use super::names::{Names, unknown};
use super::{items, texts};
use crate::Duration;
use crate::check::Fault;
use crate::check::format::split;
use crate::check::tree::Tree;
use crate::raw::RawRotation;
use crate::routing::turns;

pub(super) fn check(tree: &Tree, names: &Names<'_>, faults: &mut Vec<Fault>) {
    destinations(tree, faults);
    for (path, rotation) in items(&tree.value, "", "rotations") {
        turns_are_taken(tree, rotation, &path, names, faults);
    }
    for (path, escalation) in items(&tree.value, "", "escalation") {
        ladder(tree, escalation, &path, names, faults);
    }
}

/// An address that cannot be one would be found out when it is needed most.
fn destinations(tree: &Tree, faults: &mut Vec<Fault>) {
    for (path, receiver) in items(&tree.value, "", "receivers") {
        for (path, integration) in items(receiver, &path, "email") {
            for (path, to) in texts(integration, &path, "to") {
                let parts = to.rsplit_once('@');
                if parts.is_none_or(|(name, host)| name.is_empty() || host.is_empty()) {
                    faults.push(tree.fault(
                        &path,
                        format!("`{to}` is no e-mail address"),
                        "write one such as duty@example.org",
                    ));
                }
            }
        }
        for (path, integration) in items(receiver, &path, "sms") {
            for (path, to) in texts(integration, &path, "to") {
                let digits = to.strip_prefix('+').unwrap_or_default();
                let fits = (5..=15).contains(&digits.len());
                if !fits || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    faults.push(tree.fault(
                        &path,
                        format!("`{to}` is no telephone number in E.164"),
                        "write `+`, the country's code and the number, without spaces: '+919800000000'",
                    ));
                }
            }
        }
    }
}

fn turns_are_taken(
    tree: &Tree,
    rotation: &Value,
    path: &str,
    names: &Names<'_>,
    faults: &mut Vec<Fault>,
) {
    let before = faults.len();
    let members: Vec<&str> = texts(rotation, path, "members").map(|(_, m)| m).collect();
    for (path, name) in texts(rotation, path, "members") {
        if !names.receivers.contains(&name) {
            let list = &names.receivers;
            faults.push(unknown(tree, &path, "receiver", "receivers", name, list));
        }
    }
    for (path, stand_in) in items(rotation, path, "overrides") {
        let member = stand_in.get("member").and_then(Value::as_str);
        if let Some(name) = member.filter(|name| !members.contains(name)) {
            let (path, list) = (format!("{path}.member"), "members");
            faults.push(unknown(tree, &path, "member", list, name, &members));
        }
    }
    if faults.len() > before {
        return;
    }
    // What is wrong with a value alone was named with its shape.
    if let Ok(raw) = serde_json::from_value::<RawRotation>(rotation.clone())
        && let Err((problem, remedy)) = split(turns(&raw))
    {
        let known = faults.iter().any(|fault| fault.path.starts_with(path));
        if !known {
            faults.push(tree.fault(path, problem, remedy));
        }
    }
}

fn ladder(tree: &Tree, escalation: &Value, path: &str, names: &Names<'_>, faults: &mut Vec<Fault>) {
    let steps = escalation.get("steps").and_then(Value::as_array);
    if steps.is_some_and(Vec::is_empty) {
        faults.push(tree.fault(
            &format!("{path}.steps"),
            "this escalation has no steps, so it tells nobody".to_owned(),
            "add one, such as `- { after: 15m, to: [pagerduty] }`",
        ));
    }
    let mut latest: Option<(Duration, &str)> = None;
    for (path, step) in items(escalation, path, "steps") {
        if step
            .get("to")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty)
        {
            faults.push(tree.fault(
                &format!("{path}.to"),
                "this step tells nobody".to_owned(),
                "name receivers or rotations, or remove the step",
            ));
        }
        for (path, name) in texts(step, &path, "to") {
            if !names.receivers.contains(&name) && !names.rotations.contains(&name) {
                let known: Vec<&str> = [names.receivers.as_slice(), &names.rotations].concat();
                let what = "receiver or rotation";
                faults.push(unknown(tree, &path, what, "receivers", name, &known));
            }
        }
        let after = step.get("after").and_then(Value::as_str);
        let Some((after, text)) =
            after.and_then(|text| Some((Duration::try_new(text).ok()?, text)))
        else {
            continue;
        };
        match latest {
            Some((before, written)) if after < before => faults.push(tree.fault(
                &format!("{path}.after"),
                format!("this step is taken at {text}, before the one above, at {written}"),
                "count each from the beginning of the escalation, and put them in order",
            )),
            Some(_) | None => latest = Some((after, text)),
        }
    }
}
