//! Scenarios: JSON lines of what they tell, or what differs from what they expect.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use replay::{Comparison, Line, Mention, Scenario, compare};
use serde::Serialize;
use settings::Settings;

use super::clock::Clock;
use super::{Arguments, against};

/// How a file came out, the worst last.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Outcome {
    Passed,
    Differs,
    Failed,
}

#[derive(Serialize)]
struct InFile<'a, T> {
    file: &'a str,
    #[serde(flatten)]
    what: &'a T,
}

struct Settled {
    a: Option<Arc<Settings>>,
    b: Option<Arc<Settings>>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let settled = Settled {
        a: arguments.config.as_deref().map(super::read).transpose()?,
        b: arguments.against.as_deref().map(super::read).transpose()?,
    };
    let mut worst = Outcome::Passed;
    for path in &arguments.files {
        let name = path.display().to_string();
        let outcome = match file(arguments, path, &name, &settled) {
            Ok((outcome, summary)) => {
                eprintln!("{name}: {summary}");
                outcome
            }
            Err(error) if crate::is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                eprintln!("{name}: cannot be run: {error:#}");
                Outcome::Failed
            }
        };
        worst = worst.max(outcome);
    }
    Ok(ExitCode::from(match worst {
        Outcome::Passed => 0,
        Outcome::Differs => 1,
        Outcome::Failed => 2,
    }))
}

fn file(
    arguments: &Arguments,
    path: &Path,
    name: &str,
    settled: &Settled,
) -> anyhow::Result<(Outcome, String)> {
    let text = std::fs::read_to_string(path).context("cannot be read")?;
    let scenario = Scenario::from_yaml(&text)?;
    let mut out = std::io::stdout().lock();
    if let Some(b) = &settled.b {
        let mentions = |settings: Option<Arc<Settings>>| -> anyhow::Result<Vec<Mention>> {
            let told = replay::tell(&scenario, settings)?;
            Ok(told.iter().flat_map(Mention::of).collect())
        };
        let comparison = Comparison::of(
            &mentions(settled.a.clone())?,
            &mentions(Some(Arc::clone(b)))?,
        );
        let clock = Clock::Since(scenario.start());
        if !arguments.json && arguments.files.len() > 1 && !comparison.is_equal() {
            writeln!(out, "{name}")?;
        }
        against::write(
            &mut out,
            &comparison,
            &clock,
            arguments.json.then_some(name),
        )?;
        let outcome = if comparison.is_equal() {
            Outcome::Passed
        } else {
            Outcome::Differs
        };
        return Ok((outcome, against::summary(&comparison)));
    }
    let told = replay::run(&scenario, settled.a.clone())?;
    if arguments.check {
        return check(arguments, name, &scenario, &told, &mut out);
    }
    for line in &told {
        serde_json::to_writer(&mut out, line)?;
        writeln!(out)?;
    }
    Ok((Outcome::Passed, notifications(told.len())))
}

fn check(
    arguments: &Arguments,
    name: &str,
    scenario: &Scenario,
    told: &[Line],
    out: &mut impl std::io::Write,
) -> anyhow::Result<(Outcome, String)> {
    let differences = compare(&scenario.expect, told);
    for difference in &differences {
        if arguments.json {
            let line = InFile {
                file: name,
                what: difference,
            };
            serde_json::to_writer(&mut *out, &line)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{name}: {difference}")?;
        }
    }
    Ok(match differences.len() {
        0 => (
            Outcome::Passed,
            format!("passes, {}", notifications(told.len())),
        ),
        1 => (Outcome::Differs, "FAILS, 1 difference".to_owned()),
        many => (Outcome::Differs, format!("FAILS, {many} differences")),
    })
}

fn notifications(count: usize) -> String {
    match count {
        1 => "1 notification".to_owned(),
        many => format!("{many} notifications"),
    }
}
