//! Receivers, rotations and escalations of the configuration, with names resolved to positions.

use calendar::{Override, Rotation, RotationSpec};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZoneDatabase;

use super::build::InvalidRouting;
use super::{Escalation, Integration, NamedRotation, Receiver, Step, Target};
use crate::raw::{RawEscalation, RawReceiver, RawRotation};
use crate::{Channel, Duration};

/// Rounds of an escalation do not follow each other faster than this, unless that is written.
const SHORTEST_PAUSE: Duration = Duration::from_minutes(5);

pub(super) fn receiver(raw: &RawReceiver) -> Receiver {
    let integrations = Channel::ALL.into_iter().flat_map(|channel| {
        let list = raw.integrations(channel).iter();
        list.map(move |integration| Integration {
            channel,
            send_resolved: integration.send_resolved,
            to: integration.to.clone(),
        })
    });
    Receiver {
        name: raw.name.as_str().into(),
        integrations: integrations.collect(),
    }
}

pub(super) fn position<T>(
    list: &[T],
    name_of: impl Fn(&T) -> &str,
    name: &str,
    path: impl FnOnce() -> String,
) -> Result<usize, InvalidRouting> {
    list.iter()
        .position(|item| name_of(item) == name)
        .ok_or_else(|| InvalidRouting::Unknown {
            path: path(),
            name: name.to_owned(),
        })
}

pub(super) fn rotation(
    raw: &RawRotation,
    receivers: &[Receiver],
    path: &str,
) -> Result<NamedRotation, InvalidRouting> {
    let members = raw.members.iter().enumerate().map(|(at, name)| {
        position(
            receivers,
            |r| &r.name,
            name,
            || format!("{path}.members[{at}]"),
        )
    });
    let members = members.collect::<Result<Vec<_>, _>>()?;
    Ok(NamedRotation {
        name: raw.name.as_str().into(),
        rotation: turns(raw).map_err(|problem| InvalidRouting::Rotation {
            path: path.to_owned(),
            problem,
        })?,
        members,
    })
}

/// Whose turn it is, as a position among the members.
pub(crate) fn turns(raw: &RawRotation) -> Result<Rotation, String> {
    let time_zone = raw.time_zone.as_deref().unwrap_or("UTC");
    let mut overrides = Vec::with_capacity(raw.overrides.len());
    for stand_in in &raw.overrides {
        let member = raw.members.iter().position(|name| *name == stand_in.member);
        overrides.push(Override {
            from: instant(&stand_in.from)?,
            until: instant(&stand_in.until)?,
            member: member.ok_or_else(|| format!("`{}` is no member", stand_in.member))?,
        });
    }
    let spec = RotationSpec {
        kind: raw.kind,
        shift_length: raw.shift_length.unwrap_or(1),
        start: start(&raw.start, time_zone)?,
        time_zone: time_zone.to_owned(),
        members: raw.members.len(),
        overrides,
    };
    Rotation::try_new(spec).map_err(|error| error.to_string())
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no instant: write one such as 2026-01-05T03:30:00Z"))
}

/// A date and time of the zone, or an instant, which is one in any zone.
pub(crate) fn start(text: &str, time_zone: &str) -> Result<DateTime, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        // A zone that is unknown is refused with the rotation.
        return Ok(TimeZoneDatabase::bundled()
            .get(time_zone)
            .map_or_else(|_| DateTime::default(), |zone| zone.to_datetime(instant)));
    }
    text.parse().map_err(|_| {
        format!("`{text}` is no beginning: write a date and time of the time zone such as 2026-01-05T09:00")
    })
}

pub(super) fn escalation(
    raw: &RawEscalation,
    receivers: &[Receiver],
    rotations: &[NamedRotation],
    path: &str,
) -> Result<Escalation, InvalidRouting> {
    let mut steps = Vec::with_capacity(raw.steps.len());
    for (at, step) in raw.steps.iter().enumerate() {
        let targets = step.to.iter().enumerate().map(|(nth, name)| {
            let turn = rotations.iter().position(|rotation| rotation.name == *name);
            turn.map(Target::Rotation).map_or_else(
                || {
                    let path = || format!("{path}.steps[{at}].to[{nth}]");
                    position(receivers, |r| &r.name, name, path).map(Target::Receiver)
                },
                Ok,
            )
        });
        steps.push(Step {
            after: step.after,
            to: targets.collect::<Result<_, _>>()?,
        });
    }
    Ok(Escalation {
        name: raw.name.as_str().into(),
        repeat: raw.repeat,
        repeat_after: raw.repeat_after.unwrap_or_else(|| pause(&steps)),
        ack_timeout: raw.ack_timeout,
        steps,
    })
}

/// The time between the last two steps, or the only step's.
fn pause(steps: &[Step]) -> Duration {
    let mut latest = steps.iter().rev().map(|step| step.after.as_millis());
    let last = latest.next().unwrap_or_default();
    let before = latest.next().unwrap_or_default();
    Duration::from_millis(last.saturating_sub(before)).max(SHORTEST_PAUSE)
}
