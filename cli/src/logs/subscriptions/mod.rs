//! `tocsin logs subscriptions`, `subscribe` and `unsubscribe`: which log groups send what they log to the stack's
//! `log-metrics`.
//!
//! The plan is made of what AWS says ([`plan`]) and printed; only `--yes` carries it out. What was done already is not
//! done again, so a run that was cut off is simply run anew.

mod aws;
mod plan;
mod suite;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;

use self::aws::Logs;
use self::plan::{Act, Membership, Standing, Step, Wish, step};
use self::suite::Suites;
use crate::{ConfigurationArguments, configuration, table};

/// Which function, and how to print.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// The function that log groups are subscribed to: its ARN
    #[arg(long, value_name = "ARN", conflicts_with = "stack")]
    function: Option<String>,
    /// The stack whose log-metrics it is: its output says so
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// JSON lines, even to a terminal
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    common: Common,
    /// Groups of which nothing is wanted, too
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
pub(crate) struct SubscribeArguments {
    #[command(flatten)]
    common: Common,
    /// Do it; without this only the plan is printed
    #[arg(long)]
    yes: bool,
    /// Also take the filter off groups that the configuration wants no more; looks at every group of the account
    #[arg(long)]
    prune: bool,
    /// Turn filters of the same name that go to another function to this one
    #[arg(long)]
    take_over: bool,
}

#[derive(clap::Args)]
pub(crate) struct UnsubscribeArguments {
    #[command(flatten)]
    common: Common,
    /// Do it; without this only the plan is printed
    #[arg(long)]
    yes: bool,
}

pub(crate) fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let view = View {
        all: arguments.all,
        every_group: arguments.all,
        yes: false,
    };
    start(&arguments.common, Wish::List, &view)
}

pub(crate) fn subscribe(arguments: &SubscribeArguments) -> anyhow::Result<ExitCode> {
    let wish = Wish::Subscribe {
        take_over: arguments.take_over,
        prune: arguments.prune,
    };
    let view = View {
        all: false,
        every_group: arguments.prune,
        yes: arguments.yes,
    };
    start(&arguments.common, wish, &view)
}

pub(crate) fn unsubscribe(arguments: &UnsubscribeArguments) -> anyhow::Result<ExitCode> {
    let view = View {
        all: false,
        every_group: true,
        yes: arguments.yes,
    };
    start(&arguments.common, Wish::Unsubscribe, &view)
}

/// How far to look, and what to show.
struct View {
    /// Show what nothing is done about.
    all: bool,
    /// Ask for the filters of groups that are not wanted, too.
    every_group: bool,
    /// Carry the plan out.
    yes: bool,
}

