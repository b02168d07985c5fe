//! The answers of SES and SNS.

use super::{Cause, Failure, Outcome, Situation, TransportFault};
use crate::text;

/// What an AWS service or the way to it said instead of yes.
#[derive(Clone, Copy, Debug)]
pub enum AwsFault<'a> {
    /// The service answered with an error.
    Service {
        /// The error's code, such as `MessageRejected`.
        code: &'a str,
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: &'a str,
    },
    /// No answer came.
    Nothing(TransportFault),
    /// The request could not be made: it is faulty, or there are no credentials.
    Unsent(&'a str),
}

/// What the fault means.
#[must_use]
pub fn judge_aws(fault: AwsFault<'_>, situation: &Situation) -> Outcome {
    match fault {
        AwsFault::Nothing(TransportFault::TimedOut) => {
            situation.retry(Cause::TimedOut, None, "no answer in time")
        }
        AwsFault::Nothing(TransportFault::Unreachable) => situation.retry(
            Cause::Unreachable,
            None,
            "no connection, or it was closed early",
        ),
        AwsFault::Unsent(why) => {
            situation.retry(Cause::Configuration, None, text::clipped_line(why, 300))
        }
        AwsFault::Service {
            code,
            status,
            message,
        } => {
            let detail = text::clipped_line(&format!("status {status}: {code}: {message}"), 300);
            match class(code, status) {
                Class::TooFast => situation.retry(Cause::RateLimited, Some(status), detail),
                Class::Broken => situation.retry(Cause::ServerError, Some(status), detail),
                // Rights and quotas are repaired by people within minutes; the message can wait.
                Class::NotAllowed => situation.retry(Cause::Unauthorized, Some(status), detail),
                Class::Refused => {
                    Outcome::Permanent(Failure::new(Cause::Rejected, Some(status), detail))
                }
            }
        }
    }
}

enum Class {
    TooFast,
    Broken,
    NotAllowed,
    Refused,
}

fn class(code: &str, status: u16) -> Class {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "LimitExceededException"
        | "RequestLimitExceeded"
        | "Throttled" => Class::TooFast,
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SendingPausedException"
        | "AccountSuspendedException"
        | "KMSAccessDeniedException" => Class::NotAllowed,
        _ if status == 429 => Class::TooFast,
        _ if status == 408 || status >= 500 => Class::Broken,
        _ => Class::Refused,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::outcome::Backoff;

    fn service(code: &'static str, status: u16) -> AwsFault<'static> {
        AwsFault::Service {
            code,
            status,
            message: "words",
        }
    }

    #[test_case(service("MessageRejected", 400), Cause::Rejected, false)]
    #[test_case(service("InvalidParameter", 400), Cause::Rejected, false)]
    #[test_case(service("MailFromDomainNotVerifiedException", 400), Cause::Rejected, false; "a domain that is not verified")]
    #[test_case(service("UserError", 400), Cause::Rejected, false; "a number that is not verified in the sandbox")]
    #[test_case(service("OptedOut", 400), Cause::Rejected, false; "a number that has opted out")]
    #[test_case(service("ThrottlingException", 400), Cause::RateLimited, true; "a throttle with status 400")]
    #[test_case(service("TooManyRequestsException", 429), Cause::RateLimited, true)]
    #[test_case(service("Unknown", 429), Cause::RateLimited, true)]
    #[test_case(service("InternalFailure", 500), Cause::ServerError, true)]
    #[test_case(service("AccessDenied", 403), Cause::Unauthorized, true)]
    #[test_case(AwsFault::Nothing(TransportFault::TimedOut), Cause::TimedOut, true)]
    #[test_case(
        AwsFault::Nothing(TransportFault::Unreachable),
        Cause::Unreachable,
        true
    )]
    #[test_case(AwsFault::Unsent("no credentials"), Cause::Configuration, true)]
    fn faults_are_retried_unless_the_message_is_refused(
        fault: AwsFault<'_>,
        cause: Cause,
        again: bool,
    ) {
        let situation = Situation {
            now: jiff::Timestamp::UNIX_EPOCH,
            attempt: 1,
            random: u64::MAX,
            backoff: Backoff::default(),
        };
        match judge_aws(fault, &situation) {
            Outcome::Retry { failure, .. } => assert!(again && failure.cause == cause, "{failure}"),
            Outcome::Permanent(failure) => assert!(!again && failure.cause == cause, "{failure}"),
            Outcome::Delivered { .. } => panic!("a fault is no delivery"),
        }
    }
}
