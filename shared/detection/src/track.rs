//! Sliding windows: how many, and how many different ones, within a time.

use serde::{Deserialize, Serialize};
use settings::Detector;

use crate::config::{Count, PARTS};

/// What one detector counted for one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Track {
    /// The number of the detector: its place in [`Detector::ALL`], which only grows at its end.
    pub(crate) detector: u8,
    pub(crate) fast: Window,
    pub(crate) slow: Window,
    /// When it was last hit, in seconds.
    pub(crate) last: u32,
    pub(crate) firing: Option<Firing>,
}

/// An attack that is going on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Firing {
    /// When it began: exact to a part of the window.
    pub(crate) since: u32,
    /// Whether it was found over the long time.
    pub(crate) slow: bool,
    /// How many there were when it was found.
    pub(crate) count: u64,
}

/// The parts of a window that have anything in them, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Window(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    /// The seconds since 1970 divided by the length of a part.
    at: u32,
    hits: u64,
    others: u32,
    /// Of the different things the `most` smallest hashes: which those are does not depend on any order.
    set: Vec<u32>,
    also: Vec<u32>,
}

/// What an event adds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hit {
    pub(crate) hits: u64,
    pub(crate) others: u32,
    pub(crate) set: Option<u32>,
    pub(crate) also: Option<u32>,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    /// Hits.
    pub(crate) hits: u64,
    /// What else happened, such as log-ins that succeeded.
    pub(crate) others: u64,
    /// Different things: no more than there were, and exact up to the threshold.
    pub(crate) distinct: u64,
    /// About how many different things there were.
    pub(crate) about: u64,
    /// Different other things, up to what is asked for.
    pub(crate) also: u64,
    /// The beginning of the first part, in seconds.
    pub(crate) first: u32,
}

/// How many hashes of each kind a part keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub(crate) set: usize,
    pub(crate) also: usize,
}

impl Track {
    pub(crate) fn new(detector: Detector) -> Self {
        Self {
            detector: detector as u8,
            fast: Window::default(),
            slow: Window::default(),
            last: 0,
            firing: None,
        }
    }

    pub(crate) fn detector(&self) -> Option<Detector> {
        Detector::ALL.get(usize::from(self.detector)).copied()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.firing.is_none() && self.fast.0.is_empty() && self.slow.0.is_empty()
    }

    pub(crate) fn hits(&self) -> u64 {
        let sum = |window: &Window| window.0.iter().map(|part| part.hits).sum::<u64>();
        sum(&self.fast).max(sum(&self.slow))
    }

    /// No fewer bytes than it takes in the state.
    pub(crate) fn bytes(&self) -> usize {
        40 + self.fast.bytes() + self.slow.bytes()
    }
}

impl Window {
    pub(crate) fn add(&mut self, count: Count, at: u32, hit: Hit, most: Most) {
        let at = at / count.part;
        let place = match self.0.binary_search_by_key(&at, |part| part.at) {
            Ok(place) => place,
            Err(place) => {
                let part = Part {
                    at,
                    hits: 0,
                    others: 0,
                    set: Vec::new(),
                    also: Vec::new(),
                };
                self.0.insert(place, part);
                place
            }
        };
        if let Some(part) = self.0.get_mut(place) {
            part.hits = part.hits.saturating_add(hit.hits);
            part.others = part.others.saturating_add(hit.others);
            smallest(&mut part.set, hit.set, most.set);
            smallest(&mut part.also, hit.also, most.also);
        }
    }

