//! What a seed decides: what happens, and what goes wrong.

use fastrand::Rng;
use settings::Priority;

use crate::configurations::CONFIGURATIONS;

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Decides what is not planned: the order of things that happen at once.
    pub seed: u64,
    /// What happens, in order of time.
    pub inputs: Vec<Input>,
    /// What goes wrong.
    pub faults: Faults,
}

/// Something that happens, in milliseconds from the beginning.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A source says something.
    Alert(u64, SimAlert),
    /// A person does something.
    Act(u64, SimAct),
    /// The configuration becomes another one of [`CONFIGURATIONS`](crate::CONFIGURATIONS). Functions that
    /// run keep theirs, and for a while some still begin with it.
    Deploy(u64, usize),
}

/// What a source says.
#[derive(Clone, Debug, PartialEq)]
pub struct SimAlert {
    /// Which service.
    pub service: &'static str,
    /// Which alert of it.
    pub name: &'static str,
    /// How urgent.
    pub priority: Priority,
    /// Whether it fires or is over.
    pub firing: bool,
}

/// What a person does about whatever is open for a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SimAct {
    /// Acknowledges.
    Acknowledge(&'static str),
    /// Gives it back.
    Unacknowledge(&'static str),
    /// Resolves.
    Resolve(&'static str),
    /// Raises it to P1.
    Raise(&'static str),
    /// Silences one alert for some minutes.
    Silence(&'static str, u16),
}

/// What goes wrong, in percent of the occasions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// A message comes twice.
    pub duplicate: u8,
    /// A message comes late.
    pub delay: u8,
    /// A message is received and nobody works on it: it comes again.
    pub lose: u8,
    /// A function dies before its next step.
    pub crash: u8,
    /// The table answers that it cannot.
    pub stumble: u8,
    /// The table does it, and the answer is lost.
    pub lost_answer: u8,
    /// The topic takes nothing.
    pub topic: u8,
    /// A channel refuses.
    pub channel: u8,
    /// The sweep does not come.
    pub sweep: u8,
    /// Clocks differ by up to so many milliseconds.
    pub skew: u16,
    /// A timer's message is not sent.
    pub timers: u8,
    /// The table takes seconds to answer.
    pub stall: u8,
    /// Else it takes up to so many milliseconds.
    pub latency: u16,
}

const SERVICES: [&str; 4] = ["payments", "orders", "menus", "database"];
const NAMES: [&str; 3] = ["errors", "latency", "saturation"];

impl Plan {
    /// The day of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let hours = rng.u64(1..=2);
        let length = hours * 3_600_000;
        let mut inputs = Vec::new();
        for _ in 0..rng.usize(1..=6) {
            let service = one_of(&mut rng, &SERVICES);
            let name = one_of(&mut rng, &NAMES);
            let priority = match rng.u8(..4) {
                0 => Priority::P1,
                1 => Priority::P2,
                2 => Priority::P3,
                _ => Priority::P4,
            };
            let mut at = rng.u64(..length / 2);
            let flaps = if rng.u8(..100) < 15 {
                rng.usize(4..10)
            } else {
                rng.usize(1..4)
            };
            for flap in 0..flaps {
                let alert = |firing| SimAlert {
                    service,
                    name,
                    priority,
                    firing,
                };
                inputs.push(Input::Alert(at, alert(true)));
                let lasts = match rng.u8(..4) {
                    0 => rng.u64(1..5_000),
                    1 => rng.u64(1..90_000),
                    _ => rng.u64(1..length / 3),
                };
                at += lasts;
                // Some are still firing at the end of the day.
                if flap + 1 < flaps || rng.u8(..100) < 85 {
                    inputs.push(Input::Alert(at, alert(false)));
                }
                at += rng.u64(1_000..600_000);
            }
        }
        if rng.bool() {
            storm(&mut rng, length, &mut inputs);
        }
        for _ in 0..rng.usize(..5) {
            let service = one_of(&mut rng, &SERVICES);
            let act = match rng.u8(..10) {
                0..=4 => SimAct::Acknowledge(service),
                5 => SimAct::Unacknowledge(service),
                6 => SimAct::Resolve(service),
                7 => SimAct::Raise(service),
                _ => SimAct::Silence(one_of(&mut rng, &NAMES), rng.u16(1..60)),
            };
            // People act when steps of ladders are due: that is when it matters.
            let near = inputs.iter().filter_map(|input| match input {
                Input::Alert(at, alert) if alert.firing => Some(*at),
                Input::Alert(..) | Input::Act(..) | Input::Deploy(..) => None,
            });
            let near: Vec<u64> = near.collect();
            let base = near
                .get(rng.usize(..near.len().max(1)))
                .copied()
                .unwrap_or_default();
            let at = match rng.u8(..3) {
                0 => base + 300_000 + rng.u64(..200),
                1 => base + 900_000 + rng.u64(..200),
                _ => base + rng.u64(..1_200_000),
            };
            inputs.push(Input::Act(at, act));
        }
        inputs.sort_by_key(Input::at);
        let mut some = |most: u8| if rng.bool() { rng.u8(..=most) } else { 0 };
        let faults = Faults {
            duplicate: some(40),
            delay: some(40),
            lose: some(20),
            crash: some(6),
            stumble: some(8),
            lost_answer: some(6),
            topic: some(15),
            channel: some(40),
            sweep: some(60),
            skew: if seed.is_multiple_of(3) { 1_500 } else { 0 },
            timers: some(50),
            stall: some(10),
            latency: 5 + u16::from(some(60)),
        };
        if rng.u8(..100) < 40 {
            for _ in 0..rng.usize(1..=3) {
                let variant = rng.usize(..CONFIGURATIONS);
                inputs.push(Input::Deploy(rng.u64(..length), variant));
            }
            inputs.sort_by_key(Input::at);
        }
        Self {
            seed,
            inputs,
            faults,
        }
    }

    /// Whether the configuration changes during the day.
    #[must_use]
    pub fn deploys(&self) -> bool {
        let mut inputs = self.inputs.iter();
        inputs.any(|input| matches!(input, Input::Deploy(..)))
    }
}

/// One cause and many alerts: what a service has fires at once, and most of it ends at once.
fn storm(rng: &mut Rng, length: u64, inputs: &mut Vec<Input>) {
    let began = rng.u64(..length / 2);
    let ended = began + rng.u64(1_000..length / 3);
    let service = one_of(rng, &SERVICES);
    let name = one_of(rng, &NAMES);
    for priority in [Priority::P1, Priority::P2, Priority::P3, Priority::P4] {
        let also = one_of(rng, &NAMES);
        for name in [name, also] {
            let alert = |firing| SimAlert {
                service,
                name,
                priority,
                firing,
            };
            if rng.u8(..3) > 0 {
                inputs.push(Input::Alert(began + rng.u64(..30), alert(true)));
                if rng.u8(..4) > 0 {
                    inputs.push(Input::Alert(ended + rng.u64(..30), alert(false)));
                }
            }
        }
    }
}

/// One of some names.
fn one_of(rng: &mut Rng, names: &[&'static str]) -> &'static str {
    names
        .get(rng.usize(..names.len()))
        .copied()
        .unwrap_or_default()
}

impl Input {
    /// When it happens.
    #[must_use]
    pub const fn at(&self) -> u64 {
        match self {
            Self::Alert(at, _) | Self::Act(at, _) | Self::Deploy(at, _) => *at,
        }
    }
}
