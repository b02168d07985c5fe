//! What people and readers do all day, one request at a time.

use crate::crowd::{Person, SCHOOLS};
use crate::entry::{Entry, Field};
use crate::fleet::Domain;

/// One request: what it is about, and what the application says of it.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) domain: Domain,
    pub(crate) entries: Vec<Entry>,
    pub(crate) duration_ms: i64,
}

impl Act {
    fn new(domain: Domain, duration_ms: i64) -> Self {
        Self {
            domain,
            entries: Vec::new(),
            duration_ms,
        }
    }

    fn says(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    /// The line that each request over HTTP ends with.
    fn served(self, method: &str, route: &str, status: i64, user: Option<Person>) -> Self {
        let mut entry = Entry::new("http.request")
            .text("method", method)
            .text("route", route)
            .whole("status", status)
            .whole("duration_ms", self.duration_ms);
        if let Some(person) = user {
            entry = entry.text("user_id", person.user());
        }
        self.says(entry)
    }

    /// With another value in a field of the first entry.
    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self = self.without(name);
        if let Some(first) = self.entries.first_mut() {
            first.fields.push((name, Field::Text(value)));
        }
        self
    }

    /// Without a field of the first entry.
    pub(crate) fn without(mut self, name: &'static str) -> Self {
        if let Some(first) = self.entries.first_mut() {
            first.fields.retain(|(known, _)| *known != name);
        }
        self
    }
}

/// A time in milliseconds: at least `least`, on average `mean` more, now and then much more.
fn time(random: &mut fastrand::Rng, least: i64, mean: f64) -> i64 {
    let more = -(1.0 - random.f64()).ln() * mean;
    let slow = if random.u16(..200) == 0 { 12.0 } else { 1.0 };
    least + (more * slow).min(28_000.0) as i64
}

fn log_in_by(
    person: Person,
    from: &str,
    ok: bool,
    place: (f64, f64),
    random: &mut fastrand::Rng,
) -> Act {
    let event = if ok {
        "auth.login.succeeded"
    } else {
        "auth.login.failed"
    };
    let duration = time(random, 60, 90.0);
    let mut entry = Entry::new(event)
        .text("account", person.account())
        .text("ip", from)
        .whole("duration_ms", duration);
    if ok {
        entry = entry
            .text("user_id", person.user())
            .text("device_id", person.device())
            .number("latitude", place.0)
            .number("longitude", place.1);
    } else {
        entry = entry.text("reason", "invalid_credentials");
    }
    let status = if ok { 200 } else { 401 };
    Act::new(Domain::Auth, duration).says(entry).served(
        "POST",
        "/auth/login",
        status,
        ok.then_some(person),
    )
}

pub(crate) fn log_in(person: Person, from: &str, ok: bool, random: &mut fastrand::Rng) -> Act {
    log_in_by(person, from, ok, person.place(), random)
}

pub(crate) fn log_in_at(
    person: Person,
    from: &str,
    place: (f64, f64),
    random: &mut fastrand::Rng,
) -> Act {
    log_in_by(person, from, true, place, random)
}

pub(crate) fn refused(person: Person, from: &str, random: &mut fastrand::Rng) -> Act {
    let entry = Entry::new("rate_limit.exceeded")
        .text("account", person.account())
        .text("ip", from)
        .text("route", "/menus");
    Act::new(Domain::Menus, time(random, 2, 3.0))
        .says(entry)
        .served("GET", "/menus", 429, None)
}

pub(crate) fn forged(from: &str, random: &mut fastrand::Rng) -> Act {
    let entry = Entry::new("auth.token.invalid")
        .text("ip", from)
        .text("route", "/orders")
        .text("reason", "signature");
    Act::new(Domain::Orders, time(random, 2, 3.0))
        .says(entry)
        .served("GET", "/orders", 401, None)
}

