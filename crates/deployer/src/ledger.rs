//! What a restart needs: the authority that was seen, what runs, every instance, every roll-out. Each change of state is
//! one transaction.

mod callbacks;
mod instances;
mod rollouts;
mod schema;
mod targets;

pub(crate) use callbacks::{Kept, Word};
pub(crate) use rollouts::Change;
pub(crate) use targets::{LiveCommit, LiveNow};

use actix_web::http::StatusCode;
use chassis::ApiError;
use database::{Db, DbError};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The schema.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/deployer");

/// Why the table did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error("the table of roll-outs does not answer")]
    Database(#[from] DbError),
    /// A row that this version cannot read.
    #[error("the table of roll-outs holds {what} in another form")]
    Form { what: &'static str },
}

impl From<diesel::result::Error> for LedgerError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl ApiError for LedgerError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Database(error) => error.status(),
            Self::Form { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::Form { .. } => wire::problem::code::INTERNAL,
        }
    }
}

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    db: Db,
}

impl Ledger {
    /// Over a database.
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }
}
