//! Checks the configuration and makes it part of the function.
//!
//! `TOCSIN_CONFIG` names the file, from the root of the workspace if it is
//! relative; without it `config/monitoring.yaml` is taken. A faulty file fails the
//! build with every fault, so that a function with a broken configuration cannot exist.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use settings::Settings;

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                // What a build script prints to standard error is shown when it fails.
                eprintln!("{line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn embed() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TOCSIN_CONFIG");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let named = env::var("TOCSIN_CONFIG")
        .ok()
        .filter(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| "config/monitoring.yaml".to_owned());
    let file: PathBuf = root.join(&name);
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).map_err(|error| {
        format!("{name}: {error}; TOCSIN_CONFIG names the configuration, from the workspace's root")
    })?;
    let checked = settings::check::read_yaml(&text).map_err(|faults| {
        let faults: Vec<String> = faults
            .iter()
            .map(|fault| format!("{name}:{fault}"))
            .collect();
        faults.join("\n")
    })?;
    let json = serde_json::to_string(&checked)?;
    // The function reads it with the same code; should it not be able to, the build is the place to say so.
    Settings::from_json(&json)?;
    let target = Path::new(&env::var("OUT_DIR")?).join("settings.json");
    fs::write(target, json)?;
    Ok(())
}
