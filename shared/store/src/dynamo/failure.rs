//! What an error of the client means for the caller.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use crate::error::{Cause, StoreError};

/// Codes that mean "too much at once".
const THROTTLED: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "TooManyRequestsException",
];

/// Codes that mean "not just now" although their HTTP status blames the request.
const PASSING: [&str; 4] = [
    "TransactionConflictException",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",
    "RequestTimeout",
];

/// What a cancelled transaction says of an item that was all right.
const NO_REASON: &str = "None";

/// Sorts an error of an operation whose conditions were dealt with before.
pub(super) fn failure<E>(operation: &'static str, error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match &error {
        // The request never became one: the same settings give the same error.
        SdkError::ConstructionFailure(_) => refused(operation, "ConstructionFailure", error),
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let code = context.err().code().unwrap_or("Unknown").to_owned();
            by_code(operation, code, status, said(error))
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            unavailable(operation, error)
        }
        _ => unavailable(operation, error),
    }
}

/// What the service said, without the layer that only says that it was the service.
fn said<E>(error: SdkError<E>) -> Cause
where
    E: Error + Send + Sync + 'static,
{
    // Whatever is no answer of the service tells its own story; here there is none.
    error.into_source().unwrap_or_else(|error| Box::new(error))
}

fn by_code(operation: &'static str, code: String, status: u16, source: Cause) -> StoreError {
    if THROTTLED.contains(&code.as_str()) || status == 429 {
        StoreError::Throttled {
            operation,
            source: Some(source),
        }
    } else if PASSING.contains(&code.as_str()) || status >= 500 {
        StoreError::Unavailable { operation, source }
    } else {
        StoreError::Refused {
            operation,
            code,
            source,
        }
    }
}

fn unavailable(operation: &'static str, source: impl Into<Cause>) -> StoreError {
    StoreError::Unavailable {
        operation,
        source: source.into(),
    }
}

/// A request that cannot even be written.
pub(super) fn refused(operation: &'static str, code: &str, source: impl Into<Cause>) -> StoreError {
    StoreError::Refused {
        operation,
        code: code.to_owned(),
        source: source.into(),
    }
}

/// Why a transaction did not take place.
pub(super) enum Cancelled {
    /// Somebody else was first, or is at it; with the place of the item in the transaction.
    Conflict(usize),
    /// Something else.
    Failed(StoreError),
}

/// Sorts the reasons for which a transaction was cancelled: it names one for each item.
pub(super) fn cancelled(
    operation: &'static str,
    error: SdkError<TransactWriteItemsError>,
) -> Cancelled {
    let codes: Vec<String> = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled
            .cancellation_reasons()
            .iter()
            .map(|reason| reason.code().unwrap_or(NO_REASON).to_owned())
            .collect(),
        Some(_) | None => return Cancelled::Failed(failure(operation, error)),
    };
    verdict(operation, &codes, said(error))
}

fn verdict(operation: &'static str, codes: &[String], source: Cause) -> Cancelled {
    let place = |wanted: &str| codes.iter().position(|code| code == wanted);
    let is = |wanted: &str| place(wanted).is_some();
    // The decision is out of date whatever else went wrong.
    if let Some(at) = place("ConditionalCheckFailed").or_else(|| place("TransactionConflict")) {
        return Cancelled::Conflict(at);
    }
    Cancelled::Failed(
        if is("ThrottlingError") || is("ProvisionedThroughputExceeded") {
            StoreError::Throttled {
                operation,
                source: Some(source),
            }
        } else {
            StoreError::Refused {
                operation,
                code: why(codes).unwrap_or("Cancelled").to_owned(),
                source,
            }
        },
    )
}

/// The first item that was not all right.
fn why(codes: &[String]) -> Option<&str> {
    let mut codes = codes.iter().map(String::as_str);
    codes.find(|code| *code != NO_REASON)
}

#[cfg(test)]
mod tests {
    use lambda_support::error::{Retry, Retryable};
    use test_case::test_case;

    use super::*;

    #[test_case("ThrottlingException", 400, Retry::Retryable, "throttles")]
    #[test_case(
        "ProvisionedThroughputExceededException",
        400,
        Retry::Retryable,
        "throttles"
    )]
    #[test_case("Unknown", 429, Retry::Retryable, "throttles")]
    #[test_case("InternalServerError", 500, Retry::Retryable, "did not answer")]
    #[test_case("Unknown", 503, Retry::Retryable, "did not answer")]
    #[test_case(
        "TransactionConflictException",
        400,
        Retry::Retryable,
        "did not answer"
    )]
    #[test_case("ValidationException", 400, Retry::Permanent, "refuses")]
    #[test_case("AccessDeniedException", 400, Retry::Permanent, "refuses")]
    #[test_case("ResourceNotFoundException", 400, Retry::Permanent, "refuses")]
    fn errors_are_told_apart(code: &str, status: u16, retry: Retry, text: &str) {
        let error = by_code("GetItem", code.to_owned(), status, "why".into());
        assert_eq!(error.retry(), retry);
        assert!(error.to_string().contains(text), "{error}");
        assert!(
            !error.to_string().contains("why"),
            "the source speaks for itself"
        );
        assert_eq!(
            error.source().map(ToString::to_string),
            Some("why".to_owned())
        );
    }

    #[test_case(&["ConditionalCheckFailed"], None; "an outdated version")]
    #[test_case(&["TransactionConflict"], None; "another transaction at work")]
    #[test_case(&["ThrottlingError", "ConditionalCheckFailed"], None; "outdated and throttled")]
    #[test_case(&["ThrottlingError"], Some(Retry::Retryable); "throttled")]
    #[test_case(&["ValidationError"], Some(Retry::Permanent); "malformed")]
    #[test_case(&[], Some(Retry::Permanent); "no reason given")]
    fn a_cancelled_transaction_says_why(codes: &[&str], expected: Option<Retry>) {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        let retry = match verdict("TransactWriteItems", &codes, "why".into()) {
            Cancelled::Conflict(_) => None,
            Cancelled::Failed(error) => Some(error.retry()),
        };
        assert_eq!(retry, expected);
    }

    #[test_case(&["None", "ConditionalCheckFailed"], "1")]
    #[test_case(&["TransactionConflict", "None", "ConditionalCheckFailed"], "2")]
    #[test_case(&["None", "TransactionConflict"], "1")]
    #[test_case(&["None", "ValidationError"], "ValidationError")]
    fn the_item_is_named_for_which_a_transaction_was_cancelled(codes: &[&str], expected: &str) {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        let named = match verdict("TransactWriteItems", &codes, "why".into()) {
            Cancelled::Conflict(at) => at.to_string(),
            Cancelled::Failed(StoreError::Refused { code, .. }) => code,
            Cancelled::Failed(error) => error.to_string(),
        };
        assert_eq!(named, expected);
    }
}
