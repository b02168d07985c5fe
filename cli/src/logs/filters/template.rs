//! The CloudFormation template: a metric filter for each rule, place and log group, and an alarm for each rule.

use std::fmt::Write as _;

use super::choice::{Choice, Chosen, camel};
use super::pattern::{Pattern, Place};

/// How to make it again; a test compares.
#[cfg(test)]
pub(super) const COMMAND: &str = "cargo run -p tocsin -- logs filters > infra/metric-filters.yaml";

/// What the template is made of.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) choice: &'a Choice<'a>,
    /// The metrics' namespace.
    pub(super) namespace: &'a str,
    /// The log groups, if they are known; else they are a parameter.
    pub(super) groups: Option<&'a [String]>,
}

/// So many log groups the parameters take; template.yaml fills them. CloudFormation has loops (`Fn::ForEach`), but `sam deploy` cannot package a nested template
/// that has one.
const SLOTS: usize = 10;
/// AWS's limit of resources in a stack.
pub(super) const RESOURCES: usize = 500;

impl Parts<'_> {
    /// How many resources there are; for groups that are a parameter, with all that it takes.
    pub(super) fn resources(&self) -> usize {
        let filters = self.choice.chosen.iter().map(|chosen| {
            let groups = self.groups.map_or(SLOTS, |groups| {
                groups.iter().filter(|g| sees(chosen, g)).count()
            });
            groups * chosen.patterns.len() + 1
        });
        filters.sum()
    }

    pub(super) fn write(&self) -> String {
        let mut text = String::from(HEAD);
        self.comments(&mut text);
        text += "AWSTemplateFormatVersion: \"2010-09-09\"\n";
        text += DESCRIPTION;
        text += "\nParameters:\n  AlertsTopicArn: {Type: String}\n  AlarmPrefix: {Type: String, Default: logs}\n";
        if self.groups.is_none() {
            let slots = 0..SLOTS;
            for slot in slots.clone() {
                line(
                    &mut text,
                    &format!("  LogGroup{slot}: {{Type: String, Default: \"\"}}"),
                );
            }
            text += "\nConditions:\n";
            for slot in slots {
                line(
                    &mut text,
                    &format!("  HasLogGroup{slot}: !Not [!Equals [!Ref LogGroup{slot}, \"\"]]"),
                );
            }
        }
        text += "\nResources:\n";
        match self.groups {
            None => {
                for slot in 0..SLOTS {
                    for chosen in &self.choice.chosen {
                        for pattern in &chosen.patterns {
                            let id = format!("{}{}Group{slot}", chosen.metric, suffix(pattern));
                            let condition = Some(format!("HasLogGroup{slot}"));
                            self.filter(
                                &mut text,
                                &id,
                                condition,
                                &format!("!Ref LogGroup{slot}"),
                                chosen,
                                pattern,
                            );
                        }
                    }
                }
            }
            Some(groups) => {
                for (at, group) in groups.iter().enumerate() {
                    for chosen in self.choice.chosen.iter().filter(|c| sees(c, group)) {
                        for pattern in &chosen.patterns {
                            let id =
                                format!("{}{}{}{at}", chosen.metric, suffix(pattern), camel(group));
                            self.filter(&mut text, &id, None, &quote(group), chosen, pattern);
                        }
                    }
                }
            }
        }
        for chosen in &self.choice.chosen {
            self.alarm(&mut text, chosen);
        }
        text
    }

    fn comments(&self, text: &mut String) {
        for chosen in &self.choice.chosen {
            line(text, &format!("#   {}", chosen.rule.name));
        }
        if !self.choice.refused.is_empty() {
            line(
                text,
                "# These have no words in CloudWatch's syntax, and depend on log-metrics:",
            );
            for refused in &self.choice.refused {
                line(text, &format!("#   {}: {}", refused.rule, refused.why));
            }
        }
    }

    fn filter(
        &self,
        text: &mut String,
        id: &str,
        condition: Option<String>,
        group: &str,
        chosen: &Chosen<'_>,
        pattern: &Pattern,
    ) {
        line(text, &format!("  {id}:"));
        line(text, "    Type: AWS::Logs::MetricFilter");
        if let Some(condition) = condition {
            line(text, &format!("    Condition: {condition}"));
        }
        line(text, "    Properties:");
        let mut put = |rest: &str| line(text, &format!("      {rest}"));
        put(&format!("LogGroupName: {group}"));
        put(&format!("FilterPattern: {}", quote(&pattern.text)));
        put("MetricTransformations:");
        put(&format!(
            "  - {{MetricNamespace: {}, MetricName: {}, MetricValue: \"1\", Unit: Count, {}}}",
            self.namespace,
            chosen.metric,
            more(pattern)
        ));
    }

    fn alarm(&self, text: &mut String, chosen: &Chosen<'_>) {
        line(text, "");
        line(text, &format!("  {}Alarm:", chosen.metric));
        line(text, "    Type: AWS::CloudWatch::Alarm");
        line(text, "    Properties:");
        let mut put = |name: &str, value: &str| line(text, &format!("      {name}: {value}"));
        put(
            "AlarmName",
            &format!("!Sub ${{AlarmPrefix}}-{}", chosen.alarm),
        );
        put("AlarmDescription", &quote(&chosen.description));
        put("Namespace", self.namespace);
        put("MetricName", &chosen.metric);
        if !chosen.dimensions().is_empty() {
            let pairs = chosen.dimensions().iter();
            let pairs: Vec<_> = pairs
                .map(|(name, _, value)| format!("{{Name: {name}, Value: {}}}", quote(value)))
                .collect();
            put("Dimensions", &format!("[{}]", pairs.join(", ")));
        }
        put("Statistic", "Sum");
        put("Period", "60");
        put("EvaluationPeriods", "1");
        put("Threshold", &chosen.threshold.to_string());
        put("ComparisonOperator", "GreaterThanOrEqualToThreshold");
        put("TreatMissingData", "notBreaching");
        put("AlarmActions", "[!Ref AlertsTopicArn]");
        put("OKActions", "[!Ref AlertsTopicArn]");
    }
}

