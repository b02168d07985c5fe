//! Silences are made, end, and say so before.

use jiff::Timestamp;

use super::{RecordName, World};
use crate::ending;
use crate::policy::signed;
use crate::silence::{InvalidSilence, Silence};

impl World {
    /// Makes or replaces a silence.
    ///
    /// # Errors
    /// When it is faulty, too long, or would hold back everything.
    pub fn silence(&mut self, silence: Silence, now: Timestamp) -> Result<(), InvalidSilence> {
        self.facts.note(&RecordName::Silences);
        let limit = signed(self.policy.routing().max_silence);
        let id = silence.id.clone();
        self.facts.silences.put(silence, now, limit)?;
        self.silence_changed(&id);
        Ok(())
    }

    /// Ends a silence; whether there was one to end.
    pub fn unsilence(&mut self, id: &str, now: Timestamp) -> bool {
        self.facts.note(&RecordName::Silences);
        let ended = self.facts.silences.expire(id, now);
        if ended {
            self.silence_changed(id);
        }
        ended
    }

    /// The silences that end soon and of which nobody was told yet that they do.
    pub fn ending_silences(&mut self, now: Timestamp) -> Vec<Silence> {
        self.facts.note(&RecordName::Silences);
        let ending = self.facts.silences.warn(now);
        if !ending.is_empty() {
            self.silences_changed();
        }
        ending
    }

    /// Tells the receiver of the root route of silences that end soon; gives how many there are.
    pub fn warn_of_ending_silences(&mut self, now: Timestamp) -> usize {
        let ending = self.ending_silences(now);
        let version = self.facts.silences_version;
        let notices = ending
            .iter()
            .filter_map(|silence| ending::notice(silence, version, &self.policy, now));
        self.effects.notifications.extend(notices);
        ending.len()
    }

    fn silence_changed(&mut self, id: &str) {
        if let Some(silence) = self.facts.silences.get(id) {
            self.facts.silence_set.put(silence);
        }
        self.silences_changed();
    }

    fn silences_changed(&mut self) {
        if self.dirty.insert(RecordName::Silences) {
            self.facts.silences_version += 1;
        }
    }
}
