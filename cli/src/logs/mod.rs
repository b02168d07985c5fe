//! `tocsin logs`: what becomes of log lines, without AWS.

mod input;
mod metrics;
mod mine;
mod summary;

use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show which metrics, findings and security events come out of log lines
    Metrics(metrics::Arguments),
    /// Find the patterns of log lines: one JSON line a log line
    Mine(mine::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Metrics(arguments) => metrics::run(arguments),
        Command::Mine(arguments) => mine::run(arguments),
    }
}