/// The dimensions, or else the value of a minute without such a line: AWS takes one of the two.
fn more(pattern: &Pattern) -> String {
    if pattern.dimensions.is_empty() {
        return "DefaultValue: 0".to_owned();
    }
    let pairs = pattern.dimensions.iter();
    let pairs: Vec<_> = pairs
        .map(|(name, selector, _)| format!("{{Key: {name}, Value: {}}}", quote(selector)))
        .collect();
    format!("Dimensions: [{}]", pairs.join(", "))
}

/// Whether a rule looks at a group.
fn sees(chosen: &Chosen<'_>, group: &str) -> bool {
    let groups = &chosen.rule.groups;
    groups.is_empty() || groups.iter().any(|pattern| pattern.is_match(group))
}

const fn suffix(pattern: &Pattern) -> &'static str {
    match pattern.place {
        Place::Direct => "",
        Place::Wrapped => "Wrapped",
        Place::Text => "Text",
    }
}

/// A text in single quotes, where YAML escapes nothing but the quote.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn line(text: &mut String, rest: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{rest}");
}

const HEAD: &str = "\
# Made of logs.rules in config/monitoring.yaml by `tocsin logs filters`; a test compares. Do not edit: docs/log-subscriptions.md.
# Rules whose findings are P1, as metric filters and alarms of CloudWatch's own:
";

const DESCRIPTION: &str = "\
Description: >-
  The critical errors that logs tell of, found by CloudWatch itself: neither log-metrics nor any other function of ours stands between
  such a line and its alarm. Lines of JSON are looked into as they are and in the object `message`, where Lambda's JSON format puts them.
";
