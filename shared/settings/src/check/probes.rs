//! Faults of probes that only the whole document shows: names of nothing, circles, fields and numbers
//! that a kind does not have. Values of a wrong shape are passed over; `shape` names them.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::Fault;
use super::suggest::suggest;
use super::tree::Tree;
use crate::ProbeTarget;
use crate::{Duration, Matcher, Measured, ProbeKind};

/// A probe must leave time to report, whatever it waits for.
const LONGEST: Duration = Duration::from_secs(15);

pub(super) fn check(tree: &Tree, faults: &mut Vec<Fault>) {
    let list = tree.value.get("probes").and_then(Value::as_array);
    let probes: Vec<Probe<'_>> = (list.into_iter().flatten().enumerate())
        .map(|(at, value)| Probe { at, value })
        .collect();
    names(tree, &probes, faults);
    dependencies(tree, &probes, faults);
    for probe in &probes {
        service(tree, probe, faults);
        times(tree, probe, faults);
        let Some(kind) = probe.kind() else { continue };
        target(tree, probe, kind, faults);
        fields(tree, probe, kind, faults);
        for field in ["degraded_when", "down_when"] {
            thresholds(tree, probe, kind, field, faults);
        }
    }
}

struct Probe<'a> {
    at: usize,
    value: &'a Value,
}

impl<'a> Probe<'a> {
    fn path(&self, field: &str) -> String {
        format!("probes[{}].{field}", self.at)
    }

    fn text(&self, field: &str) -> Option<&'a str> {
        self.value.get(field).and_then(Value::as_str)
    }

    fn name(&self) -> Option<&'a str> {
        self.text("name")
    }

    fn kind(&self) -> Option<ProbeKind> {
        serde_json::from_value(self.value.get("kind")?.clone()).ok()
    }

    fn texts(&self, field: &str) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let list = self.value.get(field).and_then(Value::as_array);
        let list = list.into_iter().flatten().enumerate();
        list.filter_map(|(at, item)| Some((at, item.as_str()?)))
    }

    fn duration(&self, field: &str) -> Option<Duration> {
        self.text(field)
            .and_then(|text| Duration::try_new(text).ok())
    }
}

fn names(tree: &Tree, probes: &[Probe<'_>], faults: &mut Vec<Fault>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for probe in probes {
        let Some(name) = probe.name() else { continue };
        if let Some(earlier) = first.insert(name, probe.at) {
            faults.push(tree.fault(
                &probe.path("name"),
                format!("the probe `{name}` stands at probes[{earlier}] already"),
                "give each its own name, so that metrics and findings say which one it was",
            ));
        }
    }
}

fn dependencies(tree: &Tree, probes: &[Probe<'_>], faults: &mut Vec<Fault>) {
    let known: Vec<&str> = probes.iter().filter_map(Probe::name).collect();
    let needs: HashMap<&str, Vec<&str>> = (probes.iter())
        .filter_map(|probe| {
            let needs = probe.texts("depends_on").map(|(_, name)| name);
            Some((probe.name()?, needs.collect()))
        })
        .collect();
    for probe in probes {
        for (at, name) in probe.texts("depends_on") {
            let path = format!("{}[{at}]", probe.path("depends_on"));
            if !known.contains(&name) {
                faults.push(tree.fault(
                    &path,
                    format!("there is no probe `{name}`"),
                    suggest(name, &known),
                ));
            } else if probe.name().is_some_and(|own| reaches(&needs, name, own)) {
                faults.push(tree.fault(
                    &path,
                    format!("`{name}` needs this probe, so each would explain the other"),
                    "leave one of the two out: a thing depends on what it cannot do without",
                ));
            }
        }
    }
}

/// Whether a probe is or needs another, directly or through others.
fn reaches(needs: &HashMap<&str, Vec<&str>>, from: &str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            open.extend(needs.get(name).into_iter().flatten().copied());
        }
    }
    false
}

fn service(tree: &Tree, probe: &Probe<'_>, faults: &mut Vec<Fault>) {
    let services = tree.value.get("services").and_then(Value::as_array);
    let known: Vec<&str> = (services.into_iter().flatten())
        .filter_map(|service| service.get("name")?.as_str())
        .collect();
    if let Some(name) = probe.text("service").filter(|name| !known.contains(name)) {
        faults.push(tree.fault(
            &probe.path("service"),
            format!("there is no service `{name}`"),
            suggest(name, &known),
        ));
    }
}