pub(crate) fn denied(person: Person, from: &str, route: &str, random: &mut fastrand::Rng) -> Act {
    let entry = Entry::new("auth.access.denied")
        .text("account", person.account())
        .text("ip", from)
        .text("route", route)
        .text("reason", "role");
    Act::new(Domain::Reports, time(random, 3, 6.0))
        .says(entry)
        .served("GET", route, 403, None)
}

pub(crate) fn policy(person: Person, policy: &str, random: &mut fastrand::Rng) -> Act {
    let entry = Entry::new("policy.violated")
        .text("account", person.account())
        .text("policy", policy)
        .text("route", "/reports/export");
    Act::new(Domain::Reports, time(random, 30, 60.0))
        .says(entry)
        .served("POST", "/reports/export", 403, None)
}

fn money(event: &'static str, person: Person, amount: i64, random: &mut fastrand::Rng) -> Entry {
    let method = ["upi", "card", "netbanking"];
    Entry::new(event)
        .whole("amount", amount)
        .text("currency", "INR")
        .text("gateway", "razorpay")
        .text("payment_method", random.choice(method).unwrap_or("upi"))
        .text("user_id", person.user())
        .text("ip", person.address(random))
        .text("device_id", person.device())
        .text("card_id", person.card())
}

pub(crate) fn pay(person: Person, amount: i64, ok: bool, random: &mut fastrand::Rng) -> Act {
    let gateway = time(random, 180, 350.0);
    let duration = gateway + time(random, 20, 40.0);
    let event = if ok {
        "payment.captured"
    } else {
        "payment.failed"
    };
    let mut entry = money(event, person, amount, random)
        .whole("gateway_ms", gateway)
        .whole("duration_ms", duration);
    if !ok {
        let reasons = ["declined", "insufficient_funds", "timeout"];
        entry = entry.text("reason", random.choice(reasons).unwrap_or("declined"));
    }
    let status = if ok { 201 } else { 402 };
    Act::new(Domain::Payments, duration).says(entry).served(
        "POST",
        "/payments",
        status,
        Some(person),
    )
}

pub(crate) fn refund(person: Person, amount: i64, random: &mut fastrand::Rng) -> Act {
    let duration = time(random, 150, 200.0);
    let entry = money("payment.refunded", person, amount, random).whole("duration_ms", duration);
    Act::new(Domain::Payments, duration).says(entry).served(
        "POST",
        "/payments/{id}/refund",
        200,
        Some(person),
    )
}

