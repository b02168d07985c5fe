//! Attacks on accounts.

use super::{HOUR, MINUTE, Planner};
use crate::crowd::Person;
use crate::traffic;

impl Planner {
    pub(super) fn log_ins(&mut self) {
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
}
