//! Why the store did not do it, and what its callers are told.

use actix_web::http::StatusCode;
use chassis::ApiError;
use database::DbError;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use wire::handover::HandoverId;
use wire::problem::code;
use wire::{Digest, IncidentId, Position};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("{0}")]
    Invalid(String),
    #[error("{message}")]
    NotInCatalogue { code: &'static str, message: String },
    #[error("there is no hand-over {0} of yours: ids are answered when a call is handed over, and kept for a day")]
    NoHandover(HandoverId),
    #[error("the key {0:?} was used for another call: use a new key")]
    HandoverConflict(String),
    #[error("{open} hand-overs {whose} are open, which is as many as there may be: come again when one is answered")]
    TooManyHandovers { open: i64, whose: &'static str },
    #[error("there is no incident {0}")]
    NoIncident(IncidentId),
    #[error("the key {0:?} was used for another event of this incident: use a new key")]
    KeyConflict(String),
    #[error("the journal ends at position {0}: read it again before you append")]
    PositionConflict(Position),
    #[error("the journal does not take this: {0}")]
    Refused(wire::apply::Refused),
    #[error("the lease is over, or a newer one was granted: ask for a new one")]
    FenceStale,
    #[error("a reset has begun a newer epoch: this incident's recovery is over")]
    EpochStale,
    #[error("the schema is not there yet")]
    NotReady,
    #[error("the database did not answer within the limit")]
    TooSlow,
    #[error("the database is too busy to do this now")]
    Busy(#[source] DieselError),
    #[error("another transaction was faster")]
    Race(#[source] DieselError),
    #[error("the database did not do it")]
    Database(#[source] DbError),
    #[error("a value does not have the form that it is kept in")]
    Form(#[source] serde_json::Error),
    #[error("the event {0} has no valid hash")]
    Hash(i64),
    #[error("the service is stopping")]
    Stopping,
    #[error("another change waits for approval: {waiting}; asked for was {asked}: read it and approve that one")]
    AnotherChange { asked: Digest, waiting: Digest },
    #[error("the time to approve this is over")]
    ApprovalExpired,
    #[error("{0}")]
    NoSession(&'static str),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("there are as many clients as there may be")]
    TooManyClients,
}

impl StoreError {
    /// Whether the same transaction, begun again, meets what the faster one left behind.
    pub(crate) fn is_race(&self) -> bool {
        matches!(self, StoreError::Race(_))
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Query(source) => source.into(),
            other => StoreError::Database(other),
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        use DatabaseErrorKind::{ReadOnlyTransaction, SerializationFailure, UniqueViolation, Unknown};
        match &error {
            DieselError::DatabaseError(UniqueViolation | SerializationFailure, _) => StoreError::Race(error),
            DieselError::DatabaseError(ReadOnlyTransaction, _) => StoreError::Busy(error),
            DieselError::DatabaseError(Unknown, told) if may_pass(told.message()) => StoreError::Busy(error),
            _ => StoreError::Database(DbError::from(error)),
        }
    }
}

/// What diesel has no kind for is told by PostgreSQL's words only. In another language than English it counts as a
/// fault of ours: a 500 in place of a 503.
fn may_pass(message: &str) -> bool {
    const WORDS: [&str; 7] = [
        "canceling statement",
        "deadlock detected",
        "terminating connection",
        "the database system is",
        "connection slots",
        "too many",
        "no space left",
    ];
    let message = message.to_lowercase();
    WORDS.iter().any(|words| message.contains(words))
}

impl ApiError for StoreError {
    fn status(&self) -> StatusCode {
        match self {
            StoreError::Invalid(_) => StatusCode::BAD_REQUEST,
            StoreError::NotInCatalogue { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            StoreError::NoIncident(_) | StoreError::NoHandover(_) => StatusCode::NOT_FOUND,
            StoreError::TooManyHandovers { .. } => StatusCode::TOO_MANY_REQUESTS,
            StoreError::KeyConflict(_)
            | StoreError::HandoverConflict(_)
            | StoreError::PositionConflict(_)
            | StoreError::Refused(_)
            | StoreError::FenceStale
            | StoreError::AnotherChange { .. }
            | StoreError::ApprovalExpired
            | StoreError::EpochStale => StatusCode::CONFLICT,
            StoreError::NoSession(_) => StatusCode::UNAUTHORIZED,
            StoreError::Forbidden(_) => StatusCode::FORBIDDEN,
            StoreError::NotReady
            | StoreError::Stopping
            | StoreError::TooSlow
            | StoreError::TooManyClients
            | StoreError::Busy(_)
            | StoreError::Race(_) => StatusCode::SERVICE_UNAVAILABLE,
            StoreError::Database(error) => error.status(),
            StoreError::Form(_) | StoreError::Hash(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            StoreError::Invalid(_) => code::BAD_REQUEST,
            StoreError::NotInCatalogue { code, .. } => code,
            StoreError::NoIncident(_) | StoreError::NoHandover(_) => code::NOT_FOUND,
            StoreError::TooManyHandovers { .. } => code::TOO_MANY,
            StoreError::KeyConflict(_) | StoreError::HandoverConflict(_) => code::KEY_CONFLICT,
            StoreError::PositionConflict(_) => code::POSITION_CONFLICT,
            StoreError::Refused(_) => code::TRANSITION_REFUSED,
            StoreError::FenceStale => code::FENCE_STALE,
            StoreError::EpochStale => code::EPOCH_STALE,
            StoreError::NotReady
            | StoreError::Stopping
            | StoreError::TooSlow
            | StoreError::TooManyClients
            | StoreError::Busy(_)
            | StoreError::Race(_) => code::UNAVAILABLE,
            StoreError::AnotherChange { .. } => "digest_mismatch",
            StoreError::ApprovalExpired => "approval_expired",
            StoreError::NoSession(_) => code::UNAUTHENTICATED,
            StoreError::Forbidden(_) => code::FORBIDDEN,
            StoreError::Database(error) => error.code(),
            StoreError::Form(_) | StoreError::Hash(_) => code::INTERNAL,
        }
    }
}
