//! All silences are one item of the table, and must fit into it.

use std::collections::BTreeMap;

use compact_str::format_compact;
use jiff::SignedDuration;

use super::{anna, second};
use crate::{InvalidSilence, MAX_SILENCES, Silence, Silences};

/// What one item of the table holds.
const ITEM: usize = 400 * 1024;

fn silence(at: usize, comment: &str, seconds: i64) -> Silence {
    Silence {
        id: format_compact!("silence-{at}"),
        matchers: vec![format_compact!("service=\"service-{at}\"")],
        starts_at: second(0),
        ends_at: second(seconds),
        times: Vec::new(),
        maintenance: false,
        created_by: anna(),
        created_at: second(0),
        comment: comment.to_owned(),
        warned: false,
    }
}

/// Makes silences until one is refused; how many there are then.
fn fill(silences: &mut Silences, comment: &str) -> usize {
    for at in 0..10_000 {
        let new = silence(at, comment, 3_600);
        match silences.put(new, second(0), SignedDuration::MAX) {
            Ok(()) => {}
            Err(InvalidSilence::TooMany) => return at,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("there is no end to them");
}

fn stored(silences: &Silences) -> usize {
    serde_json::to_string(silences).unwrap().len()
}

#[test]
fn long_silences_are_refused_before_the_table_would_refuse_them() {
    let mut silences = Silences::default();
    let count = fill(&mut silences, &"why? ".repeat(400));
    assert!((150..200).contains(&count), "{count}");
    assert_eq!(silences.iter().count(), count);
    assert!(stored(&silences) < ITEM);
    // One that is known is changed, and a short one still fits.
    let changed = silence(0, &"why! ".repeat(400), 3_600);
    silences
        .put(changed, second(0), SignedDuration::MAX)
        .unwrap();
    let longer = silence(0, &"why! ".repeat(4_000), 3_600);
    let refused = silences.put(longer, second(0), SignedDuration::MAX);
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.starts_with("there is no room for another silence"),
        "{refused}"
    );
    assert!(
        silences
            .get("silence-0")
            .unwrap()
            .comment
            .starts_with("why!")
    );
    assert_eq!(silences.iter().count(), count);
}

/// So many as they are read from the table, where they lie already.
fn read(all: impl Iterator<Item = Silence>) -> Silences {
    let all: BTreeMap<String, Silence> = all.map(|known| (known.id.to_string(), known)).collect();
    serde_json::from_value(serde_json::to_value(all).unwrap()).unwrap()
}

#[test]
fn many_short_silences_fit() {
    let mut silences = read((1..MAX_SILENCES).map(|at| silence(at, "deployment", 3_600)));
    let put = |silences: &mut Silences, at: usize| {
        silences.put(
            silence(at, "deployment", 3_600),
            second(0),
            SignedDuration::MAX,
        )
    };
    put(&mut silences, MAX_SILENCES).unwrap();
    let full = put(&mut silences, 0);
    assert!(matches!(full, Err(InvalidSilence::TooMany)));
    assert!(stored(&silences) < ITEM);
}

#[test]
fn what_is_over_makes_room_the_longest_over_first() {
    let ending = (0..MAX_SILENCES).map(|at| silence(at, "", i64::try_from(at).unwrap() + 100));
    let mut silences = read(ending);
    let new = || silence(5_000, "", 9_000);
    let full = silences.put(new(), second(50), SignedDuration::MAX);
    assert!(matches!(full, Err(InvalidSilence::TooMany)));
    silences
        .put(new(), second(101), SignedDuration::MAX)
        .unwrap();
    assert!(silences.get("silence-0").is_none());
    assert!(silences.get("silence-1").is_some(), "it is over as well");
    assert!(silences.get("silence-5000").is_some());
    assert_eq!(silences.iter().count(), MAX_SILENCES);
}
