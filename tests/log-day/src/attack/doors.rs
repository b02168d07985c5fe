//! Attacks on what is forbidden.

use super::{HOUR, MINUTE, Planner};
use crate::traffic;

impl Planner {
    pub(super) fn doors(&mut self) {
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
}
