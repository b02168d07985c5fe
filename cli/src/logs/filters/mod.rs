//! `tocsin logs filters`: the critical rules of `logs.rules` as CloudWatch metric filters and alarms, so that a P1 does not
//! depend on a function of ours.

mod choice;
mod expression;
mod pattern;
mod template;

use std::io::Write as _;
use std::process::ExitCode;

use alert_classification::Classifier;
use anyhow::bail;
use settings::{Priority, Settings};

use self::choice::Choice;
use self::template::{Parts, RESOURCES};
use crate::{ConfigurationArguments, configuration};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// A log group by its full name, several times: the filters are written out for these, each with the rules that look at it.
    /// Without it the groups are a parameter of the template
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// A rule that is critical too, whatever the priority of its finding; several times
    #[arg(long = "rule", value_name = "NAME")]
    rules: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let source = configuration::find(arguments.configuration.config.as_deref())?;
    let made = make(&source.text, &source, arguments)?;
    for note in &made.notes {
        eprintln!("tocsin: {note}");
    }
    write!(std::io::stdout(), "{}", made.template)?;
    Ok(ExitCode::SUCCESS)
}

struct Made {
    template: String,
    /// What people should know of it.
    notes: Vec<String>,
}

fn make(text: &str, source: &configuration::Source, arguments: &Arguments) -> anyhow::Result<Made> {
    let settings = configuration::read(source)?;
    // The classifier takes one for itself.
    let classifier = Classifier::new(
        Settings::from_yaml(text).map_err(|_| anyhow::anyhow!("{} is faulty", source.name))?,
    );
    let logs = &settings.logs;
    for name in &arguments.rules {
        if !logs.rules.iter().any(|rule| rule.name == *name) {
            bail!("{}: logs.rules has no rule `{name}`", source.name);
        }
    }
    for group in &arguments.groups {
        if !logs.reads(group) {
            bail!(
                "{}: logs.groups does not name the log group {group}",
                source.name
            );
        }
    }
    let groups = (!arguments.groups.is_empty()).then_some(arguments.groups.as_slice());
    let choice = Choice::of(logs, &classifier, &arguments.rules, groups);
    if choice.chosen.is_empty() {
        bail!(
            "{}: no rule of logs.rules is critical and can be written as a metric filter: {}",
            source.name,
            refusals(&choice).join("; ")
        );
    }
    let namespace = format!("{}/LogFilters", logs.namespace);
    let parts = Parts {
        choice: &choice,
        namespace: &namespace,
        groups,
    };
    if parts.resources() > RESOURCES {
        bail!(
            "{} resources are more than the {RESOURCES} of a stack: name fewer groups, and make several templates",
            parts.resources()
        );
    }
    let mut notes = refusals(&choice);
    for chosen in &choice.chosen {
        let Some(alarm) = chosen.verdict(&classifier, &namespace) else {
            continue;
        };
        let name = &chosen.rule.name;
        if alarm.priority != Priority::P1 {
            notes.push(format!(
                "{name}: its alarm would be {}, not P1: let a rule of `rules:` know the alarm's name",
                alarm.priority.as_str()
            ));
        }
        if let Some(finding) = &chosen.finding
            && (&finding.service, &finding.category) != (&alarm.service, &alarm.category)
        {
            notes.push(format!(
                "{name}: its alarm would be another incident ({}, {}) than its finding ({}, {})",
                alarm.service, alarm.category, finding.service, finding.category
            ));
        }
    }
    Ok(Made {
        template: parts.write(),
        notes,
    })
}

fn refusals(choice: &Choice<'_>) -> Vec<String> {
    let refused = choice.refused.iter();
    refused
        .map(|refused| format!("{}: no metric filter: {}", refused.rule, refused.why))
        .collect()
}

#[cfg(test)]
mod tests;
