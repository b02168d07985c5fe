//! The configuration that is part of the functions that decide: checked by the build script of this
//! crate, the same in all of them, and read without a network call.

use settings::{InvalidSettings, Settings};

const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/settings.json"));

/// The configuration. Read it once and late: its patterns take longer to compile than the rest of a
/// cold start.
///
/// # Errors
/// When it is not what this version reads; the build script has tried.
pub fn settings() -> Result<Settings, InvalidSettings> {
    Settings::from_json(JSON)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_embedded_configuration_is_read() {
        let settings = super::settings().unwrap();
        assert!(!settings.incident_by.is_empty());
        assert!(!settings.routing.routes.is_empty());
    }
}
