//! Two configurations over the same input: who is told what, when, under the one and not the other.

use std::collections::BTreeMap;

use compact_str::CompactString;
use incident::NotificationEvent;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use settings::{Channel, Priority};

use crate::driver::Told;

/// What is farther apart is not the same news told at another time.
const APART: SignedDuration = SignedDuration::from_hours(24);

/// One incident in one message by one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// Who is told.
    pub receiver: CompactString,
    /// How.
    pub channel: Channel,
    /// The key of the incident.
    pub incident: CompactString,
    /// One line about it.
    pub title: CompactString,
    /// What is said.
    pub said: Said,
}

/// What is said of an incident, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// Why, in one word.
    pub event: NotificationEvent,
    /// How urgent the incident is.
    pub priority: Priority,
    /// The step of a ladder, from 0, if one tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// How many alerts the message is about.
    pub alerts: u32,
}

/// How the two differ.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Told under A alone.
    OnlyInA,
    /// Told under B alone.
    OnlyInB,
    /// B tells it earlier.
    Earlier,
    /// B tells it later.
    Later,
    /// Told at the same time, with something else in it.
    Changed,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// When the first of both was told.
    pub at: Timestamp,
    /// How they differ.
    pub difference: Way,
    /// Who is told.
    pub receiver: CompactString,
    /// The key of the incident.
    pub incident: CompactString,
    /// By which channels this is so.
    pub channels: Vec<Channel>,
    /// One line about it.
    pub title: CompactString,
    /// What A says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<Said>,
    /// What B says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<Said>,
    /// By how many seconds B is earlier or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_seconds: Option<f64>,
}

/// The differences, and how many mentions there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Told under both alike.
    pub same: u64,
    /// Told under A alone.
    pub only_in_a: u64,
    /// Told under B alone.
    pub only_in_b: u64,
    /// B tells it earlier.
    pub earlier: u64,
    /// B tells it later.
    pub later: u64,
    /// Told at the same time, with something else in it.
    pub changed: u64,
    /// The differences by time, receiver and incident.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

/// What is told again and what is told anew are two streams; what opens for one is an update for others.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Kind {
    News,
    Flapping,
    Escalated,
    Reminder,
    Resolved,
    Info,
    Acknowledged,
    Unacknowledged,
}

type Stream<'a> = (&'a str, &'a str, Channel, Kind);

impl Mention {
    /// The mentions of a notification.
    #[must_use]
    pub fn of(told: &Told) -> Vec<Self> {
        let notification = &told.notification;
        let named = u32::try_from(notification.alerts.len()).unwrap_or(u32::MAX);
        let incidents = std::iter::once(&notification.incident).chain(&notification.incidents);
        incidents
            .flat_map(|incident| {
                notification.deliveries.iter().map(move |delivery| Self {
                    receiver: notification.receiver.clone(),
                    channel: delivery.channel,
                    incident: incident.key.clone(),
                    title: incident.title.as_str().into(),
                    said: Said {
                        at: told.at,
                        event: notification.event,
                        priority: incident.priority,
                        step: notification.step.as_ref().map(|step| step.step),
                        alerts: named.saturating_add(notification.alerts_omitted),
                    },
                })
            })
            .collect()
    }

    fn stream(&self) -> Stream<'_> {
        let kind = match self.said.event {
            NotificationEvent::Opened | NotificationEvent::Updated => Kind::News,
            NotificationEvent::Resolved => Kind::Resolved,
            NotificationEvent::Info => Kind::Info,
            NotificationEvent::Escalated => Kind::Escalated,
            NotificationEvent::Reminder => Kind::Reminder,
            NotificationEvent::Flapping => Kind::Flapping,
            NotificationEvent::Acknowledged => Kind::Acknowledged,
            NotificationEvent::Unacknowledged => Kind::Unacknowledged,
        };
        (&self.incident, &self.receiver, self.channel, kind)
    }
}

impl Comparison {
    /// Compares what is told under A with what is told under B; each in the order of time.
    #[must_use]
    pub fn of(a: &[Mention], b: &[Mention]) -> Self {
        let mut streams: BTreeMap<Stream<'_>, [Vec<&Mention>; 2]> = BTreeMap::new();
        for (side, mentions) in [a, b].into_iter().enumerate() {
            for mention in mentions {
                let both = streams.entry(mention.stream()).or_default();
                if let Some(list) = both.get_mut(side) {
                    list.push(mention);
                }
            }
        }
        let mut comparison = Self::default();
        let mut changes = Vec::new();
        for [a, b] in streams.into_values() {
            for (a, b) in paired(&a, &b) {
                changes.extend(comparison.count(a, b));
            }
        }
        changes.sort_by(|x: &Change, y| {
            let key = |c: &Change| (c.at, c.difference);
            (key(x), &x.receiver, &x.incident, &x.channels).cmp(&(
                key(y),
                &y.receiver,
                &y.incident,
                &y.channels,
            ))
        });
        // What holds of several channels is said once.
        changes.dedup_by(|next, kept| {
            let alike = next.receiver == kept.receiver
                && next.incident == kept.incident
                && next.difference == kept.difference
                && (&next.a, &next.b) == (&kept.a, &kept.b);
            if alike {
                kept.channels.append(&mut next.channels);
            }
            alike
        });
        comparison.changes = changes;
        comparison
    }

