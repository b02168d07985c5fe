//! Where an account logs in from: what travel and take-overs are judged by.

use serde::{Deserialize, Serialize};

use crate::SecurityEvent;

/// So many places of an account are remembered.
const PLACES: usize = 6;
/// And so long, in seconds: 7 days.
const KEPT: u32 = 7 * 86_400;

/// The places that an account logged in from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Profile(Vec<Sighting>);

/// One place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sighting {
    /// The hash of the address.
    pub(crate) address: u32,
    pub(crate) place: Option<Place>,
    /// The first log-in, in seconds.
    pub(crate) first: u32,
    /// The last one.
    pub(crate) last: u32,
}

/// Degrees north and east in hundredths, which is a kilometre: more exact is nobody's business.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) north: i16,
    pub(crate) east: i16,
}

/// Two log-ins that nobody can have made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Leap {
    pub(crate) kilometres: f64,
    pub(crate) seconds: u32,
    pub(crate) from: Place,
    pub(crate) to: Place,
}

impl Place {
    pub(crate) fn of(event: &SecurityEvent) -> Option<Self> {
        let (north, east) = (event.latitude?, event.longitude?);
        // Nothing is at 0° 0° but the answer of those who do not know.
        if north == 0.0 && east == 0.0 {
            return None;
        }
        Some(Self {
            north: hundredths(north),
            east: hundredths(east),
        })
    }

    /// The distance by the haversine formula on a sphere of 6,371 km, in kilometres.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let radians = |hundredths: i16| (f64::from(hundredths) / 100.0).to_radians();
        let (a, b) = (radians(self.north), radians(other.north));
        let north = ((b - a) / 2.0).sin().powi(2);
        let east = ((radians(other.east) - radians(self.east)) / 2.0)
            .sin()
            .powi(2);
        let part = (north + a.cos() * b.cos() * east).clamp(0.0, 1.0);
        2.0 * 6_371.0 * part.sqrt().asin()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let degrees = |hundredths: i16| f64::from(hundredths) / 100.0;
        write!(f, "{:.1}, {:.1}", degrees(self.north), degrees(self.east))
    }
}

fn hundredths(degrees: f64) -> i16 {
    (degrees.clamp(-180.0, 180.0) * 100.0).round() as i16
}

impl Profile {
    /// Notes a log-in. Of what it cannot be, the furthest leap within `window` seconds comes back.
    pub(crate) fn arrive(
        &mut self,
        at: u32,
        address: u32,
        place: Option<Place>,
        window: u32,
        impossible: impl Fn(f64, u32) -> bool,
    ) -> Option<Leap> {
        let leaps = self.0.iter().filter_map(|other| {
            let (from, to) = (other.place?, place?);
            let seconds = other.first.abs_diff(at).min(other.last.abs_diff(at));
            let kilometres = from.distance(to);
            (seconds <= window && impossible(kilometres, seconds)).then_some(Leap {
                kilometres,
                seconds,
                from,
                to,
            })
        });
        let leap = leaps.max_by(|a, b| a.kilometres.total_cmp(&b.kilometres));
        let same = |known: &&mut Sighting| known.address == address && known.place == place;
        match self.0.iter_mut().find(same) {
            Some(known) => {
                known.first = known.first.min(at);
                known.last = known.last.max(at);
            }
            None => self.0.push(Sighting {
                address,
                place,
                first: at,
                last: at,
            }),
        }
        if self.0.len() > PLACES {
            self.0
                .sort_by_key(|sighting| std::cmp::Reverse(sighting.last));
            self.0.truncate(PLACES);
        }
        leap
    }

    pub(crate) fn sightings(&self) -> impl Iterator<Item = &Sighting> {
        self.0.iter()
    }

    pub(crate) fn last(&self) -> u32 {
        self.0
            .iter()
            .map(|sighting| sighting.last)
            .max()
            .unwrap_or(0)
    }

    pub(crate) fn is_old(&self, now: u32) -> bool {
        self.last().saturating_add(KEPT) < now
    }

    /// No fewer bytes than it takes in the state, with its key.
    pub(crate) const fn bytes(&self) -> usize {
        12 + 23 * self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUMBAI: Place = Place {
        north: 1908,
        east: 7288,
    };
    const DELHI: Place = Place {
        north: 2861,
        east: 7721,
    };

    #[test]
    fn from_mumbai_to_delhi_it_is_1150_kilometres() {
        let distance = MUMBAI.distance(DELHI);
        assert!((1_140.0..1_160.0).contains(&distance), "{distance}");
        assert!(MUMBAI.distance(MUMBAI) < 0.001);
    }

    #[test]
    fn only_the_last_places_are_kept() {
        let mut profile = Profile::default();
        for at in 0..100 {
            profile.arrive(at, at, None, 60, |_, _| false);
        }
        assert_eq!(profile.sightings().count(), PLACES);
        assert_eq!(profile.last(), 99);
        assert!(!profile.is_old(100) && profile.is_old(100 + KEPT));
    }
}
