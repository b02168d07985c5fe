//! Why something was not done.

use incident::{ActError, IncidentId, InvalidSilence};
use jiff::Timestamp;
use lambda_support::error::{Retry, Retryable};
use store::StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// There is no such incident, or it is forgotten.
    #[error("there is no incident {0}")]
    Unknown(IncidentId),
    /// The episode is over.
    #[error("{id} is resolved since {resolved_at}: there is nothing to do about it any more")]
    Over {
        /// Which one.
        id: IncidentId,
        /// Since when.
        resolved_at: Timestamp,
    },
    /// What somebody wants to do is faulty.
    #[error(transparent)]
    Invalid(ActError),
    /// The silence that somebody wants is faulty.
    #[error(transparent)]
    InvalidSilence(#[from] InvalidSilence),
    /// There is no such silence, or it is over.
    #[error("there is no silence {0} that could be ended")]
    UnknownSilence(String),
    /// The receipt of the request is another one's: it was carried out before, or is just being.
    #[error("the request is carried out already, or by somebody else")]
    Repeated,
    /// The table does not do its part.
    #[error("the decision is not written")]
    Store(#[from] StoreError),
    /// What was decided is no JSON.
    #[error("the decision cannot be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// Each time something was loaded, the decision needed something else.
    #[error("the decision still needs other records after {0} rounds: try again later")]
    Restless(u32),
    /// What was decided does not fit into one transaction, and cannot be cut.
    #[error("the decision has {0} items and a transaction may have 100")]
    TooMuch(usize),
    /// There is no time left.
    #[error("the decision is not taken")]
    Late(#[from] crate::OutOfTime),
}

impl Retryable for EngineError {
    fn retry(&self) -> Retry {
        match self {
            Self::Store(error) => error.retry(),
            Self::Restless(_) | Self::Late(_) | Self::Repeated => Retry::Retryable,
            Self::Unknown(_)
            | Self::Over { .. }
            | Self::Invalid(_)
            | Self::InvalidSilence(_)
            | Self::UnknownSilence(_)
            | Self::Encode(_)
            | Self::TooMuch(_) => Retry::Permanent,
        }
    }
}

impl From<ActError> for EngineError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Unknown(id) => Self::Unknown(id),
            ActError::Over(id, resolved_at) => Self::Over { id, resolved_at },
            other @ (ActError::Text { .. } | ActError::Past { .. }) => Self::Invalid(other),
        }
    }
}
