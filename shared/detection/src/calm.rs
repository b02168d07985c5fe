//! When an attack is over.

use settings::Detector;

use crate::Config;
use crate::config::seconds;
use crate::track::Track;

/// When it is over if nothing more comes, in seconds; nothing when it does not fire.
pub(crate) fn over_at(track: &Track, config: &Config) -> Option<u32> {
    let firing = track.firing?;
    let calm = match track.detector() {
        Some(detector) if is_moment(detector) => seconds(config.policy.hold),
        Some(detector) if firing.slow => {
            // Who is slow is quiet for long times in between.
            let slow = config.spec(detector).and_then(|spec| spec.slow);
            slow.map_or(0, |count| count.window / 6)
        }
        Some(_) | None => 0,
    };
    Some(
        track
            .last
            .saturating_add(calm.max(seconds(config.policy.calm))),
    )
}

/// Whether it is a suspicion about one moment.
pub(crate) const fn is_moment(detector: Detector) -> bool {
    matches!(
        detector,
        Detector::AccountTakeover | Detector::ImpossibleTravel
    )
}