    /// Forgets what no window will look at again.
    pub(crate) fn expire(&mut self, count: Count, now: u32, lateness: u32) {
        let oldest = now.saturating_sub(count.window.saturating_add(lateness)) / count.part;
        self.0.retain(|part| part.at >= oldest);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Every window that ends with a part that has something in it: those have the greatest sums.
    pub(crate) fn sums(&self, count: Count, most: Most) -> impl Iterator<Item = Sum> {
        self.0.iter().enumerate().map(move |(at, end)| {
            let from = end.at.saturating_sub(PARTS - 1);
            let parts = self.0.get(..=at).unwrap_or_default();
            let parts = parts.iter().filter(|part| part.at >= from);
            sum(parts, count, most)
        })
    }

    fn bytes(&self) -> usize {
        let part = |part: &Part| 24 + 5 * (part.set.len() + part.also.len());
        self.0.iter().map(part).sum::<usize>() + 3
    }
}

fn sum<'a>(parts: impl Iterator<Item = &'a Part>, count: Count, most: Most) -> Sum {
    let mut total = Sum {
        first: u32::MAX,
        ..Sum::default()
    };
    let (mut set, mut also) = (Vec::new(), Vec::new());
    let mut full = false;
    for part in parts {
        total.hits = total.hits.saturating_add(part.hits);
        total.others += u64::from(part.others);
        total.first = total.first.min(part.at.saturating_mul(count.part));
        full |= most.set > 0 && part.set.len() >= most.set;
        set.extend_from_slice(&part.set);
        also.extend_from_slice(&part.also);
    }
    for list in [&mut set, &mut also] {
        list.sort_unstable();
        list.dedup();
    }
    total.distinct = set.len() as u64;
    total.also = also.len() as u64;
    total.about = if full {
        estimate(&set, most.set)
    } else {
        total.distinct
    };
    total
}

/// From the k-th smallest of hashes that are spread evenly follows how many there are (k minimum values; Bar-Yossef
/// and others, 2002).
fn estimate(set: &[u32], k: usize) -> u64 {
    match set.get(k.saturating_sub(1)) {
        Some(kth) if *kth > 0 => ((k as u64 - 1) << 32) / u64::from(*kth),
        Some(_) | None => set.len() as u64,
    }
    .max(set.len() as u64)
}

/// Puts a hash into a sorted list that keeps the `most` smallest.
fn smallest(list: &mut Vec<u32>, hash: Option<u32>, most: usize) {
    let Some(hash) = hash else { return };
    if let Err(place) = list.binary_search(&hash)
        && place < most
    {
        list.truncate(most - 1);
        list.insert(place.min(list.len()), hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: Count = Count {
        threshold: 5,
        window: 120,
        part: 10,
    };
    const MOST: Most = Most { set: 10, also: 2 };

    fn hit(thing: u32) -> Hit {
        Hit {
            hits: 1,
            set: Some(thing.wrapping_mul(0x9e37_79b9)),
            ..Hit::default()
        }
    }

    fn greatest(window: &Window) -> Sum {
        let sums = window.sums(COUNT, MOST);
        sums.max_by_key(|sum| sum.hits).unwrap_or_default()
    }

    #[test]
    fn a_window_slides() {
        let mut window = Window::default();
        for at in [1_000, 1_110, 1_119, 1_120] {
            window.add(COUNT, at, hit(at), MOST);
        }
        // From 1,000 up to but not including 1,120 are the twelve parts of one window; 1,120 begins the next part.
        assert_eq!(greatest(&window).hits, 3);
        window.expire(COUNT, 1_200, 0);
        assert_eq!(greatest(&window).first, 1_110);
        window.expire(COUNT, 9_000, 0);
        assert_eq!(window, Window::default());
    }

    #[test]
    fn the_order_of_arrival_changes_nothing() {
        let mut forth = Window::default();
        let mut back = Window::default();
        for at in 0..200 {
            forth.add(COUNT, 1_000 + at, hit(at % 37), MOST);
            back.add(COUNT, 1_199 - at, hit((199 - at) % 37), MOST);
        }
        assert_eq!(forth, back);
    }

    #[test]
    fn the_same_thing_counts_once() {
        let mut window = Window::default();
        for at in [1_000, 1_010, 1_020] {
            window.add(COUNT, at, hit(7), MOST);
        }
        assert_eq!((greatest(&window).hits, greatest(&window).distinct), (3, 1));
    }

    #[test]
    fn many_different_things_are_estimated_from_few() {
        let mut window = Window::default();
        let most = Most { set: 64, also: 0 };
        for thing in 1..=10_000_u32 {
            window.add(COUNT, 1_000, hit(thing), most);
        }
        let sum = window.sums(COUNT, most).next().unwrap();
        assert_eq!(sum.distinct, 64);
        // One standard error of 64 minimum values is an eighth.
        assert!((6_000..14_000).contains(&sum.about), "{}", sum.about);
    }
}
