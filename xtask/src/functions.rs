//! Building the functions with cargo-lambda.

use std::env::consts::ARCH;

use anyhow::Result;
use clap::ValueEnum;

use crate::config;
use crate::project::Project;
use crate::run::Steps;

/// The functions, each with a folder of its name in `target/lambda`.
pub(crate) const FUNCTIONS: [&str; 7] = [
    "alert-fanout",
    "escalation",
    "health-check",
    "incident-api",
    "log-metrics",
    "notifier",
    "postmortem",
];

/// How thoroughly to optimise.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Small and fast: what a package ships.
    Release,
}

/// What the functions run on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Arch {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86-64", alias = "x86_64")]
    X8664,
}

impl Arch {
    /// What this machine is.
    pub(crate) const fn host() -> Self {
        if matches!(ARCH.as_bytes(), b"aarch64") {
            Self::Arm64
        } else {
            Self::X8664
        }
    }

    /// In the words of cargo-lambda.
    const fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X8664 => "--x86-64",
        }
    }

    /// In the words of the template.
    pub(crate) const fn parameter(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X8664 => "x86_64",
        }
    }
}

/// Builds every function; what is built already stays as it is.
pub(crate) fn build(
    project: &Project,
    steps: &mut Steps,
    profile: Profile,
    arch: Arch,
) -> Result<()> {
    build_packages(project, steps, profile, arch, &FUNCTIONS)?;
    if profile == Profile::Dev {
        shrink(project);
    }
    Ok(())
}

/// The package of a function: the one of its name, unless a crate of `shared` has that.
fn package_of(function: &str) -> &str {
    match function {
        "log-metrics" => "log-metrics-function",
        other => other,
    }
}

/// Builds some packages as functions.
pub(crate) fn build_packages(
    project: &Project,
    steps: &mut Steps,
    profile: Profile,
    arch: Arch,
    packages: &[&str],
) -> Result<()> {
    let mut command = project.cargo();
    command.args(["lambda", "build"]);
    for package in packages {
        command.args(["--package", package_of(package)]);
    }
    match profile {
        // Runs on this machine only, so this machine's linker and C library will do.
        Profile::Dev if arch == Arch::host() => {
            command.args(["--compiler", "cargo"]);
            command.env("TOCSIN_CONFIG", config::local(project)?);
        }
        Profile::Dev => {
            command.arg(arch.flag());
        }
        // Cargo.toml says how; cargo-lambda's own optimisations would bring `panic = "abort"` back. Its default compiler
        // links against the C library of Lambda, which is older than this machine's.
        Profile::Release => {
            command.args(["--release", "--disable-optimizations", "--locked"]);
            command.arg(arch.flag());
        }
    }
    let name = match profile {
        Profile::Dev => "functions (dev profile)",
        Profile::Release => "functions (release profile)",
    };
    // cargo-lambda moves what Cargo built; two that do so at once take it away from each other.
    let _lock = project.lock("build.lock", "the functions")?;
    steps.program(name, &mut command).map(drop)
}

/// Takes the names and line numbers out of the copies that are deployed locally: SAM packs each of them once a function,
/// and packing is most of a local deployment. Without `strip` it works too, only slower.
fn shrink(project: &Project) {
    for function in FUNCTIONS {
        let program = project.path(&format!("target/lambda/{function}/bootstrap"));
        let _ = project.command("strip").arg(program).output();
    }
}
