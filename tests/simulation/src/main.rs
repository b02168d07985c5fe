//! `simulate`: runs many days and says what broke.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints"
)]

use std::collections::BTreeMap;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use simulation::{Guard, OVERWRITTEN, Plan, run, shrink};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut seeds, mut first) = (1_000_u64, 0_u64);
    let (mut guards, mut every) = (false, false);
    while let Some(argument) = arguments.next() {
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        match argument.as_str() {
            "--seeds" => seeds = number(arguments.next()).unwrap_or(seeds),
            "--first" => first = number(arguments.next()).unwrap_or(first),
            "--guards" => guards = true,
            "--every" => every = true,
            other => {
                eprintln!(
                    "`{other}` is unknown: write --seeds N, --first SEED, --guards or --every"
                );
                return ExitCode::from(2);
            }
        }
    }
    if guards {
        return without_guards(seeds, first, every);
    }
    days(seeds, first)
}

/// What all days come to.
#[derive(Default)]
struct Sum {
    steps: u64,
    crashes: u64,
    told: usize,
    delivered: usize,
}

fn days(seeds: u64, first: u64) -> ExitCode {
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let bad: Mutex<Option<u64>> = Mutex::new(None);
    let sum = Mutex::new(Sum::default());
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let stop = lock(&bad).is_some();
                    if place >= seeds || stop {
                        return;
                    }
                    let seed = first.saturating_add(place);
                    let outcome = run(&Plan::of(seed), None);
                    if !outcome.violations.is_empty() {
                        let mut bad = lock(&bad);
                        *bad = Some(bad.map_or(seed, |known| known.min(seed)));
                    }
                    let mut sum = lock(&sum);
                    sum.steps += outcome.steps;
                    sum.crashes += outcome.crashes;
                    sum.told += outcome.told.0;
                    sum.delivered += outcome.told.1;
                    if place % 500 == 499 {
                        eprintln!("{} days", place + 1);
                    }
                }
            });
        }
    });
    if let Some(seed) = *lock(&bad) {
        let plan = Plan::of(seed);
        let broken = run(&plan, None).violations;
        println!("seed {seed} breaks {} promises:", broken.len());
        for violation in broken {
            println!("  {}: {}", violation.promise, violation.what);
        }
        println!("the smallest day that breaks one:");
        let smallest = shrink(&plan, None);
        println!("{smallest:#?}");
        for violation in run(&smallest, None).violations {
            println!("  {}: {}", violation.promise, violation.what);
        }
        return ExitCode::FAILURE;
    }
    let seconds = began.elapsed().as_secs_f64();
    let Sum {
        steps,
        crashes,
        told,
        delivered,
    } = *lock(&sum);
    println!(
        "{seeds} days, no promise broken: {steps} steps, {crashes} deaths, {told} notifications \
         decided on, {delivered} messages delivered; {:.0} days a second",
        f64::from(u32::try_from(seeds).unwrap_or(u32::MAX)) / seconds
    );
    ExitCode::SUCCESS
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes each guard away in turn: a seed must find out, by something that comes of it. Says which promises
/// are broken first, or all that are ever.
fn without_guards(seeds: u64, first: u64, every: bool) -> ExitCode {
    let mut unnoticed = 0;
    for guard in Guard::ALL {
        let said = noticed(guard, seeds, first, every);
        unnoticed += usize::from(said.is_none());
        let said = said.unwrap_or_else(|| format!("NOBODY NOTICES in {seeds} days"));
        println!("{guard:?}: {}; {said}", guard.without());
    }
    if every {
        for (guard, both) in Guard::COVERED {
            let said = noticed(guard, seeds, first, every);
            let said = said.unwrap_or_else(|| {
                format!(
                    "nobody notices in {seeds} days, since another guard covers it: see {both:?}"
                )
            });
            println!("{guard:?}: {}; {said}", guard.without());
        }
    }
    if unnoticed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The promises that are broken without a guard, each with the first seed that does it.
fn noticed(guard: Guard, seeds: u64, first: u64, every: bool) -> Option<String> {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first..first.saturating_add(seeds) {
        let violations = run(&Plan::of(seed), Some(guard)).violations;
        let promises = violations.iter().map(|violation| violation.promise);
        // That a decision is overwritten is what some guards prevent, and nothing that comes of it.
        for promise in promises.filter(|promise| *promise != OVERWRITTEN) {
            found.entry(promise).or_insert(seed);
        }
        let enough = match guard.promise() {
            Some(promise) => found.contains_key(promise),
            None => !found.is_empty(),
        };
        if enough && !every {
            break;
        }
    }
    if let Some(promise) = guard.promise() {
        found.retain(|broken, _| *broken == promise);
    }
    let said = found.iter();
    let said = said.map(|(promise, seed)| format!("seed {seed}: {promise}"));
    (!found.is_empty()).then(|| said.collect::<Vec<_>>().join("; "))
}
