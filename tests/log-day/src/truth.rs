//! The truth about a day: counted where it is made up, not where it is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::attack::Attack;
use crate::entry::Entry;

/// The truth about a day.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Truth {
    /// The seed.
    pub seed: u64,
    /// When the day begins.
    pub start: String,
    /// Lines.
    pub lines: u64,
    /// How often each event was logged.
    pub events: BTreeMap<String, u64>,
    /// The sums of what was paid and what was given back, in minor units.
    pub revenue: i64,
    /// See `revenue`.
    pub refunded: i64,
    /// Requests by the hundred of their status: `2xx`, `4xx`, `5xx`.
    pub requests: BTreeMap<String, u64>,
    /// Requests by method and route.
    pub endpoints: BTreeMap<String, u64>,
    /// Uses by feature.
    pub features: BTreeMap<String, u64>,
    /// Failed payments by reason.
    pub declined: BTreeMap<String, u64>,
    /// Different users by day in Asia/Kolkata.
    pub daily_active_users: BTreeMap<String, u64>,
    /// Different users by month.
    pub monthly_active_users: BTreeMap<String, u64>,
    /// Different readers by day.
    pub readers: BTreeMap<String, u64>,
    /// Reads of the cache, and how many of them hit.
    pub cache_reads: u64,
    /// See `cache_reads`.
    pub cache_hits: u64,
    /// Runs of functions.
    pub invocations: u64,
    /// Runs that began with an initialisation.
    pub cold_starts: u64,
    /// Billed time of all runs, in milliseconds.
    pub billed_ms: u64,
    /// Times, by what they are of.
    pub times: BTreeMap<String, Distribution>,
    /// What is planted.
    pub attacks: Vec<Attack>,
    /// What looks like an attack and is none: nothing may be found.
    pub decoys: Vec<Attack>,
}

/// A distribution of whole numbers; percentiles are of the nearest rank.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Distribution {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: i64,
    /// The smallest.
    pub min: i64,
    /// The median.
    pub p50: i64,
    /// 95 of a hundred are no greater.
    pub p95: i64,
    /// 99 of a hundred are no greater.
    pub p99: i64,
    /// The greatest.
    pub max: i64,
}

/// Counts while the day goes on.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) truth: Truth,
    times: BTreeMap<&'static str, BTreeMap<i64, u64>>,
    users: BTreeMap<String, BTreeSet<String>>,
    month: BTreeMap<String, BTreeSet<String>>,
    readers: BTreeMap<String, BTreeSet<String>>,
}

impl Count {
    /// Counts what an application says at a time.
    pub(crate) fn entry(&mut self, entry: &Entry, at: i64) {
        let truth = &mut self.truth;
        *truth.events.entry(entry.event.to_owned()).or_default() += 1;
        // India has no summer time: its day begins five and a half hours before UTC's.
        let local = jiff::Timestamp::from_millisecond(at + 19_800_000).unwrap_or_default();
        let day: String = local.to_string().chars().take(10).collect();
        let month: String = day.chars().take(7).collect();
        if let Some(user) = entry.get("user_id") {
            self.users
                .entry(day.clone())
                .or_default()
                .insert(user.clone());
            self.month.entry(month).or_default().insert(user);
        }
        let mut time = |name: &'static str, value: i64| {
            *self
                .times
                .entry(name)
                .or_default()
                .entry(value)
                .or_default() += 1;
        };
        let duration = entry.count("duration_ms");
        match entry.event {
            "http.request" => {
                time("request_ms", duration);
                let status = format!("{}xx", entry.count("status") / 100);
                *truth.requests.entry(status).or_default() += 1;
                let what = [entry.get("method"), entry.get("route")].map(Option::unwrap_or_default);
                *truth.endpoints.entry(what.join(" ")).or_default() += 1;
            }
            "payment.captured" | "payment.failed" => {
                time("payment_ms", duration);
                if entry.event == "payment.captured" {
                    truth.revenue += entry.count("amount");
                } else {
                    let reason = entry.get("reason").unwrap_or_default();
                    *truth.declined.entry(reason).or_default() += 1;
                }
            }
            "payment.refunded" => truth.refunded += entry.count("amount"),
            "auth.login.succeeded" | "auth.login.failed" => time("login_ms", duration),
            "rfid.verified" | "rfid.failed" => time("rfid_ms", duration),
            "session.ended" => time("session_s", entry.count("duration_s")),
            "reader.heartbeat" => {
                let reader = entry.get("reader_id").unwrap_or_default();
                self.readers.entry(day).or_default().insert(reader);
            }
            "feature.used" => {
                let feature = entry.get("feature").unwrap_or_default();
                *truth.features.entry(feature).or_default() += 1;
            }
            "cache.read" => {
                truth.cache_reads += 1;
                truth.cache_hits += u64::from(entry.get("hit").as_deref() == Some("true"));
            }
            "db.query" => time("query_ms", duration),
            _ => {}
        }
        if entry.get("gateway_ms").is_some() {
            time("gateway_ms", entry.count("gateway_ms"));
        }
    }

    pub(crate) fn finish(mut self) -> Truth {
        let sizes = |sets: BTreeMap<String, BTreeSet<String>>| {
            sets.into_iter()
                .map(|(day, set)| (day, set.len() as u64))
                .collect()
        };
        self.truth.daily_active_users = sizes(self.users);
        self.truth.monthly_active_users = sizes(self.month);
        self.truth.readers = sizes(self.readers);
        let times = self.times.into_iter();
        self.truth.times = times
            .map(|(name, values)| (name.to_owned(), distribution(&values)))
            .collect();
        self.truth
    }
}

fn distribution(values: &BTreeMap<i64, u64>) -> Distribution {
    let count: u64 = values.values().sum();
    let percentile = |percent: u64| {
        let rank = (count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let mut found = values.iter().find(|(_, times)| {
            seen += **times;
            seen >= rank
        });
        found.take().map_or(0, |(value, _)| *value)
    };
    Distribution {
        count,
        sum: values
            .iter()
            .map(|(value, times)| value * i64::try_from(*times).unwrap_or(0))
            .sum(),
        min: values.keys().next().copied().unwrap_or(0),
        p50: percentile(50),
        p95: percentile(95),
        p99: percentile(99),
        max: values.keys().next_back().copied().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values = (1..=200).map(|value| (value, 1)).collect();
        let found = distribution(&values);
        assert_eq!((found.p50, found.p95, found.p99), (100, 190, 198));
        assert_eq!(
            (found.count, found.sum, found.min, found.max),
            (200, 20_100, 1, 200)
        );
    }
}
