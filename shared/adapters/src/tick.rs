//! The schedule's tick: a message that comes each minute by the same way as others.

use std::borrow::Cow;

use serde::Deserialize;

/// Whether a message is the schedule's tick.
#[must_use]
pub fn is_tick(body: &str) -> bool {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        source: Cow<'a, str>,
        #[serde(borrow, rename = "detail-type")]
        detail_type: Cow<'a, str>,
    }
    // Few messages are ticks: most are dismissed without being parsed.
    body.contains("tocsin.schedule")
        && serde_json::from_str::<Head<'_>>(body)
            .is_ok_and(|head| head.source == "tocsin.schedule" && head.detail_type == "Tick")
}

#[cfg(test)]
mod tests {
    use super::is_tick;

    #[test]
    fn only_our_own_tick_is_one() {
        assert!(is_tick(
            r#"{"source":"tocsin.schedule","detail-type":"Tick"}"#
        ));
        assert!(!is_tick(
            r#"{"source":"tocsin.schedule","detail-type":"Tock"}"#
        ));
        assert!(!is_tick(r#"{"source":"aws.health","detail-type":"Tick"}"#));
        assert!(!is_tick("tocsin.schedule Tick"));
    }
}
