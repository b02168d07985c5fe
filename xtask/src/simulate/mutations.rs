//! Breaks the core's guards in a copy of the sources, one at a time: a day must notice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::run::Steps;

/// Where the core is, which is broken.
const SOURCES: [&str; 2] = ["shared/incident/src/", "shared/engine/src/"];

/// A guard, and how it is broken. It is looked for in all of the core, so that it may move.
struct Mutation {
    /// What is missing then.
    what: &'static str,
    from: &'static str,
    to: &'static str,
}

const MUTATIONS: [Mutation; 8] = [
    Mutation {
        what: "events are taken in the order of arrival",
        from: "(Less, _, _) | (Equal, Firing, Resolved) => Step::OutOfOrder,",
        to: "(Less, Firing, Firing) => Step::StillFiring,\n        (Less, Firing, Resolved) => Step::Ended,\n        (Less, Resolved, Firing) => Step::Began,\n        (Less, Resolved, Resolved) => Step::StillResolved,\n        (Equal, Firing, Resolved) => Step::OutOfOrder,",
    },
    Mutation {
        what: "what is held back holds back the end of what was told",
        from: "Some(_) => over && alert.told != 0,",
        to: "Some(_) => false,",
    },
    Mutation {
        what: "an acknowledgement does not stop the ladder",
        from: "if let Some(ack) = episode.acknowledged(now) {",
        to: "if let Some(ack) = episode.acknowledged(now).filter(|_| false) {",
    },
    Mutation {
        what: "a ladder forgets the step that it took",
        from: "ladder.next += 1;",
        to: "ladder.due_at = Some(later(now, SignedDuration::from_secs(60)));\n        return;",
    },
    Mutation {
        what: "whom only a step told is not told of the end",
        from: "teller.ends(route);",
        to: "",
    },
    Mutation {
        what: "the books forget what is over before it was told",
        from: "(false, true, None) => SuppressionReason::ResolvedBeforeTold,",
        to: "(false, true, None) => {\n                alert.pending = 0;\n                continue;\n            }",
    },
    Mutation {
        what: "a decision whose answer was lost is not recognised",
        from: "if self.is_written(&draft).await? {",
        to: "if false && self.is_written(&draft).await? {",
    },
    Mutation {
        what: "a group has no timer",
        from: "RecordName::Group(key) => self.groups.get(key)?.due_at,",
        to: "RecordName::Group(_) => None,",
    },
];

/// Runs `seeds` days with each.
pub(super) fn run(project: &Project, steps: &mut Steps, seeds: u64, first: u64) {
    let copy = project.path("target/mutated");
    let copied = steps.check("copy of the sources", || copy_sources(project, &copy));
    if steps.note(copied).is_none() {
        return;
    }
    for mutation in &MUTATIONS {
        let noticed = steps.check(mutation.what, || {
            noticed(project, &copy, mutation, seeds, first)
        });
        if let Some(line) = steps.note(noticed) {
            println!("    {line}");
        }
    }
}

fn copy_sources(project: &Project, copy: &Path) -> Result<()> {
    // What is not there any more must not be in the copy of an earlier run either.
    for folder in SOURCES {
        let _absent = fs::remove_dir_all(copy.join(folder));
    }
    let listed = project
        .command("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()?;
    for name in listed
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let name = std::str::from_utf8(name)?;
        let (from, to): (PathBuf, PathBuf) = (project.path(name), copy.join(name));
        let Ok(text) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&to, text)?;
    }
    Ok(())
}

/// Breaks one guard, runs the days, mends it; gives what noticed it.
fn noticed(
    project: &Project,
    copy: &Path,
    mutation: &Mutation,
    seeds: u64,
    first: u64,
) -> Result<String> {
    let (file, source) = find(copy, mutation.from)?;
    fs::write(&file, source.replacen(mutation.from, mutation.to, 1))?;
    // Built beside what is built already: only the core differs, by its path.
    let mut program = project.build(&["run"])?;
    let output = program
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", project.path("target"))
        .args([
            "--quiet",
            "--profile",
            "simulation",
            "--package",
            "simulation",
            "--",
        ])
        .args(["--seeds", &seeds.to_string(), "--first", &first.to_string()])
        .output();
    fs::write(&file, source)?;
    let output = output.context("the simulation cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        bail!("nobody notices in {seeds} days");
    }
    let seed = said.lines().find(|line| line.starts_with("seed "));
    let Some(seed) = seed else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!(
            "it does not run: {}",
            complaint.lines().take(20).collect::<Vec<_>>().join("\n")
        );
    };
    let broken = said
        .lines()
        .take_while(|line| !line.starts_with("the smallest"));
    let promises = broken.filter_map(|line| line.strip_prefix("  ")?.split(':').next());
    let promises: BTreeSet<&str> = promises.collect();
    let promises = promises.into_iter().collect::<Vec<_>>().join("; ");
    let seed = seed.split(" breaks").next().unwrap_or_default();
    Ok(format!("{seed} notices: {promises}"))
}

/// The one file of the core that has a text, once.
fn find(copy: &Path, text: &str) -> Result<(PathBuf, String)> {
    let mut folders: Vec<PathBuf> = SOURCES.iter().map(|folder| copy.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path)?;
                let places = source.matches(text).count();
                found.extend((0..places).map(|_| (path.clone(), source.clone())));
            }
        }
    }
    match (found.pop(), found.pop()) {
        (Some(only), None) => Ok(only),
        (None, _) => bail!("the core has no `{text}` any more: renew this table"),
        (Some(_), Some(_)) => bail!("the core has `{text}` more than once: renew this table"),
    }
}
