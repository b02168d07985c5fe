//! The command line as people have it, with the first token of a stack that is still to be deployed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::project::Project;
use crate::run::Steps;

/// The command line, and what it made for a stack.
pub(crate) struct CommandLine {
    pub(crate) program: PathBuf,
    /// The first token.
    pub(crate) token: String,
    /// Its record, for `sam deploy --parameter-overrides`.
    pub(crate) parameter: String,
}

/// Builds `tocsin` and lets it make a token, as whoever deploys a stack does.
pub(crate) fn ready(project: &Project, steps: &mut Steps) -> Result<CommandLine> {
    let mut build = project.build(&["build"])?;
    build.args(["--package", "tocsin", "--message-format", "json"]);
    let output = steps.program("command line", &mut build)?;
    let program = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .find(|program| program.file_stem().is_some_and(|name| name == "tocsin"))
        .context("cargo does not say where it put tocsin")?;
    let name = "first, of the tests";
    let made = Command::new(&program)
        .args(["token", "bootstrap", "--json", "--name", name])
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let complaint = String::from_utf8_lossy(&made.stderr);
    ensure!(made.status.success(), "tocsin makes no token: {complaint}");
    let made: Value = serde_json::from_slice(&made.stdout).context("tocsin token bootstrap")?;
    let field = |name: &str| {
        let text = made.get(name).and_then(Value::as_str).map(str::to_owned);
        text.with_context(|| format!("tocsin token bootstrap says no {name}"))
    };
    Ok(CommandLine {
        token: field("token")?,
        parameter: field("parameter")?,
        program,
    })
}

impl CommandLine {
    /// The record as it stands in the secret.
    pub(crate) fn record(&self) -> Result<Value> {
        let (_, quoted) = self.parameter.split_once('=').context("no parameter")?;
        let text: String = serde_json::from_str(quoted).context("the parameter has no record")?;
        serde_json::from_str(&text).context("the parameter's record cannot be read")
    }
}
