//! What is planted: one attack at least for each detector, fast and slow, and what only looks like one.

use serde::{Deserialize, Serialize};

use crate::crowd::{Person, school_address};
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

    fn log_ins(&mut self) {
        let one = |planner: &Self, n| {
            let person = planner.victim(n);
            move |_| person
        };
        let who = one(self, 1);
        let acts = self.fails(40, who, "198.51.100.11");
        self.add(
            "brute_force_account",
            "account",
            &who(0).account(),
            "one account, 40 tries in 5 minutes",
            HOUR,
            5 * MINUTE,
            acts,
        );
        let who = one(self, 2);
        let acts = self.fails(36, who, "198.51.100.12");
        self.add(
            "brute_force_account",
            "account",
            &who(0).account(),
            "one account, a try each half hour",
            90 * MINUTE,
            18 * HOUR,
            acts,
        );
        let base = self.people + 10;
        let acts = self.fails(90, |i| Person(base + i % 6), "198.51.100.13");
        self.add(
            "brute_force_address",
            "address",
            "198.51.100.13",
            "six accounts, 90 tries in 10 minutes",
            3 * HOUR,
            10 * MINUTE,
            acts,
        );
        for (n, count, from, over, about) in [
            (
                3,
                12,
                4 * HOUR,
                40 * MINUTE,
                "one account from 12 addresses in 40 minutes",
            ),
            (
                4,
                14,
                2 * HOUR,
                16 * HOUR,
                "one account from 14 addresses in 16 hours",
            ),
        ] {
            let person = self.victim(n);
            let acts = (0..count)
                .map(|_| {
                    let from = self.somewhere();
                    traffic::log_in(person, &from, false, &mut self.random)
                })
                .collect();
            self.add(
                "brute_force_distributed",
                "account",
                &person.account(),
                about,
                from,
                over,
                acts,
            );
        }
        let base = self.people + 100;
        let mut acts = self.fails(40, |i| Person(base + i), "198.51.100.14");
        acts.insert(
            30,
            traffic::log_in(self.victim(99), "198.51.100.14", true, &mut self.random),
        );
        self.add(
            "password_spraying",
            "address",
            "198.51.100.14",
            "40 accounts once each in 15 minutes, and one lets them in",
            5 * HOUR,
            15 * MINUTE,
            acts.clone(),
        );
        let entry = acts.split_off(30);
        self.add(
            "account_takeover",
            "address",
            "198.51.100.14",
            "who was let in while that address sprayed",
            5 * HOUR + 20 * MINUTE,
            MINUTE,
            entry.into_iter().take(1).collect(),
        );
        let base = self.people + 200;
        let acts = self.fails(40, |i| Person(base + i), "198.51.100.15");
        self.add(
            "password_spraying",
            "address",
            "198.51.100.15",
            "40 accounts once each in 18 hours",
            3 * HOUR,
            18 * HOUR,
            acts,
        );
        let base = self.people + 300;
        let acts = (0..40)
            .map(|i| {
                let from = format!("203.0.113.{}", 10 + i % 20);
                traffic::log_in(Person(base + i), &from, false, &mut self.random)
            })
            .collect();
        self.add(
            "password_spraying",
            "network",
            "203.0.113.0/24",
            "40 accounts from 20 addresses of a network in 20 minutes",
            6 * HOUR,
            20 * MINUTE,
            acts,
        );
        let base = self.people + 1_000;
        let acts = (0..400)
            .map(|i| {
                let from = self.somewhere();
                traffic::log_in(Person(base + i), &from, false, &mut self.random)
            })
            .collect();
        self.add(
            "credential_stuffing",
            "platform",
            "platform",
            "400 accounts from as many addresses in 10 minutes of the night",
            3 * HOUR + 30 * MINUTE,
            10 * MINUTE,
            acts,
        );
        let person = self.victim(5);
        let mut acts = self.fails(14, |_| person, "198.51.100.16");
        acts.push(traffic::log_in(
            person,
            "198.51.100.16",
            true,
            &mut self.random,
        ));
        self.add(
            "account_takeover",
            "account",
            &person.account(),
            "14 failures and then a log-in from the same address",
            7 * HOUR,
            8 * MINUTE,
            acts,
        );
        let person = self.victim(6);
        let acts = vec![
            traffic::log_in_at(person, "49.36.1.1", (19.07, 72.87), &mut self.random),
            traffic::log_in_at(person, "81.2.69.142", (51.51, -0.13), &mut self.random),
        ];
        self.add(
            "impossible_travel",
            "account",
            &person.account(),
            "from Mumbai to London in 40 minutes",
            8 * HOUR,
            80 * MINUTE,
            acts,
        );
    }

    fn doors(&mut self) {
        let person = self.victim(7);
        let acts = (0..120)
            .map(|_| traffic::refused(person, "198.51.100.20", &mut self.random))
            .collect();
        self.add(
            "rate_limit",
            "address",
            "198.51.100.20",
            "120 requests too many in 3 minutes",
            9 * HOUR,
            3 * MINUTE,
            acts,
        );
        for (from, count, begins, over, about) in [
            (
                "198.51.100.21",
                60,
                10 * HOUR,
                5 * MINUTE,
                "60 forged tokens in 5 minutes",
            ),
            (
                "198.51.100.22",
                80,
                2 * HOUR,
                18 * HOUR,
                "80 forged tokens in 18 hours",
            ),
        ] {
            let acts = (0..count)
                .map(|_| traffic::forged(from, &mut self.random))
                .collect();
            self.add("invalid_tokens", "address", from, about, begins, over, acts);
        }
        let person = self.victim(8);
        let acts = (0..40)
            .map(|_| {
                traffic::denied(
                    person,
                    "198.51.100.23",
                    "/reports/revenue",
                    &mut self.random,
                )
            })
            .collect();
        self.add(
            "unauthorised_access",
            "account",
            &person.account(),
            "one report, 40 times in 5 minutes",
            11 * HOUR,
            5 * MINUTE,
            acts,
        );
        for (n, count, begins, over, about) in [
            (9, 14, 12 * HOUR, 10 * MINUTE, "14 doors in 10 minutes"),
            (20, 26, HOUR, 16 * HOUR, "26 doors in 16 hours"),
        ] {
            let person = self.victim(n);
            let acts = (0..count)
                .map(|i| {
                    traffic::denied(
                        person,
                        "198.51.100.24",
                        &format!("/admin/settings-{i}"),
                        &mut self.random,
                    )
                })
                .collect();
            self.add(
                "privilege_probing",
                "account",
                &person.account(),
                about,
                begins,
                over,
                acts,
            );
        }
        let person = self.victim(21);
        let acts = vec![traffic::policy(
            person,
            "export-without-approval",
            &mut self.random,
        )];
        self.add(
            "policy_violation",
            "account",
            &person.account(),
            "an export that nobody approved",
            13 * HOUR,
            MINUTE,
            acts,
        );
    }

    fn money(&mut self) {
        let pay = |planner: &mut Self, n: u32, amount: i64, ok: bool| {
            let person = planner.victim(n);
            traffic::pay(person, amount, ok, &mut planner.random)
        };
        let person = self.victim(30);
        let acts = (0..14u32)
            .map(|i| {
                pay(self, 30, 20_000, true)
                    .with("device_id", Person(i + 7_000_000).device())
                    .with("card_id", Person(i + 7_000_000).card())
            })
            .collect();
        self.add(
            "payment_velocity_account",
            "account",
            &person.user(),
            "14 payments of one account in 6 minutes",
            14 * HOUR,
            6 * MINUTE,
            acts,
        );
        let device = self.victim(40).device();
        let acts = (0..14)
            .map(|i| {
                pay(self, 50 + i, 20_000, true)
                    .with("device_id", device.clone())
                    .without("card_id")
            })
            .collect();
        self.add(
            "payment_velocity_device",
            "device",
            &device,
            "14 payments of as many accounts on one device in 6 minutes",
            15 * HOUR,
            6 * MINUTE,
            acts,
        );
        let card = self.victim(41).card();
        let acts = (0..9)
            .map(|i| pay(self, 70 + i, 20_000, true).with("card_id", card.clone()))
            .collect();
        self.add(
            "payment_velocity_card",
            "card",
            &card,
            "9 payments with one card in 6 minutes",
            16 * HOUR,
            6 * MINUTE,
            acts,
        );
        for (n, count, begins, over, about) in [
            (
                42,
                20,
                17 * HOUR,
                8 * MINUTE,
                "20 declined payments from one device and address in 8 minutes",
            ),
            (
                43,
                26,
                90 * MINUTE,
                18 * HOUR,
                "26 declined payments from one device and address in 18 hours",
            ),
        ] {
            let device = self.victim(n).device();
            let from = format!("198.51.100.{n}");
            let acts = (0..count)
                .map(|i| {
                    let act = pay(self, 400 + 40 * (n - 42) + i, 100, false);
                    act.with("device_id", device.clone())
                        .with("ip", from.clone())
                })
                .collect();
            self.add("card_testing", "device", &device, about, begins, over, acts);
        }
        let device = self.victim(44).device();
        let acts = (0..6)
            .map(|i| pay(self, 600 + i, 20_000, true).with("device_id", device.clone()))
            .collect();
        self.add(
            "many_cards",
            "device",
            &device,
            "6 cards on one device in 30 minutes",
            18 * HOUR,
            30 * MINUTE,
            acts,
        );
        let person = self.victim(45);
        let acts = (0..4).map(|_| pay(self, 45, 499_900, true)).collect();
        self.add(
            "just_under_limit",
            "account",
            &person.user(),
            "4 payments of 4,999 rupees in 10 hours",
            5 * HOUR,
            10 * HOUR,
            acts,
        );
        let person = self.victim(46);
        let acts = (0..5)
            .map(|_| traffic::refund(person, 15_000, &mut self.random))
            .collect();
        self.add(
            "refund_abuse",
            "account",
            &person.user(),
            "5 refunds in 9 hours",
            6 * HOUR,
            9 * HOUR,
            acts,
        );
        let person = self.victim(47);
        let acts = (0..2)
            .map(|_| traffic::refund(person, 900_000, &mut self.random))
            .collect();
        self.add(
            "refund_amount",
            "account",
            &person.user(),
            "18,000 rupees given back in two hours",
            7 * HOUR,
            4 * HOUR,
            acts,
        );
    }

    /// What looks like it and is not: nobody may be told.
    fn decoys(&mut self) {
        let decoy = |planner: &mut Self,
                     detector: &str,
                     dimension: &str,
                     subject: String,
                     about: &str,
                     from: i64,
                     over: i64,
                     acts: Vec<Act>| {
            planner.deed(Deed {
                detector,
                dimension,
                subject,
                about,
                from,
                over,
                acts,
                decoy: true,
            });
        };
        let person = self.victim(80);
        let mut acts = self.fails(6, |_| person, "49.36.9.9");
        acts.push(traffic::log_in(person, "49.36.9.9", true, &mut self.random));
        decoy(
            self,
            "account_takeover",
            "account",
            person.account(),
            "somebody forgot the password and then remembered it",
            9 * HOUR,
            5 * MINUTE,
            acts,
        );
        let base = self.people + 2_000;
        let acts = self.fails(200, |i| Person(base + i), "192.0.2.10");
        decoy(
            self,
            "password_spraying",
            "address",
            "192.0.2.10".to_owned(),
            "the load test, which is allowed",
            10 * HOUR,
            10 * MINUTE,
            acts,
        );
        let acts = (0..150)
            .map(|i| {
                let person = self.anybody();
                traffic::log_in(person, &school_address(3), i % 10 != 0, &mut self.random)
            })
            .collect();
        decoy(
            self,
            "password_spraying",
            "address",
            school_address(3),
            "a morning at a school: 150 people, 15 of them mistype",
            8 * HOUR,
            20 * MINUTE,
            acts,
        );
        let person = self.victim(81);
        let acts = vec![
            traffic::log_in_at(person, "49.36.2.2", (19.07, 72.87), &mut self.random),
            traffic::log_in_at(person, "49.36.3.3", (28.61, 77.20), &mut self.random),
        ];
        decoy(
            self,
            "impossible_travel",
            "account",
            person.account(),
            "from Mumbai to Delhi by air",
            10 * HOUR,
            8 * HOUR,
            acts,
        );
        let person = self.victim(82);
        let acts = (0..2)
            .map(|_| traffic::pay(person, 499_900, true, &mut self.random))
            .collect();
        decoy(
            self,
            "just_under_limit",
            "account",
            person.user(),
            "two terms' meals at 4,999 rupees",
            12 * HOUR,
            HOUR,
            acts,
        );
        let person = self.victim(83);
        let acts = (0..3)
            .map(|_| traffic::pay(person, 30_000, true, &mut self.random))
            .collect();
        decoy(
            self,
            "payment_velocity_account",
            "account",
            person.user(),
            "a meal for each of three children",
            13 * HOUR,
            4 * MINUTE,
            acts,
        );
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
