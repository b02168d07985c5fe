//! All scenarios of a folder must come out as they expect.

use std::fmt::Write as _;
use std::path::Path;

use replay::{Scenario, compare, run};

fn check(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let scenario = Scenario::from_yaml(&text).map_err(|error| format!("{error:?}"))?;
    let told = run(&scenario, None).map_err(|error| format!("{error}"))?;
    let differences = compare(&scenario.expect, &told);
    if differences.is_empty() {
        return Ok(());
    }
    let mut report = String::new();
    for difference in &differences {
        let _ = writeln!(report, "  {difference}");
    }
    for line in &told {
        let line = serde_json::to_string(line).map_err(|error| error.to_string())?;
        let _ = writeln!(report, "  told {line}");
    }
    Err(report)
}

#[test]
fn every_scenario_comes_out_as_expected() {
    let folder = std::env::var("SCENARIOS").unwrap_or_else(|_| "../../tests/scenarios".into());
    let mut failed = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
            && let Err(report) = check(&path)
        {
            let _ = writeln!(failed, "{}\n{report}", path.display());
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
