//! What a group has goes to the groups that it belongs to by now.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::arrive::groups_of;
use super::super::{RecordName, World};
use super::leaving::{Heir, Leaving};
use super::marks::told;
use crate::arrival::SuppressionReason;
use crate::decide::News;
use crate::group::Snapshot;
use crate::key::{GroupKey, IncidentKey};
use crate::policy::signed;
use crate::span::Span;
use crate::state::TrackedAlert;
use crate::subject::Subject;

impl World {
    /// Hands an alert over to the groups that it belongs to. What it leaves behind are those who know it
    /// by the group's name, and those for whom the others have no room: these the group tells of the end.
    pub(super) fn hand_over(
        &mut self,
        from: &GroupKey,
        leaving: &Leaving,
        touched: &mut BTreeSet<GroupKey>,
        now: Timestamp,
    ) {
        let policy = Arc::clone(&self.policy);
        let alert = &leaving.alert;
        let over = alert.span.is_over(now);
        let knows = told(alert) & leaving.reachable;
        let flaps = alert.flap_untold || alert.flapping_until.is_some_and(|until| now < until);
        let (heirs, mut stays) = if over && !flaps && knows & !leaving.kept == 0 {
            let reason = if knows != 0 {
                SuppressionReason::Superseded
            } else if told(alert) == 0 {
                SuppressionReason::ResolvedBeforeTold
            } else {
                // Those who know that it fires are no receivers any more.
                SuppressionReason::NoChannel
            };
            self.settle_pending(from, alert.pending, reason);
            (Vec::new(), leaving.kept)
        } else {
            (leaving.heirs(&policy), leaving.kept)
        };
        for heir in &heirs {
            let group = self.known_group(&heir.key);
            let known = group.and_then(|group| group.alerts.get(&leaving.fingerprint));
            // A group that has it as one of its own knows the newest anyway.
            if known.is_none_or(|known| known.left && !over) {
                let (key, labels) = (heir.key.clone(), heir.labels.clone());
                self.put(heir.route, key, labels, leaving.snapshot(), now, touched);
            }
            touched.insert(heir.key.clone());
            let room = self.inherit(heir, leaving, now);
            if !room {
                stays |= heir.targets;
            }
            if heir.is_first && room {
                let moved = u64::from(alert.pending);
                if let Some(group) = self.groups.get_mut(from) {
                    group.counters.received = group.counters.received.saturating_sub(moved);
                }
            } else if heir.is_first {
                self.settle_pending(from, alert.pending, SuppressionReason::GroupFull);
            }
        }
        let rest = leaving.rest(stays, now);
        self.note_groups(from, leaving, rest.is_some(), &heirs);
        if let (Some(rest), Some(group)) = (rest, self.groups.get_mut(from)) {
            group.alerts.insert(leaving.fingerprint, rest);
        }
    }

    /// Hands on something that merely happened and was not told yet; whether there was any.
    pub(super) fn hand_on_info(
        &mut self,
        from: &GroupKey,
        touched: &mut BTreeSet<GroupKey>,
        now: Timestamp,
    ) -> bool {
        let policy = Arc::clone(&self.policy);
        let group = self.groups.get_mut(from);
        let Some(group) = group.filter(|group| !group.infos.is_empty()) else {
            return false;
        };
        let info = group.infos.remove(0);
        let subject = Subject::remembered(&info.summary, &info.service);
        let Ok(incident) = IncidentKey::try_new(&info.incident.key) else {
            self.settle_pending(from, 1, SuppressionReason::NoChannel);
            return true;
        };
        for (at, (route, (key, labels))) in groups_of(&policy, &subject).into_iter().enumerate() {
            let id = info.incident.id.clone();
            let snapshot = Snapshot {
                fingerprint: info.summary.fingerprint,
                summary: info.summary.clone(),
                service: info.service.clone(),
                span: Span::from(info.summary.starts_at),
                news: News::Reported,
                // The first one takes over what is in the books already.
                counted: at > 0,
                incident: Some((id, incident.clone(), info.incident.clone())),
                flapping_until: None,
                left: false,
            };
            self.put(route, key.clone(), labels, snapshot, now, touched);
            if at == 0 {
                for (key, more) in [(&key, true), (from, false)] {
                    if let Some(group) = self.groups.get_mut(key) {
                        let received = &mut group.counters.received;
                        *received = if more {
                            *received + 1
                        } else {
                            received.saturating_sub(1)
                        };
                    }
                }
            }
        }
        true
    }

    /// Says of arrivals what became of them in a group that can tell nobody.
    fn settle_pending(&mut self, key: &GroupKey, pending: u32, reason: SuppressionReason) {
        if let Some(group) = self.groups.get_mut(key)
            && pending > 0
        {
            group.counters.suppress(reason, pending);
            *self.effects.suppressed.entry(reason).or_default() += u64::from(pending);
        }
    }

    /// Lets an alert's incident know which groups have it.
    fn note_groups(&mut self, from: &GroupKey, leaving: &Leaving, stays: bool, heirs: &[Heir<'_>]) {
        let Some((_, incident)) = leaving.incident() else {
            return;
        };
        let name = RecordName::Incident(incident.key.clone());
        self.facts.note(&name);
        let Some(state) = self.facts.incidents.get_mut(&incident.key) else {
            return;
        };
        let fires = state.alerts.get(&leaving.fingerprint);
        let fires = fires.is_some_and(TrackedAlert::is_firing);
        let Some(groups) = state.alerts.groups_mut(leaving.fingerprint) else {
            return;
        };
        let mut changed = !(stays && fires) && groups.remove(from);
        for heir in heirs.iter().filter(|_| fires) {
            changed |= groups.insert(heir.key.clone());
        }
        if let Some(episode) = &mut state.episode
            && episode.is_open()
        {
            let intervals = heirs.iter().map(|heir| signed(heir.route.group_interval));
            let longest = intervals.max().unwrap_or_default().as_millis();
            let longest = i64::try_from(longest).unwrap_or(i64::MAX);
            changed |= longest > episode.settling_ms;
            episode.settling_ms = episode.settling_ms.max(longest);
        }
        if changed && self.dirty.insert(name) {
            state.version += 1;
        }
    }
}
