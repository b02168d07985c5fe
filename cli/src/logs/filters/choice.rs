//! Which rules are critical, what their alarms would be called, and whether those alarms are as urgent as the findings.

use alert_classification::Classifier;
use jiff::Timestamp;
use serde_json::json;
use settings::Priority;
use settings::logs::{LogRule, Logs, Piece, Template};

use super::pattern::{Pattern, patterns};

/// AWS's limits for one log group.
const FILTERS_A_GROUP: usize = 100;
const EXPRESSIONS_A_GROUP: usize = 5;

/// How urgent something is, and whose trouble of what kind: what is alike in these two is one incident.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Verdict {
    pub(super) priority: Priority,
    pub(super) service: String,
    pub(super) category: String,
}

/// A rule that has words in CloudWatch's syntax.
#[derive(Debug)]
pub(super) struct Chosen<'a> {
    pub(super) rule: &'a LogRule,
    pub(super) patterns: Vec<Pattern>,
    /// The alarm's name without what stands before it.
    pub(super) alarm: String,
    /// The metric's name.
    pub(super) metric: String,
    /// It is an alarm from so many lines in a minute on.
    pub(super) threshold: u64,
    pub(super) description: String,
    /// What the rule's finding is, if it has one.
    pub(super) finding: Option<Verdict>,
}

/// A critical rule that has none, and why.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Refused<'a> {
    pub(super) rule: &'a str,
    pub(super) why: String,
}

/// What becomes of the critical rules.
#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    pub(super) chosen: Vec<Chosen<'a>>,
    pub(super) refused: Vec<Refused<'a>>,
}

impl<'a> Choice<'a> {
    /// The rules whose findings are P1, and those that are named. `groups`: the log groups that are known by name, if they are.
    pub(super) fn of(
        logs: &'a Logs,
        classifier: &Classifier,
        named: &[String],
        groups: Option<&[String]>,
    ) -> Self {
        let mut choice = Self::default();
        let (mut filters, mut expressions) = (0, 0);
        for rule in &logs.rules {
            let is_named = named.iter().any(|name| *name == rule.name);
            let finding = finding(rule, classifier);
            let is_critical = finding.as_ref().is_some_and(|f| f.priority == Priority::P1);
            if !is_named && !is_critical {
                continue;
            }
            let made = fits(rule, groups).and_then(|()| patterns(rule));
            let made = made.and_then(|patterns| {
                let more = patterns.iter().filter(|p| p.expressions > 0).count();
                if filters + patterns.len() > FILTERS_A_GROUP {
                    return Err(format!("AWS allows {FILTERS_A_GROUP} metric filters a log group, and those before it are as many"));
                }
                if expressions + more > EXPRESSIONS_A_GROUP {
                    return Err(format!("AWS allows {EXPRESSIONS_A_GROUP} patterns with expressions a log group, and those before it are as many"));
                }
                filters += patterns.len();
                expressions += more;
                Ok(patterns)
            });
            match made {
                Ok(patterns) => {
                    let mut new = Chosen::new(rule, patterns, finding);
                    if choice.chosen.iter().any(|known| known.alarm == new.alarm) {
                        new.alarm = format!("{}-{}", new.alarm, rule.name);
                    }
                    choice.chosen.push(new);
                }
                Err(why) => choice.refused.push(Refused {
                    rule: &rule.name,
                    why,
                }),
            }
        }
        choice
    }
}

/// Where the groups are a parameter of the template, nobody knows which of them a rule is for.
fn fits(rule: &LogRule, groups: Option<&[String]>) -> Result<(), String> {
    if groups.is_some() || rule.groups.is_empty() {
        return Ok(());
    }
    let patterns: Vec<&str> = rule
        .groups
        .iter()
        .map(settings::logs::GroupPattern::as_str)
        .collect();
    Err(format!(
        "it is only for {}: name the log groups with --group",
        patterns.join(", ")
    ))
}

