//! `security`, checked and ready to use.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use compact_str::{CompactString, ToCompactString};
use ipnet::IpNet;

use super::raw::{RawDetector, RawSecurity};
use super::{Detector, SecurityFault, Tier};
use crate::Duration;

/// From what number on something is an attack, and who is not meant.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityPolicy {
    /// Into how many records the state is divided.
    pub shards: u16,
    /// So late an event may come.
    pub lateness: Duration,
    /// An attack is over when nothing was seen of it for so long.
    pub calm: Duration,
    /// The same for suspicions about one moment.
    pub hold: Duration,
    /// Of the log-ins from a shared address so many of a hundred must fail.
    pub failure_percent: u8,
    /// Who tries more often for each account does not spray.
    pub tries_per_account: u32,
    /// From so many addresses at least credential stuffing comes.
    pub stuffing_addresses: u32,
    /// The leading bits of an IPv4 address that make a network.
    pub ipv4_prefix: u8,
    /// The leading bits of an IPv6 address that make a network.
    pub ipv6_prefix: u8,
    /// Kilometres an hour that nobody travels at.
    pub travel_speed: u32,
    /// Kilometres that are far.
    pub travel_distance: u32,
    /// Limits in minor units by currency, ascending.
    pub limits: BTreeMap<CompactString, Vec<u64>>,
    /// So many percent below a limit are just under it.
    pub margin_percent: u8,
    /// Refunds that are too much, in minor units by currency.
    pub refunds: BTreeMap<CompactString, u64>,
    /// Who is not meant.
    pub allow: AllowList,
    /// The detectors that are on.
    pub detectors: BTreeMap<Detector, DetectorPolicy>,
}

/// How one detector decides.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorPolicy {
    /// The service of the catalogue that is attacked.
    pub service: CompactString,
    /// What is too many.
    pub tier: Tier,
    /// What is too many over a long time.
    pub slow: Option<Tier>,
}

/// Who is not meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllowList {
    networks: Vec<IpNet>,
    accounts: BTreeSet<CompactString>,
}

impl AllowList {
    /// Whether what comes from there is no attack.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|net| net.contains(&address))
    }

    /// Whether what this account does is no attack; `account` is in lower case.
    #[must_use]
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }
}

impl Default for SecurityPolicy {
    fn default() -> Self {
        Reader::default().read(&RawSecurity::default())
    }
}

impl TryFrom<RawSecurity> for SecurityPolicy {
    type Error = Vec<SecurityFault>;

    fn try_from(raw: RawSecurity) -> Result<Self, Self::Error> {
        let mut reader = Reader::default();
        let policy = reader.read(&raw);
        if reader.faults.is_empty() {
            Ok(policy)
        } else {
            Err(reader.faults)
        }
    }
}

/// More different things are not remembered for one subject.
const MOST_DISTINCT: u32 = 500;
const MOST: u32 = 100_000;
const LONGEST_WINDOW: Duration = Duration::from_secs(7 * 86_400);
const SHORTEST_WINDOW: Duration = Duration::from_secs(60);
const LONGEST_LATENESS: Duration = Duration::from_secs(6 * 3_600);

/// Reads on after a fault, so that all are named at once.
#[derive(Default)]
struct Reader {
    faults: Vec<SecurityFault>,
}

