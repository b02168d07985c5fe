//! The template that comes out, and that the shipped one is it.

use std::path::Path;

use insta::assert_snapshot;

use super::template::COMMAND;
use super::{Arguments, Made, make};
use crate::ConfigurationArguments;
use crate::configuration::Source;

fn of(text: &str, groups: &[&str], rules: &[&str]) -> anyhow::Result<Made> {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let arguments = Arguments {
        configuration: ConfigurationArguments { config: None },
        groups: own(groups),
        rules: own(rules),
    };
    let source = Source {
        name: "test.yaml".to_owned(),
        text: text.to_owned(),
    };
    make(text, &source, &arguments)
}

fn fault(text: &str, groups: &[&str], rules: &[&str]) -> String {
    of(text, groups, rules).err().unwrap().to_string()
}

const RULES: &str = r#"
project: Shop
services: [{ name: shop, about: The shop, match: ['alertname=~".*(payment|store|till).*"'] }]
rules:
  - { name: paid-not, match_any: ['alertname=~".*(payment|store|till).*"'], priority: P1, category: payments }
  - { name: other, match: ['status!=""'], priority: P3, category: other }
logs:
  groups: ['/aws/lambda/*', '/ecs/*']
  rules:
    - name: payment-failed
      match: ['event="payment.failed"', 'amount >= 100']
      finding: { title: 'Payment by {gateway} fails', labels: { alertname: payment-failed }, at_least: 3 }
    - name: store-lost
      about: The shop's store is away
      groups: ['/ecs/*']
      match: ['@message=~".*store is away.*"']
      finding: { title: The store is away, labels: { alertname: store-away } }
    - name: till-derived
      match: ['@level="FATAL"']
      finding: { title: The till dies, labels: { alertname: till-dies } }
    - name: coffee-out
      match: ['event="coffee.out"']
      finding: { title: No coffee }
    - name: only-counted
      match: ['event="x"']
      metrics: [{ name: X, kind: count }]
"#;

#[test]
fn critical_rules_become_filters_and_alarms() {
    let made = of(RULES, &["/aws/lambda/pay", "/ecs/till"], &[]).unwrap();
    assert_snapshot!(made.template);
    assert_eq!(made.notes.len(), 1, "{:?}", made.notes);
    assert!(made.notes[0].starts_with("till-derived: no metric filter: `@level`"));
}

#[test]
fn groups_are_a_parameter_where_none_is_named() {
    let made = of(RULES, &[], &[]).unwrap();
    assert!(
        made.template
            .contains("  HasLogGroup9: !Not [!Equals [!Ref LogGroup9, \"\"]]\n")
    );
    assert!(made.template.contains("  PaymentFailedWrappedGroup9:\n"));
    assert!(made.template.contains("    Condition: HasLogGroup9\n"));
    let restricted = "store-lost: no metric filter: it is only for /ecs/*";
    assert!(
        made.notes.iter().any(|note| note.starts_with(restricted)),
        "{:?}",
        made.notes
    );
}

#[test]
fn a_rule_that_is_named_is_critical_and_its_alarm_may_not_be() {
    let made = of(RULES, &[], &["coffee-out"]).unwrap();
    assert!(made.template.contains("CoffeeOutAlarm:"));
    let note = "coffee-out: its alarm would be P3, not P1";
    assert!(
        made.notes.iter().any(|found| found.starts_with(note)),
        "{:?}",
        made.notes
    );
}

#[test]
fn what_cannot_be_is_said() {
    assert!(fault(RULES, &["/other"], &[]).contains("does not name the log group /other"));
    assert!(fault(RULES, &[], &["missing"]).contains("no rule `missing`"));
    let many: Vec<String> = (0..300).map(|n| format!("/ecs/{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(fault(RULES, &many, &[]).contains("more than the 500"));
    let (nothing, _) = RULES.split_once("  rules:\n    -").unwrap();
    assert!(fault(nothing, &[], &[]).contains("no rule of logs.rules is critical"));
}

#[test]
fn six_rules_with_expressions_are_one_too_many() {
    let rule = |n: usize| {
        format!(
            "    - {{ name: store-{n}, match: ['@message=~\".*E{n}[0-9]+.*\"'], finding: {{ title: t, labels: {{ alertname: store-{n} }} }} }}\n"
        )
    };
    let (head, _) = RULES.split_once("    - name: payment-failed").unwrap();
    let text = format!("{head}{}", (0..6).map(rule).collect::<String>());
    let made = of(&text, &[], &[]).unwrap();
    assert_eq!(made.notes.len(), 1, "{:?}", made.notes);
    assert!(made.notes[0].starts_with("store-5: no metric filter: AWS allows 5 patterns"));
}

/// What is deployed is what the shipped rules say, and it rings as loudly as the findings.
#[test]
fn the_committed_template_is_that_of_the_shipped_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("config/monitoring.yaml")).unwrap();
    let made = of(&text, &[], &[]).unwrap();
    assert_eq!(made.notes, Vec::<String>::new());
    let committed = std::fs::read_to_string(root.join("infra/metric-filters.yaml")).unwrap();
    assert!(
        made.template == committed,
        "infra/metric-filters.yaml is not what config/monitoring.yaml gives: {COMMAND}"
    );
}