/// Something that somebody ordinary does.
pub(crate) fn ordinary(people: u32, number: u64, random: &mut fastrand::Rng) -> Act {
    let person = Person(random.u32(..people));
    let order = format!("ord-{number:09}");
    let percent = random.u32(..1_000);
    let mut act = match percent {
        0..130 => {
            let from = person.address(random);
            // Whoever mistypes does so by chance, and few in a hundred.
            let ok = random.u8(..100) >= 6;
            log_in(person, &from, ok, random)
        }
        130..200 => Act::new(Domain::Auth, time(random, 8, 12.0))
            .says(Entry::new("auth.token.refreshed").text("account", person.account()))
            .served("POST", "/auth/refresh", 200, Some(person)),
        200..410 => {
            let duration = time(random, 15, 40.0);
            Act::new(Domain::Menus, duration)
                .says(Entry::new("menu.read").whole("duration_ms", duration))
                .served("GET", "/menus/{id}", 200, Some(person))
        }
        410..420 => {
            let duration = time(random, 40, 60.0);
            let event = random.choice([
                "menu.created",
                "menu.updated",
                "menu.published",
                "menu.deleted",
            ]);
            Act::new(Domain::Menus, duration)
                .says(Entry::new(event.unwrap_or("menu.updated")).whole("duration_ms", duration))
                .served("PUT", "/menus/{id}", 200, None)
        }
        420..510 => Act::new(Domain::Orders, time(random, 40, 80.0))
            .says(
                Entry::new("order.placed")
                    .text("order_id", order)
                    .text("user_id", person.user()),
            )
            .served("POST", "/orders", 201, Some(person)),
        510..590 => {
            let (event, reason) = match random.u8(..100) {
                0..3 => ("order.cancelled", Some("by_parent")),
                3..4 => ("order.failed", Some("kitchen_closed")),
                _ => ("order.completed", None),
            };
            let mut entry = Entry::new(event).text("order_id", order);
            if let Some(reason) = reason {
                entry = entry.text("reason", reason);
            }
            Act::new(Domain::Orders, time(random, 20, 40.0)).says(entry)
        }
        590..650 => {
            let amount = random.i64(60..1_200) * 100;
            let ok = random.u8(..100) >= 4;
            pay(person, amount, ok, random)
        }
        650..652 => {
            let amount = random.i64(60..300) * 100;
            refund(person, amount, random)
        }
        652..790 => {
            let duration = time(random, 25, 30.0);
            let school = random.u32(..SCHOOLS);
            let ok = random.u8(..100) >= 2;
            let event = if ok { "rfid.verified" } else { "rfid.failed" };
            let mut entry = Entry::new(event)
                .text("reader_id", format!("reader-{school}-{}", random.u8(..4)))
                .text("school_id", format!("school-{school}"))
                .whole("duration_ms", duration);
            if !ok {
                entry = entry.text("reason", "unknown_card");
            }
            Act::new(Domain::Rfid, duration).says(entry)
        }
        790..840 => {
            let school = random.u32(..SCHOOLS);
            let event = if random.u8(..100) == 0 {
                "reader.disconnected"
            } else {
                "reader.heartbeat"
            };
            let entry = Entry::new(event)
                .text("reader_id", format!("reader-{school}-{}", random.u8(..4)))
                .text("school_id", format!("school-{school}"));
            Act::new(Domain::Rfid, time(random, 3, 4.0)).says(entry)
        }
        840..890 => {
            let ok = random.u8(..100) >= 3;
            let event = if ok {
                "delivery.verified"
            } else {
                "delivery.failed"
            };
            let mut entry = Entry::new(event).text("order_id", order);
            if !ok {
                entry = entry.text("reason", "no_card");
            }
            Act::new(Domain::Deliveries, time(random, 20, 40.0)).says(entry)
        }
        890..895 => Act::new(Domain::Auth, time(random, 90, 90.0))
            .says(
                Entry::new("user.registered")
                    .text("user_id", person.user())
                    .text("role", "parent"),
            )
            .served("POST", "/users", 201, Some(person)),
        895..930 => {
            let feature =
                random.choice(["meal-plan", "nutrition", "wallet", "calendar", "feedback"]);
            Act::new(Domain::Users, time(random, 8, 12.0)).says(
                Entry::new("feature.used")
                    .text("feature", feature.unwrap_or("wallet"))
                    .text("user_id", person.user()),
            )
        }
        930..965 => Act::new(Domain::Users, time(random, 5, 6.0)).says(
            Entry::new("session.ended")
                .text("user_id", person.user())
                .whole("duration_s", time(random, 20, 240.0)),
        ),
        965..968 => denied(person, &person.address(random), "/reports/daily", random),
        968..980 => Act::new(Domain::Schools, time(random, 30, 60.0)).served(
            "GET",
            "/schools/{id}",
            if random.u8(..20) == 0 { 503 } else { 200 },
            None,
        ),
        980..990 => Act::new(Domain::Notifications, time(random, 30, 60.0)),
        _ => Act::new(Domain::Realtime, time(random, 2, 4.0)),
    };
    if random.u8(..4) == 0 {
        let hit = if random.u8(..100) < 88 {
            "true"
        } else {
            "false"
        };
        act = act.says(Entry::new("cache.read").text("hit", hit));
    }
    if random.u8(..8) == 0 {
        let model = random
            .choice(["Order", "User", "Menu", "Payment"])
            .unwrap_or("Order");
        let duration = time(random, 1, 6.0);
        act = act.says(
            Entry::new("db.query")
                .text("model", model)
                .whole("duration_ms", duration),
        );
    }
    act
}
