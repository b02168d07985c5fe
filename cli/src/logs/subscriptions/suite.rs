//! Which log groups are the suite's own. A group of the suite that is subscribed to the suite feeds on itself: each
//! delivery writes lines that make the next delivery.

use std::collections::BTreeSet;

/// Where Lambda puts a function's log.
const LAMBDA: &str = "/aws/lambda/";
/// The function that log groups are subscribed to.
pub(crate) const LOG_METRICS: &str = "log-metrics";
/// The functions of a stack: each is called by the stack's name, a hyphen and one of these.
const FUNCTIONS: [&str; 12] = [
    "alert-fanout",
    "escalation",
    "health-check",
    "incident-api",
    LOG_METRICS,
    "notifier-email",
    "notifier-pagerduty",
    "notifier-slack",
    "notifier-sms",
    "notifier-webhook",
    "postmortem",
    "remediation",
];
/// A group of one of these says that there is, or was, a stack of that name: nobody else calls functions so.
const TELLING: [&str; 2] = ["alert-fanout", LOG_METRICS];

/// The stacks of the suite in an account, by what their log groups are called.
#[derive(Debug, Default)]
pub(crate) struct Suites(BTreeSet<String>);

impl Suites {
    /// Those that the groups tell of, and the one of the function that is subscribed to.
    pub(crate) fn of<'a>(target: Option<&str>, groups: impl Iterator<Item = &'a str>) -> Self {
        let functions = groups.filter_map(|group| group.strip_prefix(LAMBDA));
        let stacks = functions.chain(target).filter_map(|function| {
            TELLING
                .iter()
                .find_map(|name| stack_of(function, name))
                .map(str::to_owned)
        });
        Self(stacks.collect())
    }

    /// Whether a group belongs to one of them, whatever the patterns say.
    pub(crate) fn own(&self, group: &str) -> bool {
        let Some(function) = group.strip_prefix(LAMBDA) else {
            return false;
        };
        FUNCTIONS
            .iter()
            .any(|name| stack_of(function, name).is_some_and(|stack| self.0.contains(stack)))
    }
}

/// The name of the stack, if the function is this one of one.
fn stack_of<'a>(function: &'a str, name: &str) -> Option<&'a str> {
    let stack = function.strip_suffix(name)?.strip_suffix('-')?;
    (!stack.is_empty()).then_some(stack)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{FUNCTIONS, Suites};
    use test_case::test_case;

    const GROUPS: [&str; 3] = [
        "/aws/lambda/prod-alert-fanout",
        "/aws/lambda/stage-log-metrics",
        "/aws/lambda/hasivu-escalation",
    ];

    #[test_case("/aws/lambda/tocsin-log-metrics", true; "the target itself")]
    #[test_case("/aws/lambda/tocsin-alert-fanout", true; "its neighbours")]
    #[test_case("/aws/lambda/prod-notifier-slack", true; "another stack, known by its fan-out")]
    #[test_case("/aws/lambda/stage-health-check", true; "another stack, known by its log-metrics")]
    #[test_case("/aws/lambda/hasivu-escalation", false; "an application's function of such a name")]
    #[test_case("/aws/lambda/prod-payments", false; "an application beside the suite")]
    #[test_case("/ecs/prod-alert-fanout", false; "no function")]
    fn knows_its_own(group: &str, expected: bool) {
        let suites = Suites::of(Some("tocsin-log-metrics"), GROUPS.into_iter());
        assert_eq!(suites.own(group), expected);
    }

    /// A function that the templates deploy and this list lacks would be subscribed to itself.
    #[test]
    fn names_every_function_of_the_templates() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = vec![root.join("template.yaml")];
        let infra = std::fs::read_dir(root.join("infra")).unwrap();
        files.extend(infra.map(|entry| entry.unwrap().path()));
        let mut found = BTreeSet::new();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            for line in text.lines() {
                let Some(name) = line.trim().strip_prefix("FunctionName: !Sub ") else {
                    continue;
                };
                let (_, name) = name.split_once("}-").unwrap();
                if let Some(channels) = name.strip_suffix("${Channel}") {
                    let all = ["email", "pagerduty", "slack", "sms", "webhook"];
                    found.extend(all.map(|channel| format!("{channels}{channel}")));
                } else {
                    found.insert(name.to_owned());
                }
            }
        }
        assert!(found.contains("alert-fanout"), "{found:?}");
        for name in &found {
            assert!(FUNCTIONS.contains(&name.as_str()), "{name} is not listed");
        }
    }
}
