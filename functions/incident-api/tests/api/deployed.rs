//! What the templates say, against what the function makes of it.

use credentials::Secret;
use test_case::test_case;

const TEMPLATE: &str = include_str!("../../../../template.yaml");
const INFRA: &str = include_str!("../../../../infra/incident-api.yaml");

/// A block of a template: its head and what is indented below it.
fn block<'t>(template: &'t str, head: &str) -> &'t str {
    let begin = template.find(&format!("\n  {head}:\n")).expect(head) + 1;
    let rest = &template[begin..];
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if at > 0 && !line.trim().is_empty() && !line.starts_with("    ") {
            break;
        }
        at += line.len();
    }
    &rest[..at]
}

#[test_case("SlackSigningSecret")]
#[test_case("PagerDutyWebhookSecret")]
fn a_secret_that_the_function_would_leave_out_cannot_be_deployed(parameter: &str) {
    let pattern = format!(r#"AllowedPattern: ^$|^[^"\\\s]{{{},}}$"#, Secret::MIN_BYTES);
    let parameter = block(TEMPLATE, parameter);
    assert!(parameter.contains(&pattern), "{parameter}");
}

#[test]
fn somebody_is_told_when_the_function_answers_with_faults_of_its_own() {
    let alarm = block(INFRA, "ServerErrorsAlarm");
    for line in [
        "MetricName: ApiServerErrors",
        "EvaluationPeriods: 5",
        "DatapointsToAlarm: 2",
        "Threshold: 0",
    ] {
        assert!(alarm.contains(line), "{line} is not in: {alarm}");
    }
}