impl<'a> Chosen<'a> {
    fn new(rule: &'a LogRule, patterns: Vec<Pattern>, verdict: Option<Verdict>) -> Self {
        let finding = rule.finding.as_ref();
        let title = finding.map(|finding| shown(&finding.title));
        let description = match (rule.about.as_str(), title) {
            ("", Some(title)) => title,
            (about, _) => about.to_owned(),
        };
        Self {
            rule,
            patterns,
            alarm: alarm_name(rule),
            metric: camel(&rule.name),
            threshold: finding.map_or(1, |finding| finding.at_least),
            description,
            finding: verdict,
        }
    }

    /// The dimensions that every pattern has: an alarm watches one series.
    pub(super) fn dimensions(&self) -> &[(String, String, String)] {
        self.patterns
            .first()
            .map_or(&[], |pattern| &pattern.dimensions)
    }

    /// What the alarm will be when it rings.
    pub(super) fn verdict(&self, classifier: &Classifier, namespace: &str) -> Option<Verdict> {
        let dimensions = self.dimensions().iter();
        let dimensions: Vec<_> = dimensions
            .map(|(name, _, value)| json!({"name": name, "value": value}))
            .collect();
        let alarm = json!({
            "AlarmName": format!("logs-{}", self.alarm),
            "AlarmDescription": self.description,
            "AWSAccountId": "000000000000",
            "NewStateValue": "ALARM",
            "OldStateValue": "OK",
            "NewStateReason": "Threshold Crossed",
            "StateChangeTime": "2026-01-01T00:00:00.000+0000",
            "Region": "US East (N. Virginia)",
            "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:000000000000:alarm:logs-{}", self.alarm),
            "Trigger": {
                "MetricName": self.metric,
                "Namespace": namespace,
                "StatisticType": "Statistic",
                "Statistic": "SUM",
                "Dimensions": dimensions,
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": self.threshold,
            },
        });
        decided(classifier, &alarm.to_string())
    }
}

/// What the rule's finding is.
fn finding(rule: &LogRule, classifier: &Classifier) -> Option<Verdict> {
    let finding = rule.finding.as_ref()?;
    let labels = finding.labels.iter();
    let mut labels: serde_json::Map<_, _> = labels
        .map(|(name, template)| (name.to_string(), shown(template).into()))
        .collect();
    labels.insert("rule".to_owned(), rule.name.as_str().into());
    let document = json!({
        "schema": alert_classification::FINDING_SCHEMA,
        "title": shown(&finding.title),
        "source": "tocsin.log-metrics",
        "kind": "Log finding",
        "description": shown(&finding.description),
        "labels": labels,
        "measurement": {"value": finding.at_least, "threshold": finding.at_least, "comparison": ">=", "unit": "Count"},
        "changed_at": "2026-01-01T00:00:00Z",
    });
    decided(classifier, &document.to_string())
}

fn decided(classifier: &Classifier, body: &str) -> Option<Verdict> {
    let alerts = classifier.read(body, Timestamp::UNIX_EPOCH);
    let verdict = &alerts.first()?.classification;
    Some(Verdict {
        priority: verdict.priority,
        service: verdict.service.to_string(),
        category: verdict.category.to_string(),
    })
}

/// The template with the names of its fields: their values come with the lines.
fn shown(template: &Template) -> String {
    let pieces = template.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Field(field) => field.as_str(),
    });
    pieces.collect()
}

/// Whose trouble, and what the finding is called, as far as these are one text: by its name an alarm is known to be
/// about the same as the finding.
fn alarm_name(rule: &LogRule) -> String {
    let label = |wanted: &str| {
        let mut labels = rule.finding.iter().flat_map(|finding| &finding.labels);
        let (_, template) = labels.find(|(name, _)| name == wanted)?;
        template.fields().next().is_none().then(|| shown(template))
    };
    let name = label("alertname").unwrap_or_else(|| rule.name.to_string());
    match label("service") {
        Some(service) if !name.starts_with(&service) => format!("{service}-{name}"),
        _ => name,
    }
}

/// `payment-failed` → `PaymentFailed`
pub(super) fn camel(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
