//! What looks like an attack and is none: nobody may be told.

use super::{Deed, HOUR, MINUTE, Planner};
use crate::crowd::{Person, school_address};
use crate::traffic::{self, Act};

impl Planner {
    /// What looks like it and is not: nobody may be told.
    pub(super) fn decoys(&mut self) {
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
