//! What is planted: one attack at least for each detector, fast and slow, and what only looks like one.

mod decoys;
mod doors;
mod log_ins;
mod money;

use serde::{Deserialize, Serialize};

use crate::crowd::Person;
use crate::entry::Entry;
use crate::traffic::{self, Act};

/// Something planted.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Attack {
    /// The detector that is to find it.
    pub detector: String,
    /// Whom the finding is about: `account`, `address`, `network`, `device`, `card` or `platform`.
    pub dimension: String,
    /// Who that is in the logs.
    pub subject: String,
    /// When it begins.
    pub start: String,
    /// When it ends.
    pub end: String,
    /// What happens, for people.
    pub about: String,
    /// Everybody who takes part, as `dimension:subject`: findings about them are no false ones.
    pub involved: Vec<String>,
}

/// The plan of a day: what is planted, and the acts in the order of time.
pub(crate) struct Plan {
    pub(crate) attacks: Vec<Attack>,
    pub(crate) decoys: Vec<Attack>,
    pub(crate) acts: Vec<(i64, Act)>,
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

struct Planner {
    start: i64,
    random: fastrand::Rng,
    people: u32,
    plan: Plan,
}

/// What an attack consists of: its acts, spread evenly with a little chance.
struct Deed<'a> {
    detector: &'a str,
    dimension: &'a str,
    subject: String,
    about: &'a str,
    from: i64,
    over: i64,
    acts: Vec<Act>,
    decoy: bool,
}

/// The plan of the day that begins at `start` (milliseconds), in a crowd of so many.
pub(crate) fn plan(start: i64, seed: u64, people: u32) -> Plan {
    let mut planner = Planner {
        start,
        random: fastrand::Rng::with_seed(seed ^ 0xa77a_c4ed),
        people,
        plan: Plan {
            attacks: Vec::new(),
            decoys: Vec::new(),
            acts: Vec::new(),
        },
    };
    planner.log_ins();
    planner.doors();
    planner.money();
    planner.decoys();
    let mut plan = planner.plan;
    plan.acts.sort_by_key(|(at, _)| *at);
    plan
}

impl Planner {
    /// Somebody whom the traffic leaves alone: their numbers begin above the crowd's.
    fn victim(&self, n: u32) -> Person {
        Person(self.people + n)
    }

    fn anybody(&mut self) -> Person {
        Person(self.random.u32(..self.people))
    }

    fn somewhere(&mut self) -> String {
        let mut part = || self.random.u8(1..250);
        format!("45.{}.{}.{}", part(), part(), part())
    }

    fn deed(&mut self, deed: Deed<'_>) {
        let count = i64::try_from(deed.acts.len()).unwrap_or(1).max(1);
        let step = deed.over / count;
        let mut involved = std::collections::BTreeSet::new();
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for (act, place) in deed.acts.into_iter().zip(0..) {
            let at = self.start + deed.from + place * step + self.random.i64(0..=(step / 4).max(1));
            (first, last) = (first.min(at), last.max(at));
            involved.extend(act.entries.iter().flat_map(who));
            self.plan.acts.push((at, act));
        }
        let stamp = |at| {
            jiff::Timestamp::from_millisecond(at)
                .unwrap_or_default()
                .to_string()
        };
        let attack = Attack {
            detector: deed.detector.to_owned(),
            dimension: deed.dimension.to_owned(),
            subject: deed.subject,
            start: stamp(first),
            end: stamp(last),
            about: deed.about.to_owned(),
            involved: involved.into_iter().collect(),
        };
        if deed.decoy {
            self.plan.decoys.push(attack);
        } else {
            self.plan.attacks.push(attack);
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a table of attacks reads best as one"
    )]
    fn add(
        &mut self,
        detector: &str,
        dimension: &str,
        subject: &str,
        about: &str,
        from: i64,
        over: i64,
        acts: Vec<Act>,
    ) {
        self.deed(Deed {
            detector,
            dimension,
            subject: subject.to_owned(),
            about,
            from,
            over,
            acts,
            decoy: false,
        });
    }

    fn fails(&mut self, n: u32, who: impl Fn(u32) -> Person, from: &str) -> Vec<Act> {
        (0..n)
            .map(|i| traffic::log_in(who(i), from, false, &mut self.random))
            .collect()
    }
}

/// Everybody whom an entry names.
fn who(entry: &Entry) -> Vec<String> {
    let mut names = Vec::new();
    for (field, dimension) in [
        ("account", "account"),
        ("user_id", "account"),
        ("ip", "address"),
        ("device_id", "device"),
        ("card_id", "card"),
    ] {
        names.extend(entry.get(field).map(|value| format!("{dimension}:{value}")));
    }
    if let Some(ip) = entry
        .get("ip")
        .filter(|_| entry.event.starts_with("auth.login"))
    {
        let network: Vec<&str> = ip.split('.').take(3).collect();
        names.push(format!("network:{}.0/24", network.join(".")));
    }
    names
}
