//! Fraud.

use super::{HOUR, MINUTE, Planner};
use crate::crowd::Person;
use crate::traffic;

impl Planner {
    pub(super) fn money(&mut self) {
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
}
