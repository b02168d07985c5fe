//! Finds and reads the configuration.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use settings::Settings;
use settings::check::Fault;

/// The configuration as it was shipped, for whoever runs the command outside a checkout.
const SHIPPED: &str = include_str!("../../config/monitoring.yaml");

/// A configuration's text and the name it goes by in messages.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The named file, else `$TOCSIN_CONFIG`, else the nearest `config/monitoring.yaml`, else the shipped one.
pub(crate) fn find(named: Option<&Path>) -> anyhow::Result<Source> {
    let path = named
        .map(Path::to_owned)
        .or_else(|| std::env::var_os("TOCSIN_CONFIG").map(PathBuf::from))
        .or_else(nearest);
    match path {
        Some(path) => Ok(Source {
            text: std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read the configuration {}", path.display()))?,
            name: path.display().to_string(),
        }),
        None => Ok(Source {
            text: SHIPPED.to_owned(),
            name: "the shipped configuration".to_owned(),
        }),
    }
}

fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join("config").join("monitoring.yaml"))
        .find(|path| path.is_file())
}

/// Reads it, or says every fault in one error.
pub(crate) fn read(source: &Source) -> anyhow::Result<Settings> {
    Settings::from_yaml(&source.text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| line(source, fault)).collect();
        anyhow::anyhow!("the configuration is faulty:\n{}", lines.join("\n"))
    })
}

/// One fault as compilers print it, so that editors can jump to it.
pub(crate) fn line(source: &Source, fault: &Fault) -> String {
    format!("{}:{fault}", source.name)
}
