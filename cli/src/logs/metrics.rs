//! `tocsin logs metrics`: log lines through a configuration, and what comes out.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use log_metrics::{Batch, Explanation, Outcome, Program, emf, explain};
use serde_json::json;
use settings::logs::Logs;

use super::{input, summary};
use crate::{ConfigurationArguments, configuration, table};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Log lines; what a subscription delivers (base64, its JSON, or the event of an invocation); what
    /// `aws logs filter-log-events` prints; all of these also packed by gzip; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    file: Option<PathBuf>,
    /// The log group of the lines, where they do not say it; default: the first of `logs.groups`
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Say of one line which form it has, which rules match it, and why the others do not
    #[arg(
        long,
        value_name = "LINE",
        conflicts_with = "file",
        allow_hyphen_values = true
    )]
    explain: Option<String>,
    /// The lines of CloudWatch's embedded metric format, as the function prints them
    #[arg(long, conflicts_with_all = ["json", "explain"])]
    emf: bool,
    /// JSON lines, even to a terminal
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let source = configuration::find(arguments.configuration.config.as_deref())?;
    let logs = configuration::read(&source)?.logs;
    let program = Program::new(&logs)?;
    let group = arguments.group.clone().unwrap_or_else(|| example(&logs));
    let json = arguments.json || !std::io::stdout().is_terminal();
    if let Some(line) = &arguments.explain {
        let explanation = explain(&program, &group, line);
        let matched = explanation.rules.iter().any(|verdict| verdict.matches);
        print_explanation(&explanation, &group, arguments.json)?;
        return Ok(ExitCode::from(u8::from(!matched)));
    }
    let Some(path) = &arguments.file else {
        anyhow::bail!("name a file, or - for standard input");
    };
    let text = input::read(path)?;
    let mut batch = Batch::new(&program);
    let now = Timestamp::now().as_millisecond();
    let fed = input::feed(&mut batch, &text, &group, now);
    let mut outcome = batch.finish();
    outcome.points.extend(outcome.state.points(None));
    if arguments.emf {
        let mut out = std::io::stdout().lock();
        for line in emf::lines(program.namespace(), &outcome.points) {
            writeln!(out, "{line}")?;
        }
    } else if json {
        print_json(&outcome)?;
    } else {
        print_table(&outcome)?;
    }
    // What was before the fault has been shown.
    fed.map(|()| ExitCode::SUCCESS).or_else(|error| {
        eprintln!("tocsin: {}: {error:#}", path.display());
        Ok(ExitCode::FAILURE)
    })
}

/// A log group that the configuration reads.
fn example(logs: &Logs) -> String {
    let first = logs
        .groups
        .first()
        .map_or("/aws/lambda/*", |pattern| pattern.as_str());
    first.replace('*', "example")
}

fn print_json(outcome: &Outcome) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for row in summary::rows(&outcome.points) {
        writeln!(out, "{}", serde_json::to_string(&row)?)?;
    }
    for finding in &outcome.findings {
        writeln!(out, "{}", serde_json::to_string(finding)?)?;
    }
    let counts = outcome.counts;
    let security: BTreeMap<&str, usize> = security(outcome);
    writeln!(
        out,
        "{}",
        json!({
            "lines": counts.lines, "matched": counts.matched, "malformed": counts.malformed, "cut": counts.cut,
            "other": counts.other, "over": counts.over, "findings": outcome.findings.len(), "security_events": security,
        })
    )?;
    Ok(())
}

fn security(outcome: &Outcome) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for event in &outcome.security {
        *kinds.entry(event.kind.as_str()).or_default() += 1;
    }
    kinds
}

fn print_table(outcome: &Outcome) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let rows = summary::rows(&outcome.points).into_iter().map(|row| {
        let number = |value: f64| format!("{}", (value * 100.0).round() / 100.0);
        let only = |value: f64| {
            if row.is_distribution {
                number(value)
            } else {
                String::new()
            }
        };
        let dimensions = row
            .dimensions
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        vec![
            row.metric.to_string(),
            if row.is_distribution {
                row.samples.to_string()
            } else {
                String::new()
            },
            number(row.sum),
            only(row.average),
            only(row.p50),
            only(row.p95),
            only(row.p99),
            number(row.maximum),
            row.unit.to_owned(),
            dimensions.collect::<Vec<_>>().join(" "),
        ]
    });
    let head = [
        "metric",
        "values",
        "sum",
        "average",
        "p50",
        "p95",
        "p99",
        "max",
        "unit",
        "dimensions",
    ];
    table::write(&mut out, &head, &rows.collect::<Vec<_>>())?;
    if !outcome.findings.is_empty() {
        writeln!(out)?;
        let rows = outcome.findings.iter().map(|finding| {
            let rule = finding.labels.get("rule").map_or("", |rule| rule.as_str());
            vec![
                rule.to_owned(),
                finding.measurement.value.to_string(),
                finding.title.clone(),
            ]
        });
        table::write(
            &mut out,
            &["finding", "records", "title"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    let security = security(outcome);
    if !security.is_empty() {
        let rows = security
            .iter()
            .map(|(kind, count)| vec![(*kind).to_owned(), count.to_string()]);
        writeln!(out)?;
        table::write(
            &mut out,
            &["security event", "records"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    let counts = outcome.counts;
    writeln!(
        out,
        "\n{} lines, {} of them matched a rule",
        counts.lines, counts.matched
    )?;
    for (count, what) in [
        (counts.malformed, "events were malformed"),
        (
            counts.cut,
            "lines were longer than logs.limits.line_kilobytes and looked at so far",
        ),
        (
            counts.other,
            "records are counted under `other`: see logs.limits.dimension_values",
        ),
        (counts.over, "records were over a limit"),
    ] {
        if count > 0 {
            writeln!(out, "{count} {what}")?;
        }
    }
    Ok(())
}

fn print_explanation(explanation: &Explanation, group: &str, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(explanation)?)?;
        return Ok(());
    }
    writeln!(out, "format: {}, log group {group}", explanation.format)?;
    for (name, value) in &explanation.fields {
        writeln!(out, "  {name} = {value}")?;
    }
    for verdict in explanation.rules.iter().filter(|verdict| verdict.matches) {
        writeln!(
            out,
            "matches {}: {}",
            verdict.rule,
            verdict.gives.join(", ")
        )?;
    }
    for verdict in explanation.rules.iter().filter(|verdict| !verdict.matches) {
        writeln!(out, "not {}: {}", verdict.rule, verdict.because.join("; "))?;
    }
    if !explanation.elsewhere.is_empty() {
        writeln!(
            out,
            "of other log groups: {}",
            explanation.elsewhere.join(", ")
        )?;
    }
    Ok(())
}