fn start(common: &Common, wish: Wish, view: &View) -> anyhow::Result<ExitCode> {
    let source = configuration::find(common.configuration.config.as_deref())?;
    let settings = configuration::read(&source)?;
    if settings.logs.groups.is_empty() && wish != Wish::Unsubscribe {
        bail!(
            "{}: logs.groups is empty, so no log group is wanted",
            source.name
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(work(common, &settings.logs, wish, view))
}

async fn work(
    common: &Common,
    wanted: &settings::logs::Logs,
    wish: Wish,
    view: &View,
) -> anyhow::Result<ExitCode> {
    let config = aws::environment().await?;
    let function = match (&common.function, &common.stack) {
        (Some(arn), _) => Some(arn.clone()),
        (None, Some(stack)) => Some(aws::function_of(&config, stack).await?),
        (None, None) if wish == Wish::List => None,
        (None, None) => bail!("which function? Give --stack NAME, or --function ARN"),
    };
    let name = function.as_deref().map(function_name).transpose()?;
    let logs = Logs::new(&config);
    let mut progress = Progress::new();
    let groups = logs
        .groups(|count| progress.say(&format!("{count} log groups")))
        .await?;
    let suites = Suites::of(name, groups.iter().map(|group| group.name.as_str()));
    let mut steps = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let member = Membership::of(&group.name, wanted, &suites);
        let asked = view.every_group || matches!(member, Membership::Wanted | Membership::Own);
        let standing = if asked {
            progress.say(&format!("{} of {} log groups", at + 1, groups.len()));
            let Some(filters) = logs.filters(&group.name).await? else {
                continue;
            };
            Standing::of(group, &filters, function.as_deref())
        } else {
            // Nobody asked AWS, and nothing is done about it.
            Standing::Free
        };
        let step = step(wish, group, member, &standing);
        let shown = step.act != Act::Leave
            || step.subscribed
            || view.all
            || (wish == Wish::List && member != Membership::Unmatched);
        if shown {
            steps.push(step);
        }
    }
    progress.end();
    let mut outcome = Outcome::default();
    for step in &steps {
        let failure = match (&function, view.yes && step.act.changes()) {
            (Some(function), true) => {
                progress.say(&format!("{} {}", step.act.as_str(), step.group));
                let done = match step.act {
                    Act::Add | Act::Repair => logs.subscribe(&step.group, function).await,
                    Act::Remove => logs.unsubscribe(&step.group).await,
                    Act::Keep | Act::Blocked | Act::Leave => Ok(()),
                };
                done.err()
            }
            (_, _) => None,
        };
        outcome.count(step, failure.is_some());
        outcome.rows.push(Line {
            group: step.group.clone(),
            subscribed: step.subscribed,
            act: step.act,
            why: step.why.clone(),
            done: view.yes && step.act.changes() && failure.is_none(),
            error: failure,
        });
    }
    progress.end();
    outcome.print(common.json || !std::io::stdout().is_terminal(), wish, view)?;
    Ok(outcome.code(wish))
}

/// The name in the ARN of a function.
fn function_name(arn: &str) -> anyhow::Result<&str> {
    let mut parts = arn.split(':');
    let name = match (parts.next(), parts.nth(1), parts.nth(2), parts.next()) {
        (Some("arn"), Some("lambda"), Some("function"), name) => name,
        _ => None,
    };
    name.filter(|name| !name.is_empty()).with_context(|| {
        format!("`{arn}` is no ARN of a function: it looks like arn:aws:lambda:REGION:ACCOUNT:function:NAME")
    })
}

/// What is printed of a group.
#[derive(Serialize)]
struct Line {
    group: String,
    subscribed: bool,
    act: Act,
    why: String,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What became of the plan.
#[derive(Default)]
struct Outcome {
    rows: Vec<Line>,
    changes: usize,
    kept: usize,
    blocked: usize,
    failed: usize,
}

impl Outcome {
    fn count(&mut self, step: &Step, failed: bool) {
        self.failed += usize::from(failed);
        self.changes += usize::from(step.act.changes() && !failed);
        self.kept += usize::from(step.act == Act::Keep);
        self.blocked += usize::from(step.act == Act::Blocked);
    }

    /// What stands in the way is a fault of what was asked about; a list only tells.
    fn code(&self, wish: Wish) -> ExitCode {
        let faulty = self.failed > 0 || (wish != Wish::List && self.blocked > 0);
        ExitCode::from(u8::from(faulty))
    }

    fn print(&self, json: bool, wish: Wish, view: &View) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if json {
            for line in &self.rows {
                serde_json::to_writer(&mut out, line)?;
                writeln!(out)?;
            }
            return Ok(());
        }
        let rows: Vec<Vec<String>> = self.rows.iter().map(Line::cells).collect();
        table::write(&mut out, &["group", "subscribed", "act", "why"], &rows)?;
        if wish == Wish::List {
            return Ok(());
        }
        let (changes, kept, blocked) = (self.changes, self.kept, self.blocked);
        let verb = if view.yes { "done" } else { "to do" };
        writeln!(
            out,
            "\n{changes} {verb}, {kept} as they should be, {blocked} blocked, {} failed",
            self.failed
        )?;
        if !view.yes && changes > 0 {
            writeln!(out, "Nothing was done yet: --yes does it.")?;
        }
        Ok(())
    }
}

impl Line {
    fn cells(&self) -> Vec<String> {
        let subscribed = if self.subscribed { "yes" } else { "no" };
        let act = if self.done {
            format!("{}: done", self.act.as_str())
        } else {
            self.act.as_str().to_owned()
        };
        let why = self.error.as_ref().unwrap_or(&self.why);
        vec![self.group.clone(), subscribed.to_owned(), act, why.clone()]
    }
}

/// One line on a terminal that says how far it is; nothing where nobody watches.
struct Progress {
    shown: bool,
    watched: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            shown: false,
            watched: std::io::stderr().is_terminal(),
        }
    }

    fn say(&mut self, text: &str) {
        if self.watched {
            self.shown = true;
            eprint!("\r\x1b[2K{text}");
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\x1b[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::function_name;
    use test_case::test_case;

    #[test_case(
        "arn:aws:lambda:ap-south-1:111122223333:function:tocsin-log-metrics",
        Some("tocsin-log-metrics")
    )]
    #[test_case("arn:aws:lambda:ap-south-1:111122223333:function:tocsin-log-metrics:live", Some("tocsin-log-metrics"); "with an alias")]
    #[test_case("tocsin-log-metrics", None; "a name alone")]
    #[test_case("arn:aws:logs:ap-south-1:111122223333:log-group:x", None; "of something else")]
    fn reads_the_name(arn: &str, expected: Option<&str>) {
        assert_eq!(function_name(arn).ok(), expected);
    }
}
