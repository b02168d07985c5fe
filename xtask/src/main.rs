//! `cargo xtask`: everything that is done with this repository besides `cargo build`.
//!
//! It starts other programs and judges how they end. What it knows of the deployed stack it has from `harness`.

mod bench;
mod command_line;
mod config;
mod demo;
mod deploy;
mod functions;
mod local;
mod project;
mod purity;
mod run;
mod setup;
mod simulate;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::functions::{Arch, Profile};
use crate::project::Project;
use crate::run::Steps;

/// Sets up, builds, runs and verifies Tocsin.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs the pinned Python tools (local AWS, SAM, cargo-lambda, linters) into `.venv`.
    Setup,
    /// Builds the functions with cargo-lambda into `target/lambda`.
    Build {
        /// `release` is what a package ships; `dev` is quick to build.
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
        /// `x86-64` or `arm64`; this machine's own unless said.
        #[arg(long, value_enum)]
        arch: Option<Arch>,
    },
    /// Starts a local AWS, deploys Tocsin into it and leaves it running.
    Up,
    /// Ends every local AWS that was started from this folder.
    Down,
    /// Shows it: breaches a metric in a local AWS and prints what people get.
    Demo {
        /// Leave the local AWS running afterwards; `cargo xtask down` ends it.
        #[arg(long)]
        keep: bool,
    },
    /// Verifies everything: formatting, lints, tests, licences, templates, and the deployed whole.
    Test {
        /// Also look for known vulnerabilities; needs the advisory database from the network.
        #[arg(long)]
        advisories: bool,
    },
    /// Formatting, lints, templates, licences and purity; builds no test and deploys nothing.
    Lint,
    /// Proves that the pure crates reach neither Tokio nor the AWS SDK.
    Purity,
    /// Measures: classifications a second; size, start, invocations and memory of each function.
    Bench,
    /// Deploys into a local AWS of its own and runs the end-to-end tests, or those whose name contains FILTER.
    E2e {
        /// A part of the names of the tests to run.
        filter: Option<String>,
    },
    /// Lives through bad days in virtual time: everything goes wrong, and every promise must hold.
    Simulate {
        /// How many days.
        #[arg(long, default_value_t = 10_000)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        first: u64,
        /// Take one guard of the simulated world away at a time: a day must notice.
        #[arg(long)]
        guards: bool,
        /// Break the core in a copy of the sources, one way at a time: a day must notice.
        #[arg(long, conflicts_with = "guards")]
        mutations: bool,
    },
    /// Plays Slack, PagerDuty and a webhook's receiver on a port; `up` and `demo` start it.
    #[command(hide = true)]
    Sink {
        /// The port.
        port: u16,
    },
}

fn main() -> ExitCode {
    match execute(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(task: Task) -> Result<()> {
    let project = Project::find()?;
    let mut steps = Steps::new(&project);
    match task {
        Task::Setup => setup::run(&project, &mut steps),
        Task::Build { profile, arch } => {
            setup::run(&project, &mut steps)?;
            functions::build(
                &project,
                &mut steps,
                profile,
                arch.unwrap_or_else(Arch::host),
            )
        }
        Task::Up => local::up(&project, &mut steps),
        Task::Down => local::down(&project),
        Task::Demo { keep } => demo::run(&project, &mut steps, keep),
        Task::Test { advisories } => verify::everything(&project, steps, advisories),
        Task::Lint => verify::lint(&project, steps),
        Task::Purity => steps.check("purity of the core", || purity::check(&project)),
        Task::E2e { filter } => verify::end_to_end(&project, steps, filter.as_deref()),
        Task::Bench => bench::run(&project, steps),
        Task::Simulate {
            seeds,
            first,
            guards,
            mutations,
        } => {
            let choice = simulate::Choice {
                seeds,
                first,
                guards,
                mutations,
            };
            simulate::run(&project, steps, choice)
        }
        Task::Sink { port } => harness::sink::serve(port),
    }
}