impl Reader {
    fn fault(&mut self, field: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(SecurityFault {
            field: field.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    fn read(&mut self, raw: &RawSecurity) -> SecurityPolicy {
        let lateness = raw.lateness.unwrap_or(Duration::from_minutes(15));
        if lateness > LONGEST_LATENESS {
            self.fault(
                "lateness",
                format!("`{lateness}` is longer than Lambda tries again"),
                "write at most 6h",
            );
        }
        let calm = raw.calm.unwrap_or(Duration::from_minutes(30));
        let hold = raw.hold.unwrap_or(Duration::from_minutes(240));
        for (field, value) in [("calm", calm), ("hold", hold)] {
            if value < lateness {
                self.fault(
                    field,
                    format!("`{value}` is shorter than `lateness` ({lateness}): what is over would begin anew with each late event"),
                    format!("write at least {lateness}"),
                );
            }
        }
        SecurityPolicy {
            shards: self.within("shards", raw.shards, 16, 1, 256),
            lateness,
            calm,
            hold,
            failure_percent: self.within("failure_percent", raw.failure_percent, 50, 1, 100),
            tries_per_account: self.within("tries_per_account", raw.tries_per_account, 5, 1, MOST),
            stuffing_addresses: self.within(
                "stuffing_addresses",
                raw.stuffing_addresses,
                10,
                1,
                MOST_DISTINCT,
            ),
            ipv4_prefix: self.within("network.ipv4", raw.network.ipv4, 24, 8, 32),
            ipv6_prefix: self.within("network.ipv6", raw.network.ipv6, 48, 16, 128),
            travel_speed: self.within("travel.speed", raw.travel.speed, 1_000, 100, MOST),
            travel_distance: self.within("travel.distance", raw.travel.distance, 500, 1, 20_000),
            limits: self.limits(raw),
            margin_percent: self.within(
                "amounts.margin_percent",
                raw.amounts.margin_percent,
                2,
                1,
                50,
            ),
            refunds: self.refunds(raw),
            allow: self.allow(raw),
            detectors: Detector::ALL
                .into_iter()
                .filter_map(|detector| Some((detector, self.detector(raw, detector)?)))
                .collect(),
        }
    }

    fn within<T: Copy + PartialOrd + std::fmt::Display>(
        &mut self,
        field: &str,
        given: Option<T>,
        default: T,
        least: T,
        most: T,
    ) -> T {
        let value = given.unwrap_or(default);
        if value < least || value > most {
            self.fault(
                field,
                format!("{value} is out of range"),
                format!("write {least} to {most}; {default} is the default"),
            );
        }
        value
    }

    fn currency(&mut self, field: &str, name: &str) -> CompactString {
        if name.len() != 3 || !name.bytes().all(|b| b.is_ascii_uppercase()) {
            self.fault(
                field,
                format!("`{name}` is no currency"),
                "write the three capitals of ISO 4217, such as INR",
            );
        }
        name.into()
    }

    fn limits(&mut self, raw: &RawSecurity) -> BTreeMap<CompactString, Vec<u64>> {
        let mut limits = BTreeMap::new();
        for (name, amounts) in &raw.amounts.limits {
            let field = format!("amounts.limits.{name}");
            let currency = self.currency(&field, name);
            if amounts.is_empty() || amounts.contains(&0) {
                self.fault(
                    &field,
                    "nothing is just under nothing",
                    "write amounts above zero in minor units (paise, cents), or remove it",
                );
            }
            let mut amounts = amounts.clone();
            amounts.sort_unstable();
            limits.insert(currency, amounts);
        }
        limits
    }

    fn refunds(&mut self, raw: &RawSecurity) -> BTreeMap<CompactString, u64> {
        let mut refunds = BTreeMap::new();
        for (name, amount) in &raw.amounts.refunds {
            let field = format!("amounts.refunds.{name}");
            let currency = self.currency(&field, name);
            if *amount == 0 {
                self.fault(
                    &field,
                    "every refund is as much as nothing",
                    "write an amount above zero in minor units (paise, cents), or remove it",
                );
            }
            refunds.insert(currency, *amount);
        }
        refunds
    }

    fn allow(&mut self, raw: &RawSecurity) -> AllowList {
        let mut allow = AllowList::default();
        for (at, text) in raw.allow.addresses.iter().enumerate() {
            let parsed = text.parse::<IpNet>();
            match parsed.or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                Ok(net) if net.prefix_len() == 0 => self.fault(
                    &format!("allow.addresses[{at}]"),
                    format!("`{text}` is every address there is"),
                    "name the networks that are meant",
                ),
                Ok(net) => allow.networks.push(net.trunc()),
                Err(_) => self.fault(
                    &format!("allow.addresses[{at}]"),
                    format!("`{text}` is no address and no network"),
                    "write 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32",
                ),
            }
        }
        for (at, text) in raw.allow.accounts.iter().enumerate() {
            if text.trim().is_empty() {
                self.fault(
                    &format!("allow.accounts[{at}]"),
                    "this account has no name",
                    "write it as the logs have it",
                );
            }
            let account = text.trim().to_lowercase();
            allow.accounts.insert(account.to_compact_string());
        }
        allow
    }

    fn detector(&mut self, raw: &RawSecurity, detector: Detector) -> Option<DetectorPolicy> {
        let given = raw.detectors.get(detector);
        let nothing = RawDetector::default();
        let written = given.unwrap_or(&nothing);
        let at = format!("detectors.{detector}");
        let amounts = [
            (
                Detector::JustUnderLimit,
                "limits",
                raw.amounts.limits.is_empty(),
            ),
            (
                Detector::RefundAmount,
                "refunds",
                raw.amounts.refunds.is_empty(),
            ),
        ];
        let missing = amounts
            .into_iter()
            .find_map(|(needs, list, empty)| (needs == detector && empty).then_some(list));
        if let Some(list) = missing {
            if given.is_some_and(|given| given.enabled != Some(false)) {
                self.fault(
                    &at,
                    format!("there are no `amounts.{list}`, so this never fires"),
                    format!("add `amounts: {{ {list}: … }}`, or remove this"),
                );
            }
            return None;
        }
        if written.enabled == Some(false) {
            return None;
        }
        let tier = self.tier(&at, detector, written);
        let slow = self.slow(&at, detector, written, tier);
        let service = written.service.as_deref();
        Some(DetectorPolicy {
            service: service.unwrap_or(detector.default_service()).into(),
            tier,
            slow,
        })
    }

    fn tier(&mut self, at: &str, detector: Detector, written: &RawDetector) -> Tier {
        let default = detector.default_tier();
        if written.threshold.is_some() && !detector.counts() {
            self.fault(
                &format!("{at}.threshold"),
                "this detector counts nothing, so it has no threshold",
                "remove it; see `travel` and `amounts`",
            );
        }
        Tier {
            threshold: self.threshold(at, detector, written.threshold, default.threshold),
            window: self.window(at, written.window, default.window),
        }
    }

    fn slow(
        &mut self,
        at: &str,
        detector: Detector,
        written: &RawDetector,
        tier: Tier,
    ) -> Option<Tier> {
        let default = detector.default_slow();
        let Some(slow) = &written.slow else {
            // A team that raises the threshold beyond what is slow by default wants no second one below it.
            return default
                .filter(|slow| slow.threshold > tier.threshold && slow.window > tier.window);
        };
        if slow.enabled == Some(false) {
            return None;
        }
        let at = format!("{at}.slow");
        if !detector.may_be_slow() {
            self.fault(
                &at,
                "this detector knows no slow attack",
                "remove it, or choose a longer `window`",
            );
            return None;
        }
        let Some(threshold) = slow.threshold.or(default.map(|tier| tier.threshold)) else {
            self.fault(
                &at,
                "the field `threshold` is missing",
                "add it: it fires at this many",
            );
            return None;
        };
        let day = Duration::from_secs(86_400);
        let found = Tier {
            threshold: self.threshold(&at, detector, Some(threshold), threshold),
            window: self.window(&at, slow.window, default.map_or(day, |tier| tier.window)),
        };
        if found.window <= tier.window || found.threshold <= tier.threshold {
            self.fault(
                &at,
                format!(
                    "{} in {} is no slower than {} in {}",
                    found.threshold, found.window, tier.threshold, tier.window
                ),
                "write a longer window and a higher threshold",
            );
        }
        Some(found)
    }

    fn threshold(&mut self, at: &str, detector: Detector, given: Option<u32>, default: u32) -> u32 {
        let most = if detector.counts_distinct() {
            MOST_DISTINCT
        } else {
            MOST
        };
        self.within(&format!("{at}.threshold"), given, default, 1, most)
    }

    fn window(&mut self, at: &str, given: Option<Duration>, default: Duration) -> Duration {
        let window = given.unwrap_or(default);
        if window < SHORTEST_WINDOW || window > LONGEST_WINDOW {
            self.fault(
                &format!("{at}.window"),
                format!("`{window}` is out of range"),
                "write 1m to 7d",
            );
        }
        window
    }
}
