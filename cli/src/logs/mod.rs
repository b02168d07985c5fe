//! `tocsin logs`: what becomes of log lines, without AWS, and which log groups send theirs.

mod filters;
mod input;
mod metrics;
mod mine;
mod subscriptions;
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
    /// Write the critical rules as CloudWatch metric filters and alarms: a CloudFormation template
    Filters(filters::Arguments),
    /// Show which log groups send their lines to log-metrics, and why the others do not
    Subscriptions(subscriptions::ListArguments),
    /// Let the log groups that the configuration names send their lines to log-metrics
    Subscribe(subscriptions::SubscribeArguments),
    /// Let no log group send its lines to log-metrics any more
    Unsubscribe(subscriptions::UnsubscribeArguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Metrics(arguments) => metrics::run(arguments),
        Command::Mine(arguments) => mine::run(arguments),
        Command::Filters(arguments) => filters::run(arguments),
        Command::Subscriptions(arguments) => subscriptions::list(arguments),
        Command::Subscribe(arguments) => subscriptions::subscribe(arguments),
        Command::Unsubscribe(arguments) => subscriptions::unsubscribe(arguments),
    }
}
