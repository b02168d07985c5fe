//! `tocsin`: what a team needs at a terminal. Each command is a module; this file only
//! reads the command line and turns the outcome into an exit code.

mod check;
mod classify;
mod client;
mod configuration;
mod import;
mod logs;
mod remote;
mod replay;
mod table;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Monitoring and incident response for AWS.
///
/// Exit codes: 0 all is well, 1 something that was asked about is faulty, 2 the command
/// line or the surroundings are, 3 the stack that was asked does not answer.
#[derive(Parser)]
#[command(name = "tocsin", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a configuration: every fault with its place and remedy
    Check(check::Arguments),
    /// Print the JSON schema of the configuration
    Schema,
    /// Show what becomes of events: one line an alert
    Classify(classify::Arguments),
    /// Make a configuration from Alertmanager's, and name what has no counterpart
    Import(import::Arguments),
    /// Show who would have been told what, when: scenarios and recorded events in virtual time
    Replay(replay::Arguments),
    /// Show what becomes of log lines: their patterns
    Logs(logs::Arguments),
    #[command(flatten)]
    Remote(remote::Command),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Schema => print_schema(),
        Command::Classify(arguments) => classify::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Logs(arguments) => logs::run(&arguments),
        Command::Remote(command) => Ok(remote::run(&command)),
    };
    match outcome {
        Ok(code) => code,
        // Somebody who pipes into `head` has seen enough; that is no fault.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tocsin: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn print_schema() -> anyhow::Result<ExitCode> {
    let schema = serde_json::to_string_pretty(&settings::check::schema())?;
    writeln!(std::io::stdout(), "{schema}")?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration that a command goes by.
#[derive(clap::Args)]
struct ConfigurationArguments {
    /// The configuration; default: $TOCSIN_CONFIG, else config/monitoring.yaml of this folder
    /// or of one above it, else the one that was shipped
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
}
