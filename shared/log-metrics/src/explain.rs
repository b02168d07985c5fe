//! Why a line is what it is to a program, and why not something else.

use serde::Serialize;
use settings::{Lookup as _, Matcher};

use crate::batch::place;
use crate::program::Program;
use crate::record::Record;

/// What a program makes of a line.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// `json`, `lambda`, `pairs`, `plain`, or the name of a format.
    pub format: String,
    /// The fields that any rule asks for and the line has, masked.
    pub fields: Vec<(String, String)>,
    /// Each rule of the line's group.
    pub rules: Vec<Verdict>,
    /// The rules that do not see the line's group.
    pub elsewhere: Vec<String>,
}

/// What a rule says to a line.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The rule.
    pub rule: String,
    /// Whether it matches.
    pub matches: bool,
    /// If not, the conditions that do not hold, and what was there instead.
    pub because: Vec<String>,
    /// If it does, what comes out of it.
    pub gives: Vec<String>,
}

/// Says what a program makes of a line of a log group.
#[must_use]
pub fn explain(program: &Program, group: &str, line: &str) -> Explanation {
    let active = program.activate(group);
    let extract = active.extractors.iter();
    let extract = extract.filter_map(|at| program.extract.get(*at));
    let extractors: Vec<_> = extract.map(|(_, extractor)| extractor).collect();
    let record = Record::read(&program.fields, &extractors, place(group, ""), line);
    let mut explanation = Explanation {
        format: record.form.name().to_owned(),
        fields: Vec::new(),
        rules: Vec::new(),
        elsewhere: Vec::new(),
    };
    for (name, value) in record.values().filter(|(name, _)| *name != "@message") {
        let value = masking::mask_field(name, value).into_owned();
        let known = (name.to_owned(), value);
        if !explanation.fields.contains(&known) {
            explanation.fields.push(known);
        }
    }
    for compiled in &program.rules {
        let rule = &compiled.rule;
        let sees =
            rule.groups.is_empty() || rule.groups.iter().any(|pattern| pattern.is_match(group));
        if !sees {
            explanation.elsewhere.push(rule.name.to_string());
            continue;
        }
        let matches = rule.matchers.is_match(&record);
        let mut verdict = Verdict {
            rule: rule.name.to_string(),
            matches,
            because: Vec::new(),
            gives: Vec::new(),
        };
        if matches {
            for metric in &rule.metrics {
                let name = &metric.name;
                verdict.gives.push(match &metric.of {
                    Some(field) if record.text(field).is_none() && metric.value.is_none() => {
                        format!("nothing for {name}: there is no {field}")
                    }
                    Some(_) | None => name.to_string(),
                });
            }
            verdict
                .gives
                .extend(rule.finding.iter().map(|_| "a finding".to_owned()));
            let security = rule.security.iter();
            verdict
                .gives
                .extend(security.map(|security| format!("security event {}", security.event)));
        } else {
            let missed = |matcher: &&Matcher| !matcher.is_match(&record);
            let because = rule.matchers.all().iter().filter(missed);
            verdict
                .because
                .extend(because.map(|matcher| reason(matcher, &record)));
            if verdict.because.is_empty() {
                let any = rule.matchers.any().iter().map(ToString::to_string);
                verdict
                    .because
                    .push(format!("none of {}", any.collect::<Vec<_>>().join(", ")));
            }
        }
        explanation.rules.push(verdict);
    }
    explanation
}

fn reason(matcher: &Matcher, record: &Record<'_>) -> String {
    match record.text(matcher.name()) {
        Some(found) => {
            let found = masking::mask_field(matcher.name(), found);
            format!("{matcher}: it is \"{found}\"")
        }
        None => format!("{matcher}: there is no {}", matcher.name()),
    }
}
