//! The verification of everything, and parts of it.

use std::process::Command;

use anyhow::Result;
use harness::stack::{Stack, VARIABLES};
use harness::visitor::COMMAND_LINE;

use crate::command_line::{self, CommandLine};
use crate::functions::{self, Arch, Profile};
use crate::local::{self, Local};
use crate::project::Project;
use crate::purity;
use crate::run::{Steps, closing_lines};
use crate::{setup, simulate};

/// All tests but the end-to-end ones, which need a deployed stack.
const WITHOUT_STACK: &str = "not (package(harness) and kind(test))";
/// The end-to-end tests.
const WITH_STACK: &str = "package(harness) and kind(test)";

/// `cargo xtask test`.
pub(crate) fn everything(project: &Project, mut steps: Steps, advisories: bool) -> Result<()> {
    setup::run(project, &mut steps)?;
    static_checks(project, &mut steps, advisories);

    let tests = nextest(project).and_then(|mut tests| {
        tests.args(["--workspace", "--filterset", WITHOUT_STACK]);
        steps.program("tests (unit, properties, snapshots)", &mut tests)
    });
    report(&mut steps, tests);
    let examples = project.build(&["test"]).and_then(|mut examples| {
        examples.args(["--workspace", "--doc"]);
        steps.program("examples in the documentation", &mut examples)
    });
    report(&mut steps, examples);
    simulate::verify(project, &mut steps);

    let built = functions::build(project, &mut steps, Profile::Dev, Arch::host());
    if steps.note(built).is_some() {
        with_stack(project, &mut steps, |project, steps, local, people| {
            let conformance = conformance(project, &local.stack)
                .and_then(|mut tests| steps.program("store conformance on DynamoDB", &mut tests));
            report(steps, conformance);
            run_end_to_end(project, steps, &local.stack, people, None);
        });
    }
    steps.verdict()
}

/// `cargo xtask lint`.
pub(crate) fn lint(project: &Project, mut steps: Steps) -> Result<()> {
    setup::run(project, &mut steps)?;
    static_checks(project, &mut steps, false);
    steps.verdict()
}

/// `cargo xtask e2e`.
pub(crate) fn end_to_end(project: &Project, mut steps: Steps, filter: Option<&str>) -> Result<()> {
    setup::run(project, &mut steps)?;
    functions::build(project, &mut steps, Profile::Dev, Arch::host())?;
    with_stack(project, &mut steps, |project, steps, local, people| {
        run_end_to_end(project, steps, &local.stack, people, filter);
    });
    steps.verdict()
}

/// What is judged without running anything of ours.
fn static_checks(project: &Project, steps: &mut Steps, advisories: bool) {
    let formatting = steps.program(
        "formatting",
        project.cargo().args(["fmt", "--all", "--check"]),
    );
    steps.note(formatting);

    let pure = steps.check("purity of the core", || purity::check(project));
    steps.note(pure);

    let mut cfn_lint = project.command(project.tool("cfn-lint"));
    cfn_lint.args(["template.yaml", "infra/*.yaml"]);
    let templates = steps.program("cfn-lint", &mut cfn_lint);
    steps.note(templates);

    let mut validate = project.command(project.tool("sam"));
    validate.args(["validate", "--lint", "--region", harness::aws::REGION]);
    let valid = steps.program("sam validate --lint", &mut validate);
    steps.note(valid);

    let mut deny = project.cargo();
    deny.args([
        "deny",
        "--all-features",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    if advisories {
        deny.arg("advisories");
    }
    let allowed = steps.program("cargo deny", &mut deny);
    steps.note(allowed);

    let lints = project.build(&["clippy"]).and_then(|mut clippy| {
        clippy.args(["--workspace", "--all-targets", "--", "--deny", "warnings"]);
        steps.program("clippy", &mut clippy)
    });
    steps.note(lints);
}

/// Starts a local AWS of the tests' own, does the work and ends it, however the work ends.
fn with_stack(
    project: &Project,
    steps: &mut Steps,
    work: impl FnOnce(&Project, &mut Steps, &Local, &CommandLine),
) {
    let people = command_line::ready(project, steps);
    let Some(people) = steps.note(people) else {
        return;
    };
    // What an earlier run left would be counted by this one.
    let deployed = local::fresh(project, steps, local::TEST, &people.parameter);
    if let Some(local) = steps.note(deployed) {
        work(project, steps, &local, &people);
        let ended = local.emulator.stop();
        steps.note(ended);
    }
}

fn nextest(project: &Project) -> Result<Command> {
    let mut command = project.build(&["nextest", "run"])?;
    command.args(["--profile", "ci", "--no-fail-fast"]);
    Ok(command)
}

fn conformance(project: &Project, stack: &Stack) -> Result<Command> {
    let mut command = nextest(project)?;
    command
        .args([
            "--package",
            "store",
            "--features",
            "conformance,dynamodb-endpoint",
        ])
        .env("AWS_ENDPOINT_URL", stack.aws().endpoint());
    local::credentials(&mut command);
    Ok(command)
}

fn run_end_to_end(
    project: &Project,
    steps: &mut Steps,
    stack: &Stack,
    people: &CommandLine,
    filter: Option<&str>,
) {
    let tests = nextest(project).and_then(|mut tests| {
        tests
            .args(["--package", "harness", "--filterset", WITH_STACK])
            .args(filter);
        let values = [stack.aws().endpoint(), stack.name(), stack.sink().url()];
        tests.envs(VARIABLES.into_iter().zip(values));
        let [program, token] = COMMAND_LINE;
        tests
            .env(program, &people.program)
            .env(token, &people.token);
        // The tests say in words where they fail; a page of frames a failure would only hide it.
        tests.env("RUST_LIB_BACKTRACE", "0");
        steps.program("end to end, deployed, with IAM enforced", &mut tests)
    });
    report(steps, tests);
}

/// Prints how a test runner says that it ended.
fn report(steps: &mut Steps, result: Result<String>) {
    if let Some(output) = steps.note(result) {
        for line in closing_lines(&output) {
            println!("    {line}");
        }
    }
}
