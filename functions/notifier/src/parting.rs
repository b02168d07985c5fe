//! What became of the parts of a message, and so of the message: it is in the queue as a whole.

use jiff::SignedDuration;
use notification::outcome::{Cause, Failure, Outcome};

use crate::plan::Part;
use crate::ports::Sent;

/// What became of one part, or of all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// The channel has it.
    Sent,
    /// It need not be sent, for this reason.
    Needless(&'static str),
    /// Nothing was tried: it waits.
    Waits(SignedDuration),
    /// It may work later.
    Later {
        after: SignedDuration,
        failure: Failure,
    },
    /// It never works like this.
    Never(Failure),
}

impl End {
    pub(crate) fn of(sent: Sent) -> Self {
        match sent {
            Sent::Suppressed(reason) => Self::Needless(reason),
            Sent::Outcome(Outcome::Delivered { .. }) => Self::Sent,
            Sent::Outcome(Outcome::Retry { after, failure }) => Self::Later { after, failure },
            Sent::Outcome(Outcome::Permanent(failure)) => Self::Never(failure),
        }
    }

    /// How long the channel wants to hear nothing more from us.
    pub(crate) fn asks_for_a_pause(&self) -> Option<SignedDuration> {
        match self {
            Self::Later { after, failure } if failure.cause == Cause::RateLimited => Some(*after),
            Self::Later { .. }
            | Self::Sent
            | Self::Needless(_)
            | Self::Waits(_)
            | Self::Never(_) => None,
        }
    }
}

/// What becomes of a message with these parts. What can still work is waited for first, even if nothing
/// but waiting was done for it; then what cannot work is given up. What was sent is not sent again, since
/// each part is claimed by itself.
pub(crate) fn of_all(parts: &[Part<'_>], ends: Vec<End>) -> End {
    let count = parts.len();
    let place = |at: usize| parts.get(at).map_or(0, |part| part.integration);
    let of_all = |at: usize, failure: Failure| Failure {
        detail: match count {
            0 | 1 => failure.detail,
            _ => format!(
                "part {} of {count} (integration {}): {}",
                at + 1,
                place(at),
                failure.detail
            ),
        },
        ..failure
    };
    let pause = ends.iter().find_map(End::asks_for_a_pause);
    let soonest = |one: SignedDuration| pause.map_or(one, |pause| one.max(pause));
    let mut waits: Option<SignedDuration> = None;
    let mut later: Option<(SignedDuration, Failure)> = None;
    let mut never: Option<Failure> = None;
    let mut sent = false;
    let mut needless = None;
    for (at, end) in ends.into_iter().enumerate() {
        match end {
            End::Sent => sent = true,
            End::Needless(reason) => needless = needless.or(Some(reason)),
            End::Waits(after) => waits = Some(waits.map_or(after, |known| known.min(after))),
            End::Later { after, failure } => {
                let known = later.take();
                let after = known.as_ref().map_or(after, |(known, _)| after.min(*known));
                let failure = known.map_or_else(|| of_all(at, failure), |(_, failure)| failure);
                later = Some((after, failure));
            }
            End::Never(failure) => never = never.or_else(|| Some(of_all(at, failure))),
        }
    }
    match (waits, later, never) {
        // Somebody else may be at it: giving up now would give that up too.
        (Some(after), later, _) => {
            let after = later.map_or(after, |(later, _)| after.min(later));
            End::Waits(soonest(after))
        }
        (None, Some((after, failure)), _) => End::Later {
            after: soonest(after),
            failure,
        },
        (None, None, Some(failure)) => End::Never(failure),
        (None, None, None) if sent => End::Sent,
        (None, None, None) => End::Needless(needless.unwrap_or("not_addressed")),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::plan::{Says, Ticket};

    fn part() -> Part<'static> {
        Part {
            ticket: Ticket {
                stream: "s".to_owned(),
                sequence: 1,
                says: Says::State,
            },
            to: &[],
            nth: 0,
            integration: 4,
        }
    }

    fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    fn failure(cause: Cause) -> Failure {
        Failure::new(cause, None, "words")
    }

    fn later(after: i64, cause: Cause) -> End {
        End::Later {
            after: seconds(after),
            failure: failure(cause),
        }
    }

    fn never() -> End {
        End::Never(failure(Cause::Rejected))
    }

    #[test_case(vec![], "Needless(not_addressed)"; "no part")]
    #[test_case(vec![End::Sent], "Sent")]
    #[test_case(vec![End::Needless("superseded"), End::Sent], "Sent"; "one was needed")]
    #[test_case(vec![End::Needless("superseded"), End::Needless("x")], "Needless(superseded)"; "none was needed")]
    #[test_case(vec![End::Sent, never()], "Never(part 2 of 2 (integration 4): words)"; "one was refused")]
    #[test_case(vec![never(), later(4, Cause::TimedOut)], "Later(4, part 2 of 2 (integration 4): words)"; "what may work comes first")]
    #[test_case(vec![later(9, Cause::TimedOut), later(4, Cause::TimedOut)], "Later(4, part 1 of 2 (integration 4): words)"; "the shorter wait")]
    #[test_case(vec![later(4, Cause::TimedOut), later(30, Cause::RateLimited)], "Later(30, part 1 of 2 (integration 4): words)"; "but not before the pause is over")]
    #[test_case(vec![End::Waits(seconds(7)), later(4, Cause::TimedOut), never()], "Waits(4)"; "somebody else is at it")]
    #[test_case(vec![later(4, Cause::TimedOut)], "Later(4, words)"; "alone")]
    fn the_parts_make_the_message(ends: Vec<End>, expected: &str) {
        let parts = vec![part(); ends.len()];
        let shown = match of_all(&parts, ends) {
            End::Sent => "Sent".to_owned(),
            End::Needless(reason) => format!("Needless({reason})"),
            End::Waits(after) => format!("Waits({})", after.as_secs()),
            End::Later { after, failure } => {
                format!("Later({}, {})", after.as_secs(), failure.detail)
            }
            End::Never(failure) => format!("Never({})", failure.detail),
        };
        assert_eq!(shown, expected);
    }
}
