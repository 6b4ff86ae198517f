//! Taking out what was given or learned.

use crate::document::Document;
use crate::gateway::Gateway;
use crate::store::StoreError;
use actix_web::http::StatusCode;
use chassis::ApiError;
use wire::knowledge::{DocumentSource, Withdrawn};
use wire::problem::code;

/// Why nothing was taken out.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// Nothing of this id is known.
    #[error("no document has the id {0:?}")]
    Unknown(String),
    /// It is a file.
    #[error("{0:?} stands in the service's own folder: remove the file there, then seed the folder again")]
    Folders(String),
    /// Others have their cure from it.
    #[error("{id:?} holds the cure of {others}: remove that first", others = others.join(", "))]
    Shared {
        /// It.
        id: String,
        /// Who.
        others: Vec<String>,
    },
    /// It was not kept.
    #[error(transparent)]
    NotKept(#[from] StoreError),
}

impl ApiError for WithdrawError {
    fn status(&self) -> StatusCode {
        match self {
            WithdrawError::Unknown(_) => StatusCode::NOT_FOUND,
            WithdrawError::Folders(_) | WithdrawError::Shared { .. } => StatusCode::CONFLICT,
            WithdrawError::NotKept(error) => error.status(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            WithdrawError::Unknown(_) => code::NOT_FOUND,
            WithdrawError::Folders(_) => "in_the_folder",
            WithdrawError::Shared { .. } => "cure_is_shared",
            WithdrawError::NotKept(error) => error.code(),
        }
    }
}

impl Gateway {
    /// Takes a document out that was given or learned: from now on, and in every replica, nothing of it is found or tried.
    ///
    /// # Errors
    /// See [`WithdrawError`]; then nothing has changed.
    pub async fn withdraw(&self, id: &str) -> Result<Withdrawn, WithdrawError> {
        self.refresh().await?;
        let unknown = || WithdrawError::Unknown(id.to_owned());
        let source = self.read().index.document(id).map(|document| document.source).ok_or_else(unknown)?;
        let now = self.clock.now();
        let was_there = match source {
            DocumentSource::Folder => return Err(WithdrawError::Folders(id.to_owned())),
            DocumentSource::Given => {
                let others = self.read().sharing(id);
                if !others.is_empty() {
                    return Err(WithdrawError::Shared { id: id.to_owned(), others });
                }
                self.store.withdraw_given(id.to_owned(), now).await?
            }
            DocumentSource::Learned => {
                let incident = Document::incident_of(id).ok_or_else(unknown)?;
                self.store.withdraw_lesson(incident, now).await?
            }
        };
        self.refresh().await?;
        // Another replica was faster.
        if !was_there {
            return Err(unknown());
        }
        tracing::info!(document = id, ?source, "withdrawn");
        Ok(Withdrawn { document: id.to_owned(), source })
    }
}
