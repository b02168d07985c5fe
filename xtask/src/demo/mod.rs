//! The demo: a metric is breached in a local AWS, and whatever people get is shown as it arrives.

mod arrivals;
mod show;
mod slack;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::alarm::{self, Alarm};
use harness::inbox;
use harness::stack::Stack;
use harness::wait;
use serde_json::Value;

use self::arrivals::{Arrival, Inboxes};
use self::show::{Clock, Screen};
use crate::local;
use crate::project::Project;
use crate::run::Steps;

/// The alarm, as somebody at HASIVU would make it. A short period, so that the demo need not wait for a minute.
const ALARM: Alarm<'_> = Alarm {
    name: "hasivu-payment-failure-rate",
    description: "Too many payments fail at the gateway.",
    namespace: "HASIVU",
    metric: "PaymentFailureRate",
    unit: "Percent",
    threshold: 5.0,
    period_seconds: 10,
};
const BAD: f64 = 12.4;
const GOOD: f64 = 0.4;
/// Everything is there after a second or two; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// `cargo xtask demo`.
pub(crate) fn run(project: &Project, steps: &mut Steps, keep: bool) -> Result<()> {
    let local = local::ready(project, steps, local::DEMO)?;
    let shown = show_all(&local.stack, &Screen::new());
    if shown.is_err() {
        println!(
            "\n  The functions' logs and everything else: {}",
            project.shown(&local.emulator.log())
        );
    }
    // One that ran before the demo is somebody's; it goes on.
    if keep || local.was_running {
        println!();
        local::hints(project, &local);
    } else {
        local.emulator.stop()?;
        println!(
            "\nThe local AWS has ended. `cargo xtask demo --keep` leaves it running, to look around."
        );
    }
    println!("Done after {:.0} s.", steps.elapsed().as_secs_f64());
    shown
}

fn show_all(stack: &Stack, screen: &Screen) -> Result<()> {
    let mut inboxes = Inboxes::new(stack)?;
    screen.heading("An alarm, pointed at Tocsin's topic");
    screen.line(&format!(
        "{}: {}/{} above {} %, average of {} s",
        ALARM.name, ALARM.namespace, ALARM.metric, ALARM.threshold, ALARM.period_seconds
    ));
    ALARM.put(stack)?;

    let opened = act(
        stack,
        screen,
        &mut inboxes,
        &Act {
            heading: "The breach",
            value: BAD,
            // Few points, so that many good ones outweigh them at once.
            count: 40,
            state: "ALARM",
        },
    )?;
    alarm::next_second()?;
    let resolved = act(
        stack,
        screen,
        &mut inboxes,
        &Act {
            heading: "The recovery",
            value: GOOD,
            count: 4000,
            state: "OK",
        },
    )?;
    screen.summary(&opened, &resolved);
    Ok(())
}

struct Act {
    heading: &'static str,
    value: f64,
    count: u32,
    state: &'static str,
}

/// Measures until the alarm changes, and shows what arrives until everybody was told.
fn act(stack: &Stack, screen: &Screen, inboxes: &mut Inboxes, act: &Act) -> Result<Vec<Arrival>> {
    screen.heading(&format!(
        "{}: {} = {} %",
        act.heading, ALARM.metric, act.value
    ));
    let mut clock = Clock::start();
    let state = wait::until(
        &format!("the alarm to be in state {}", act.state),
        PATIENCE,
        || {
            clock = Clock::start();
            ALARM.measure(stack, act.value, act.count)?;
            let state = alarm::describe(stack, ALARM.name)?;
            Ok((field(&state, "/StateValue") == act.state).then_some(state))
        },
    )?;
    screen.event(
        &clock,
        "alarm",
        &format!(
            "{} is {}: {}",
            ALARM.name,
            act.state,
            field(&state, "/StateReason")
        ),
    );

    let mut arrived: Vec<Arrival> = Vec::new();
    let mut expected: Option<BTreeSet<String>> = None;
    let told = wait::until("everybody to be told", PATIENCE, || {
        arrived.extend(inboxes.look(&clock)?);
        if expected.is_none()
            && let Some(document) = arrived.iter().find_map(Arrival::document)
        {
            screen.decision(&clock, document);
            expected = Some(channels(document));
        }
        // The decision is shown before its messages, although some overtake the document that tells of it.
        let Some(expected) = &expected else {
            return Ok(None);
        };
        for arrival in arrived.iter_mut().filter(|arrival| !arrival.shown) {
            screen.arrival(arrival);
            arrival.shown = true;
        }
        let told: BTreeSet<String> = arrived
            .iter()
            .map(|arrival| arrival.channel.to_owned())
            .collect();
        Ok(expected.is_subset(&told).then_some(()))
    });
    if let Err(error) = told {
        let told: Vec<&str> = arrived.iter().map(|arrival| arrival.channel).collect();
        let dead = dead_letters(stack)?;
        bail!("{error:#}; told were {told:?} of {expected:?}; dead letters: {dead:?}");
    }
    Ok(arrived)
}

fn channels(document: &Value) -> BTreeSet<String> {
    let names = document.pointer("/channels").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn dead_letters(stack: &Stack) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for queue in [
        "ingest-dlq",
        "email-dlq",
        "sms-dlq",
        "slack-dlq",
        "webhook-dlq",
    ] {
        let letters = inbox::queued(stack, queue).with_context(|| format!("the queue {queue}"))?;
        found.extend(
            letters
                .iter()
                .map(|letter| format!("{queue}: {}", letter.message_attributes)),
        );
    }
    Ok(found)
}

/// A text in a document, empty when there is none.
fn field<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