    /// Whether nobody notices a difference.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.changes.is_empty()
    }

    fn count(&mut self, a: Option<&Mention>, b: Option<&Mention>) -> Option<Change> {
        let either = a.or(b)?;
        let (a, b) = (a.map(|a| &a.said), b.map(|b| &b.said));
        let (way, counter) = match (a, b) {
            (Some(_), None) => (Way::OnlyInA, &mut self.only_in_a),
            (None, _) => (Way::OnlyInB, &mut self.only_in_b),
            (Some(a), Some(b)) if b.at < a.at => (Way::Earlier, &mut self.earlier),
            (Some(a), Some(b)) if b.at > a.at => (Way::Later, &mut self.later),
            (Some(a), Some(b)) if a != b => (Way::Changed, &mut self.changed),
            (Some(_), Some(_)) => {
                self.same += 1;
                return None;
            }
        };
        *counter += 1;
        let by = a
            .zip(b)
            .map(|(a, b)| b.at.duration_since(a.at).abs().as_secs_f64());
        Some(Change {
            at: a.into_iter().chain(b).map(|said| said.at).min()?,
            difference: way,
            receiver: either.receiver.clone(),
            incident: either.incident.clone(),
            channels: vec![either.channel],
            title: either.title.clone(),
            a: a.cloned(),
            b: b.cloned(),
            by_seconds: by.filter(|by| *by > 0.0),
        })
    }
}

/// Pairs two lists in the order of time, each with what is nearest.
fn paired<'m>(
    a: &[&'m Mention],
    b: &[&'m Mention],
) -> Vec<(Option<&'m Mention>, Option<&'m Mention>)> {
    let apart = |x: &Mention, y: &Mention| x.said.at.duration_since(y.said.at).abs();
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let mut pairs = Vec::new();
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (None, None) => return pairs,
            (Some(_), None) => pairs.push((a.next(), None)),
            (None, Some(_)) => pairs.push((None, b.next())),
            (Some(x), Some(y)) => {
                let gap = apart(x, y);
                let mut next = if x.said.at <= y.said.at {
                    a.clone()
                } else {
                    b.clone()
                };
                let later = next.nth(1);
                // The one that comes first stays alone when its successor is nearer to the other.
                let other = if x.said.at <= y.said.at { y } else { x };
                let alone = gap > APART || later.is_some_and(|later| apart(later, other) < gap);
                match (alone, x.said.at <= y.said.at) {
                    (false, _) => pairs.push((a.next(), b.next())),
                    (true, true) => pairs.push((a.next(), None)),
                    (true, false) => pairs.push((None, b.next())),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Comparison, Mention, Said, Way};
    use incident::NotificationEvent;
    use jiff::Timestamp;
    use settings::{Channel, Priority};

    fn mention(receiver: &str, channel: Channel, at: i64, event: NotificationEvent) -> Mention {
        Mention {
            receiver: receiver.into(),
            channel,
            incident: "payments/errors".into(),
            title: "payments fail".into(),
            said: Said {
                at: Timestamp::from_second(at).unwrap(),
                event,
                priority: Priority::P1,
                step: None,
                alerts: 1,
            },
        }
    }

    fn opened(at: i64) -> Mention {
        mention("team", Channel::Email, at, NotificationEvent::Opened)
    }

    fn ways(comparison: &Comparison) -> Vec<(Way, Option<f64>)> {
        let both = |change: &Change| (change.difference, change.by_seconds);
        comparison.changes.iter().map(both).collect()
    }

    #[test]
    fn what_is_told_alike_is_no_difference() {
        let comparison = Comparison::of(&[opened(0), opened(60)], &[opened(0), opened(60)]);
        assert!(comparison.is_equal());
        assert_eq!(comparison.same, 2);
    }

    #[test]
    fn what_comes_later_is_later_and_an_update_is_news_like_an_opening() {
        let mut b = opened(90);
        b.said.event = NotificationEvent::Updated;
        let comparison = Comparison::of(&[opened(0)], &[b]);
        assert_eq!(ways(&comparison), [(Way::Later, Some(90.0))]);
    }

    #[test]
    fn the_nearest_are_paired_and_the_rest_stands_alone() {
        let a = [opened(0), opened(3_600), opened(7_200)];
        let comparison = Comparison::of(&a, &[opened(3_590)]);
        assert_eq!(
            ways(&comparison),
            [
                (Way::OnlyInA, None),
                (Way::Earlier, Some(10.0)),
                (Way::OnlyInA, None)
            ]
        );
    }

    #[test]
    fn another_day_is_other_news() {
        let comparison = Comparison::of(&[opened(0)], &[opened(100_000)]);
        assert_eq!(
            ways(&comparison),
            [(Way::OnlyInA, None), (Way::OnlyInB, None)]
        );
    }

    #[test]
    fn channels_that_differ_alike_are_one_row() {
        let news = NotificationEvent::Opened;
        let a = [
            mention("team", Channel::Email, 0, news),
            mention("team", Channel::Slack, 0, news),
            mention("team", Channel::Sms, 0, news),
        ];
        let b = [mention("team", Channel::Sms, 0, news)];
        let comparison = Comparison::of(&a, &b);
        assert_eq!((comparison.same, comparison.only_in_a), (1, 2));
        let channels: Vec<_> = comparison
            .changes
            .iter()
            .map(|c| c.channels.clone())
            .collect();
        assert_eq!(channels, [[Channel::Email, Channel::Slack]]);
    }

    #[test]
    fn the_same_time_with_another_priority_is_a_change() {
        let mut b = opened(0);
        b.said.priority = Priority::P3;
        assert_eq!(
            ways(&Comparison::of(&[opened(0)], &[b])),
            [(Way::Changed, None)]
        );
    }
}
