//! `tocsin replay`: who would have been told what, when. Scenarios, recorded events, and two
//! configurations over either, in virtual time. This file only reads the command line.

mod against;
mod clock;
mod events;
mod recording;
mod scenarios;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use settings::Settings;

use crate::configuration;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Scenarios (YAML). What they tell is printed as JSON lines
    #[arg(value_name = "FILE", required_unless_present = "events")]
    files: Vec<PathBuf>,
    /// Compare what is told with what the scenarios expect; exit code 1 when it differs
    #[arg(long, conflicts_with_all = ["events", "against"])]
    check: bool,
    /// Recorded events instead of scenarios: folders, files with one event each, or one event a line, raw or
    /// as {"at": TIME, "event": …}; `-` for standard input
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "files")]
    events: Vec<PathBuf>,
    /// The configuration. For events by default as for the other commands; scenarios have their own
    /// `settings` unless this is given
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A second configuration, B: show who is told what under the one and not under the other; exit code 1
    /// when there is a difference
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// JSON lines instead of tables
    #[arg(long)]
    json: bool,
    /// Only the totals
    #[arg(long, requires = "events")]
    totals: bool,
    /// Show and count only what is told from then on (2026-11-23, 2026-11-23T10:00 or RFC 3339)
    #[arg(long, value_name = "TIME", requires = "events")]
    from: Option<String>,
    /// End then; default: a day after the last event, so that ladders and digests have their turn
    #[arg(long, value_name = "TIME", requires = "events")]
    until: Option<String>,
    /// Times of tables, --from and --until, and nights (22:00 to 07:00)
    #[arg(long, value_name = "IANA", default_value = "UTC")]
    time_zone: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.events.is_empty() {
        scenarios::run(arguments)
    } else {
        events::run(arguments)
    }
}

/// The configuration that is named.
fn read(path: &std::path::Path) -> anyhow::Result<Arc<Settings>> {
    let source = configuration::find(Some(path))?;
    Ok(Arc::new(configuration::read(&source)?))
}
