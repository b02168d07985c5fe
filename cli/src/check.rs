//! `tocsin check`: is a configuration right, and if not, where and what to do.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use settings::Settings;

use crate::configuration;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The configuration; default as for the other commands
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// One JSON line a fault
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let source = configuration::find(arguments.file.as_deref())?;
    let mut out = std::io::stdout().lock();
    let faults = match Settings::from_yaml(&source.text) {
        Ok(settings) => {
            if !arguments.json {
                writeln!(
                    out,
                    "{}: fine ({} services, {} measures, {} rules)",
                    source.name,
                    settings.services.len(),
                    settings.measures.len(),
                    settings.rules.len()
                )?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(faults) => faults,
    };
    for fault in &faults {
        if arguments.json {
            let mut line = serde_json::to_value(fault)?;
            if let Some(object) = line.as_object_mut() {
                object.insert("file".to_owned(), source.name.clone().into());
            }
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{}", configuration::line(&source, fault))?;
            let text = source.text.lines().nth(fault.line.saturating_sub(1));
            if let Some(text) = text.filter(|_| std::io::stdout().is_terminal()) {
                writeln!(out, "  {:>4} | {text}", fault.line)?;
            }
        }
    }
    if !arguments.json {
        let plural = if faults.len() == 1 { "fault" } else { "faults" };
        eprintln!("{}: {} {plural}", source.name, faults.len());
    }
    Ok(ExitCode::from(1))
}
