//! The configuration of a local stack: the project's own, with waits that a test can wait for.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::project::Project;

const OWN: &str = "config/monitoring.yaml";
const LOCAL: &str = ".local/monitoring.yaml";

/// An alert whose name begins so climbs its ladder within seconds.
const ROUTE: &str = r#"    - matchers: [alertname=~"hasivu-ladder-.*"]
      receiver: everybody
      escalation: quick
      group_wait: 0s
      group_interval: 0s
      repeat_interval: 1h
    # What waits to be told with others.
    - matchers: [alertname=~"hasivu-wait-.*"]
      receiver: mail
      group_wait: 3s
      group_interval: 3s
      repeat_interval: 1h
"#;
const LADDER: &str = "  - { name: quick, steps: [{ after: 4s, to: [on-call] }] }\n";

/// Asks the tests' own server whenever the function is invoked.
const PROBE: &str = r"  - name: sink
    about: the server of the tests
    service: api
    kind: http
    target: ${sink_url}/probe
    severity: critical
    every: 1s
    timeout: 2s
";

/// Writes the configuration of a local stack, and gives its name for `TOCSIN_CONFIG`.
pub(crate) fn local(project: &Project) -> Result<&'static str> {
    let own =
        fs::read_to_string(project.path(OWN)).with_context(|| format!("cannot read {OWN}"))?;
    let local = hastened(&own)?;
    let path = project.path(LOCAL);
    // What is written anew is built anew.
    if fs::read_to_string(&path).is_ok_and(|known| known == local) {
        return Ok(LOCAL);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, local).with_context(|| format!("cannot write {LOCAL}"))?;
    Ok(LOCAL)
}

/// Who is told stays as it is; whoever waits for others waits for a second.
fn hastened(own: &str) -> Result<String> {
    let mut text = String::with_capacity(own.len() + 512);
    let (mut route, mut ladder, mut probe) = (false, false, false);
    for line in own.lines() {
        let setting = line.trim_start();
        let waits = setting
            .strip_prefix("group_wait: ")
            .is_some_and(|t| t != "0s");
        let beats = setting
            .strip_prefix("group_interval: ")
            .is_some_and(|t| t != "0s");
        if waits || beats {
            let indent = line.get(..line.len() - setting.len()).unwrap_or_default();
            let name = if waits {
                "group_wait"
            } else {
                "group_interval"
            };
            text.push_str(indent);
            text.push_str(name);
            text.push_str(": 1s\n");
        } else if !setting.starts_with("active_time_intervals:") {
            text.push_str(line);
            text.push('\n');
        }
        if line == "  routes:" && !route {
            text.push_str(ROUTE);
            route = true;
        }
        if line == "escalation:" && !ladder {
            text.push_str(LADDER);
            ladder = true;
        }
        if line == "probes:" && !probe {
            text.push_str(PROBE);
            probe = true;
        }
    }
    ensure!(
        route && ladder && probe,
        "{OWN} has no `routes:`, no `escalation:` or no `probes:` to which the tests' own could be added"
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_short_and_what_is_told_at_once_stays_so() {
        let own = "route:\n  routes:\n    - group_wait: 0s\n      group_interval: 1m\n      \
                   active_time_intervals: [digest]\nescalation:\n  - x\nprobes:\n";
        let local = hastened(own).unwrap();
        assert!(local.contains("      group_interval: 1s\n"), "{local}");
        assert!(local.contains("- group_wait: 0s\n"), "{local}");
        assert!(!local.contains("active_time"), "{local}");
        assert!(local.contains("name: quick"), "{local}");
        assert!(local.contains("name: sink"), "{local}");
        assert!(hastened("route:\n").is_err());
    }
}
