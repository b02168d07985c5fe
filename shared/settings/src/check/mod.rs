//! Checks a configuration and names every fault with its place and remedy.

mod fault;
mod format;
mod logs;
mod meaning;
mod probes;
mod routing;
mod security;
mod shape;
mod suggest;
mod texts;
mod tree;

pub use fault::Fault;
pub use texts::read_texts;

use crate::raw::RawSettings;
use crate::settings::Settings;

/// The JSON schema of `monitoring.yaml` (draft 2020-12), derived from the types that read it.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(RawSettings).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "Tocsin monitoring.yaml".into());
    }
    schema
}

/// Whether a time interval may be written so.
///
/// # Errors
/// Every fault of it, with place and remedy.
pub fn time_interval(raw: crate::raw::RawTimeInterval) -> Result<(), Vec<String>> {
    calendar::TimeInterval::try_from(raw)
        .map(drop)
        .map_err(|invalid| {
            let faults = invalid.faults().iter();
            faults.map(ToString::to_string).collect()
        })
}

/// Reads a YAML configuration.
///
/// # Errors
/// Every fault that it has, in the order of the file.
pub fn read_yaml(text: &str) -> Result<RawSettings, Vec<Fault>> {
    let tree = tree::Tree::parse(text).map_err(|fault| vec![fault])?;
    let mut faults = shape::check(&tree, &schema());
    meaning::check(&tree, &mut faults);
    routing::check(&tree, &mut faults);
    probes::check(&tree, &mut faults);
    security::check(&tree, &mut faults);
    logs::check(&tree, &mut faults);
    faults.sort_by_key(|fault| (fault.line, fault.column));
    if !faults.is_empty() {
        return Err(faults);
    }
    // The shape is right, so this cannot fail; should it all the same, people see why.
    let raw: RawSettings = serde_json::from_value(tree.value)
        .map_err(|error| vec![Fault::at_start(error.to_string())])?;
    Settings::try_from(raw.clone())
        .map_err(|error| vec![Fault::at_start(error.to_string())])
        .map(|_| raw)
}
