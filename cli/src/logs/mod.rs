//! `tocsin logs`: what becomes of log lines, without AWS.

mod mine;

use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Find the patterns of log lines: one JSON line a log line
    Mine(mine::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Mine(arguments) => mine::run(arguments),
    }
}