fn times(tree: &Tree, probe: &Probe<'_>, faults: &mut Vec<Fault>) {
    if let Some(timeout) = probe.duration("timeout").filter(|time| *time > LONGEST) {
        faults.push(tree.fault(
            &probe.path("timeout"),
            format!("a probe that waits for {timeout} leaves no time to report"),
            format!("write at most {LONGEST}"),
        ));
    }
    let numbers = [
        ("recover_after", 1, 20),
        ("redirects", 0, 10),
        ("certificate_days", 0, 365),
    ];
    for (field, least, most) in numbers {
        let number = probe.value.get(field).and_then(Value::as_u64);
        if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
            faults.push(tree.fault(
                &probe.path(field),
                format!("{number} is no such number"),
                format!("write {least} to {most}"),
            ));
        }
    }
}

fn target(tree: &Tree, probe: &Probe<'_>, kind: ProbeKind, faults: &mut Vec<Fault>) {
    let mut read = |field: &str| {
        let text = probe.text(field)?;
        match ProbeTarget::try_new(text) {
            Ok(target) => Some((text, target)),
            Err(error) => {
                let error = error.to_string();
                let (problem, remedy) = error.split_once(": ").unwrap_or((&error, "close it"));
                faults.push(tree.fault(&probe.path(field), problem.to_owned(), remedy));
                None
            }
        }
    };
    let _credentials = read("credentials");
    let Some((text, target)) = read("target") else {
        return;
    };
    if text.chars().any(char::is_whitespace) {
        faults.push(tree.fault(
            &probe.path("target"),
            "there are blanks in this target".to_owned(),
            "write an address or a name without them",
        ));
    }
    let schemes = kind.schemes();
    // What begins with a name of the deployment's is checked when it is deployed.
    if let Some(beginning) = target.beginning().filter(|_| !schemes.is_empty()) {
        let scheme = beginning.split_once("://").map(|(scheme, _)| scheme);
        if !scheme.is_some_and(|scheme| schemes.contains(&scheme)) {
            let list: Vec<String> = schemes.iter().map(|s| format!("{s}://")).collect();
            faults.push(tree.fault(
                &probe.path("target"),
                format!("`{text}` is no target of a probe of kind {}", kind.as_str()),
                format!("begin it with {}", list.join(" or ")),
            ));
        }
    }
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    if user.is_some_and(|user| user.contains(':')) {
        faults.push(tree.fault(
            &probe.path("target"),
            "there is a password in this target".to_owned(),
            "put it into a secret of Secrets Manager and name that in `credentials`",
        ));
    }
    if kind == ProbeKind::Tcp && target.names().next().is_none() {
        let port = text
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none_or(|port| port == 0) {
            faults.push(tree.fault(
                &probe.path("target"),
                format!("`{text}` has no port"),
                "write host:port, such as reader.example:9000",
            ));
        }
    }
}

fn fields(tree: &Tree, probe: &Probe<'_>, kind: ProbeKind, faults: &mut Vec<Fault>) {
    use ProbeKind::{Http, Postgres, Redis, WebSocket};
    const OF: [(&str, &[ProbeKind]); 5] = [
        ("expect", &[Http]),
        ("redirects", &[Http]),
        ("echo", &[WebSocket]),
        ("certificate_days", &[Http, WebSocket, Postgres, Redis]),
        ("credentials", &[Http, WebSocket, Postgres, Redis]),
    ];
    for (field, kinds) in OF {
        if probe.value.get(field).is_some() && !kinds.contains(&kind) {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            faults.push(tree.fault(
                &probe.path(field),
                format!("a probe of kind {} has no `{field}`", kind.as_str()),
                format!("remove it; it is for {}", kinds.join(", ")),
            ));
        }
    }
}

fn thresholds(
    tree: &Tree,
    probe: &Probe<'_>,
    kind: ProbeKind,
    field: &str,
    faults: &mut Vec<Fault>,
) {
    let known: Vec<&str> = (Measured::ALL.iter())
        .filter(|one| one.is_of(kind))
        .map(|one| one.as_str())
        .collect();
    for (at, text) in probe.texts(field) {
        let Ok(matcher) = Matcher::try_new(text) else {
            continue;
        };
        let path = format!("{}[{at}]", probe.path(field));
        if !matcher.is_numeric() {
            faults.push(tree.fault(
                &path,
                format!("`{text}` compares no number"),
                "write a comparison such as total_ms > 1000",
            ));
        } else if !known.contains(&matcher.name()) {
            faults.push(tree.fault(
                &path,
                format!(
                    "a probe of kind {} does not measure `{}`",
                    kind.as_str(),
                    matcher.name()
                ),
                suggest(matcher.name(), &known),
            ));
        }
    }
}
