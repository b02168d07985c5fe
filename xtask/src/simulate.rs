//! Bad days by the thousand, and the proof that they would be noticed.

mod mutations;

use anyhow::Result;

use crate::project::Project;
use crate::run::Steps;

/// How many days the verification runs…
const DAYS: u64 = 1_500;
/// …and in how many a missing guard must be noticed: most are within ten, one that only races can show in 466.
const DAYS_WITHOUT: u64 = 1_000;

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) seeds: u64,
    pub(crate) first: u64,
    pub(crate) guards: bool,
    pub(crate) mutations: bool,
}

/// `cargo xtask simulate`.
pub(crate) fn run(project: &Project, mut steps: Steps, choice: Choice) -> Result<()> {
    if choice.mutations {
        mutations::run(project, &mut steps, choice.seeds, choice.first);
        return steps.verdict();
    }
    let mut arguments = vec![
        "--seeds".to_owned(),
        choice.seeds.to_string(),
        "--first".to_owned(),
        choice.first.to_string(),
    ];
    if choice.guards {
        arguments.push("--guards".to_owned());
    }
    let name = if choice.guards {
        "simulation without one guard at a time"
    } else {
        "simulation"
    };
    let result = simulate(project, &mut steps, name, "simulation", &arguments);
    print(&mut steps, result);
    steps.verdict()
}

/// The part of `cargo xtask test`, by what is built already: to build the SDK once more for speed would take longer.
pub(crate) fn verify(project: &Project, steps: &mut Steps) {
    let seeds = |count: u64| vec!["--seeds".to_owned(), count.to_string()];
    let days = simulate(project, steps, "simulation", "dev", &seeds(DAYS));
    print(steps, days);
    let mut without = seeds(DAYS_WITHOUT);
    without.push("--guards".to_owned());
    let name = "simulation without one guard at a time";
    let guards = simulate(project, steps, name, "dev", &without);
    print(steps, guards);
}

fn simulate(
    project: &Project,
    steps: &mut Steps,
    name: &str,
    profile: &str,
    arguments: &[String],
) -> Result<String> {
    let mut program = project.build(&["run"])?;
    program
        .args([
            "--quiet",
            "--profile",
            profile,
            "--package",
            "simulation",
            "--",
        ])
        .args(arguments);
    steps.program(name, &mut program)
}

fn print(steps: &mut Steps, result: Result<String>) {
    if let Some(output) = steps.note(result) {
        let said = output.lines().filter(|line| !line.ends_with(" days"));
        for line in said {
            println!("    {line}");
        }
    }
}
