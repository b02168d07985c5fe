//! On-call rotations: whose turn it is, and until when.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{UnknownTimeZone, zone};

/// The unit of a shift.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RotationKind {
    /// Real hours: a change of the clocks moves the local time of the hand-over.
    Hourly,
    /// Days: the hand-over stays at its local time.
    Daily,
    /// Weeks: the hand-over stays at its local weekday and time.
    Weekly,
}

/// What a rotation is made of, before it is checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RotationSpec {
    /// The unit of a shift.
    pub kind: RotationKind,
    /// How many units a shift lasts; at least 1.
    pub shift_length: u32,
    /// The first hand-over, in local time: the first member's shift begins then.
    pub start: DateTime,
    /// The IANA name of the time zone of that local time.
    pub time_zone: String,
    /// How many take turns; at least 1.
    pub members: usize,
    /// Who stands in for whom else would be on call; a later one wins over an earlier.
    pub overrides: Vec<Override>,
}

/// A member that is on call for a time, whosever turn it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Override {
    /// The first instant.
    pub from: Timestamp,
    /// The instant after the last.
    pub until: Timestamp,
    /// Who, counted from 0.
    pub member: usize,
}

/// Something in a rotation that may not be so.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidRotation {
    /// Shifts of no length.
    #[error("`shift_length` is 0: write how many hours, days or weeks a shift lasts, at least 1")]
    NoShiftLength,
    /// Nobody to take turns.
    #[error("there are no members: name at least one")]
    NoMembers,
    /// A time zone that is none.
    #[error("`time_zone` is wrong")]
    TimeZone(#[from] UnknownTimeZone),
    /// A first hand-over at the end of all calendars.
    #[error("`start` {0} is out of range: write a date between the years 1 and 9998")]
    Start(DateTime),
    /// An override by a member that there is not.
    #[error(
        "`overrides[{index}].member` is {member}, but there are {members} members, counted from 0"
    )]
    OverrideMember {
        /// Which override, counted from 0.
        index: usize,
        /// The member it names.
        member: usize,
        /// How many there are.
        members: usize,
    },
    /// An override that ends before it begins.
    #[error(
        "`overrides[{index}]` ends at {until}, which is not after {from}: swap the two, or remove it"
    )]
    OverrideOrder {
        /// Which override, counted from 0.
        index: usize,
        /// Its first instant.
        from: Timestamp,
        /// The instant after its last.
        until: Timestamp,
    },
}

/// A time for which one member is on call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shift {
    /// Who, counted from 0.
    pub member: usize,
    /// The first instant.
    pub from: Timestamp,
    /// The instant after the last.
    pub until: Timestamp,
    /// Whether an override decided it.
    pub overridden: bool,
}

/// A checked rotation: at every instant exactly one member is on call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rotation {
    cadence: Cadence,
    members: i64,
    /// What the overrides come to: in order, none overlaps another.
    overrides: Vec<Override>,
}

/// When the hand-overs are.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Cadence {
    /// Every so many seconds of real time.
    Real { start: Timestamp, seconds: i64 },
    /// Every so many days, at one local time.
    Local {
        start: DateTime,
        days: i64,
        zone: TimeZone,
    },
}

impl Rotation {
    /// Checks a rotation.
    ///
    /// # Errors
    /// When a shift has no length, nobody takes turns, the time zone is unknown, the start is
    /// at the end of all calendars, or an override has no such member or no time.
    pub fn try_new(spec: RotationSpec) -> Result<Self, InvalidRotation> {
        if spec.shift_length == 0 {
            return Err(InvalidRotation::NoShiftLength);
        }
        if spec.members == 0 {
            return Err(InvalidRotation::NoMembers);
        }
        let zone = zone::find(&spec.time_zone)?;
        if !(1..=9998).contains(&spec.start.year()) {
            return Err(InvalidRotation::Start(spec.start));
        }
        for (index, given) in spec.overrides.iter().enumerate() {
            if given.member >= spec.members {
                return Err(InvalidRotation::OverrideMember {
                    index,
                    member: given.member,
                    members: spec.members,
                });
            }
            if given.from >= given.until {
                return Err(InvalidRotation::OverrideOrder {
                    index,
                    from: given.from,
                    until: given.until,
                });
            }
        }
        let length = i64::from(spec.shift_length);
        let local = |days| Cadence::Local {
            start: spec.start,
            days,
            zone: zone.clone(),
        };
        let cadence = match spec.kind {
            RotationKind::Hourly => Cadence::Real {
                start: instant(&zone, spec.start).ok_or(InvalidRotation::Start(spec.start))?,
                seconds: length * 3_600,
            },
            RotationKind::Daily => local(length),
            RotationKind::Weekly => local(length * 7),
        };
        Ok(Self {
            cadence,
            members: i64::try_from(spec.members).unwrap_or(i64::MAX),
            overrides: flatten(spec.overrides),
        })
    }

