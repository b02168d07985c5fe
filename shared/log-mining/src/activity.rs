//! How often a pattern comes: its own history, and whether it comes far more often now.

use crate::template::TemplateId;

/// When a pattern counts as suddenly frequent.
///
/// Time is cut into windows of equal length. The level is the exponentially weighted mean of the counts of the closed
/// windows; a pattern is suddenly frequent when the count of the open window is at least `min_count`, more than
/// `factor` times the level (at least one), and more than four standard deviations of a Poisson count above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frequency {
    /// Length of a window in seconds.
    pub window_seconds: i64,
    /// Weight of the newest closed window.
    pub weight: f64,
    /// So many times the level is far above it.
    pub factor: f64,
    /// Fewer lines than this in a window are never too many.
    pub min_count: u64,
    /// So many closed windows make a history.
    pub min_windows: u32,
}

impl Default for Frequency {
    fn default() -> Self {
        Self {
            window_seconds: 300,
            weight: 1.0 / 12.0,
            factor: 5.0,
            min_count: 20,
            min_windows: 12,
        }
    }
}

impl Frequency {
    /// The window that a time (seconds since 1970) belongs to.
    pub(crate) fn window(&self, at: i64) -> i64 {
        at.div_euclid(self.window_seconds.max(1))
    }

    fn is_burst(&self, count: u64, level: f64, windows: u32) -> bool {
        windows >= self.min_windows
            && count >= self.min_count
            && count as f64 > self.threshold(level)
    }

    /// More than this in a window is too much.
    pub(crate) fn threshold(&self, level: f64) -> f64 {
        let far_above = self.factor * level.max(1.0);
        far_above.max(4.0_f64.mul_add(level.sqrt(), level))
    }

    /// Half of what begins a burst ends it, so that a count at the threshold does not flap.
    fn is_calm(&self, count: u64, level: f64) -> bool {
        let count_as_level = count as f64;
        count < self.min_count.div_ceil(2) || count_as_level <= self.factor * level.max(1.0) / 2.0
    }
}

/// What is remembered of how often a pattern came. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Activity {
    /// All lines.
    pub(crate) total: u64,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    /// Mean count of a window.
    pub(crate) level: f64,
    /// Closed windows since the first line.
    pub(crate) windows: u32,
    /// The open window.
    pub(crate) window: i64,
    /// Lines in the open window.
    pub(crate) in_window: u64,
    /// It is suddenly frequent, and was told by this identity.
    pub(crate) frequent: Option<TemplateId>,
    /// Lines that no store knows of yet, by window.
    pub(crate) fresh: Vec<(i64, u64)>,
}

/// So many windows are kept apart of what no store knows yet; of more, the oldest are counted into the next.
const MAX_FRESH: usize = 8;

impl Activity {
    pub(crate) fn new(at: i64, window: i64) -> Self {
        Self {
            total: 0,
            first_seen: at,
            last_seen: at,
            level: 0.0,
            windows: 0,
            window,
            in_window: 0,
            frequent: None,
            fresh: Vec::new(),
        }
    }

    /// Counts one line.
    #[inline]
    pub(crate) fn record(&mut self, at: i64, window: i64, rule: &Frequency) {
        self.last_seen = self.last_seen.max(at);
        self.first_seen = self.first_seen.min(at);
        match self.fresh.last_mut() {
            Some((last, count)) if *last == window => *count += 1,
            _ => self.remember(window, 1),
        }
        self.count(window, 1, rule);
    }

    /// Counts lines of one window.
    #[inline]
    pub(crate) fn count(&mut self, window: i64, lines: u64, rule: &Frequency) {
        if window > self.window {
            self.close_until(window, rule);
        }
        // A line that comes late counts for now: its own window is closed.
        self.in_window = self.in_window.saturating_add(lines);
        self.total = self.total.saturating_add(lines);
    }

    fn remember(&mut self, window: i64, lines: u64) {
        match self.fresh.iter_mut().find(|(known, _)| *known == window) {
            Some((_, count)) => *count = count.saturating_add(lines),
            None => self.fresh.push((window, lines)),
        }
        self.fresh.sort_unstable();
        if self.fresh.len() > MAX_FRESH {
            let (_, oldest) = self.fresh.remove(0);
            if let Some((_, next)) = self.fresh.first_mut() {
                *next = next.saturating_add(oldest);
            }
        }
    }

    /// Closes the windows before this one.
    pub(crate) fn close_until(&mut self, window: i64, rule: &Frequency) {
        let elapsed = window.saturating_sub(self.window);
        if elapsed <= 0 {
            return;
        }
        if self.frequent.is_some() && rule.is_calm(self.in_window, self.level) {
            self.frequent = None;
        }
        // Until there is a history the level is the plain mean. A burst counts for what is just not one, so that it
        // does not become the level at once; a change that lasts does.
        let weight = rule.weight.max(1.0 / (f64::from(self.windows) + 1.0));
        let count = self.in_window as f64;
        let counted = if self.windows >= rule.min_windows {
            count.min(rule.factor * self.level.max(1.0))
        } else {
            count
        };
        self.level += weight * (counted - self.level);
        self.windows = self.windows.saturating_add(1);
        let silent = i32::try_from(elapsed - 1).unwrap_or(i32::MAX);
        if silent > 0 {
            self.level *= (1.0 - rule.weight).powi(silent);
            self.windows = self.windows.saturating_add(silent.unsigned_abs());
            self.frequent = None;
        }
        self.window = window;
        self.in_window = 0;
    }

    /// Looks whether it has become suddenly frequent; then it is told by this identity until it is calm.
    pub(crate) fn judge(&mut self, id: TemplateId, rule: &Frequency) {
        if self.frequent.is_none() && rule.is_burst(self.in_window, self.level, self.windows) {
            self.frequent = Some(id);
        }
    }

    /// Takes over what was counted for a pattern that turned out to be part of this one.
    pub(crate) fn join(&mut self, mut other: Self, rule: &Frequency) {
        let window = self.window.max(other.window);
        self.close_until(window, rule);
        other.close_until(window, rule);
        self.total = self.total.saturating_add(other.total);
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.level += other.level;
        self.windows = self.windows.max(other.windows);
        self.in_window = self.in_window.saturating_add(other.in_window);
        self.frequent = self.frequent.or(other.frequent);
        for (window, lines) in other.fresh {
            self.remember(window, lines);
        }
    }
}