    /// Who is on call, counted from 0. Before the start the turns are counted backwards.
    #[must_use]
    pub fn on_call(&self, at: Timestamp) -> usize {
        self.shift(at).member
    }

    /// The shift that an instant is in. What an override leaves of a turn is a shift, and so
    /// is what a later override leaves of an earlier one.
    #[must_use]
    pub fn shift(&self, at: Timestamp) -> Shift {
        let next = self.overrides.partition_point(|given| given.from <= at);
        let (earlier, later) = self.overrides.split_at_checked(next).unwrap_or_default();
        if let Some(given) = earlier.last().filter(|given| at < given.until) {
            return Shift {
                member: given.member,
                from: given.from,
                until: given.until,
                overridden: true,
            };
        }
        let turn = self.cadence.turn(at);
        let (from, until) = (
            self.cadence.hand_over(turn),
            self.cadence.hand_over(turn + 1),
        );
        Shift {
            member: usize::try_from(turn.rem_euclid(self.members)).unwrap_or_default(),
            from: earlier.last().map_or(from, |given| from.max(given.until)),
            until: later.first().map_or(until, |given| until.min(given.from)),
            overridden: false,
        }
    }

    /// The shifts that are at least partly within a time, in order and each as a whole: the
    /// first may begin before it, the last may end after it.
    #[must_use]
    pub fn shifts(&self, from: Timestamp, until: Timestamp) -> Vec<Shift> {
        let mut shifts = Vec::new();
        let mut at = from;
        while at < until {
            let shift = self.shift(at);
            shifts.push(shift);
            if shift.until <= at {
                break;
            }
            at = shift.until;
        }
        shifts
    }
}

impl Cadence {
    /// The number of the turn that an instant is in; the one that begins at the start is 0.
    fn turn(&self, at: Timestamp) -> i64 {
        let mut turn = match self {
            Self::Real { start, seconds } => {
                let passed = at.duration_since(*start).as_secs();
                passed.div_euclid(*seconds)
            }
            Self::Local { start, days, zone } => {
                let local = zone.to_datetime(at);
                let passed = start.date().duration_until(local.date()).as_secs() / 86_400;
                passed.div_euclid(*days)
            }
        };
        // The estimate takes neither the time of day nor the clocks' changes into account.
        while self.hand_over(turn) > at {
            turn -= 1;
        }
        while self.hand_over(turn + 1) <= at && self.hand_over(turn + 1) < Timestamp::MAX {
            turn += 1;
        }
        turn
    }

    /// When a turn begins; the first and the last instant there are stand for any beyond.
    fn hand_over(&self, turn: i64) -> Timestamp {
        let found = match self {
            Self::Real { start, seconds } => turn
                .checked_mul(*seconds)
                .and_then(|passed| start.checked_add(SignedDuration::from_secs(passed)).ok()),
            Self::Local { start, days, zone } => turn
                .checked_mul(*days)
                .and_then(|days| Span::new().try_days(days).ok())
                .and_then(|days| start.checked_add(days).ok())
                .and_then(|local| instant(zone, local)),
        };
        found.unwrap_or(if turn < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

/// A local time that the clocks skip is as much later as they skip; one that comes twice is
/// the earlier.
fn instant(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// Cuts from each override what later ones take, so that none overlaps another.
fn flatten(given: Vec<Override>) -> Vec<Override> {
    let mut flat: Vec<Override> = Vec::new();
    for later in given {
        flat = flat
            .into_iter()
            .flat_map(|earlier| {
                let before = Override {
                    until: earlier.until.min(later.from),
                    ..earlier
                };
                let after = Override {
                    from: earlier.from.max(later.until),
                    ..earlier
                };
                [before, after]
            })
            .filter(|rest| rest.from < rest.until)
            .collect();
        flat.push(later);
    }
    flat.sort_unstable_by_key(|given| given.from);
    flat
}
