//! What is done behind the answers: seeding, and giving documents their vectors.

use crate::backboard::Backboard;
use crate::document::Document;
use crate::gateway::{Gateway, WEIGHED};
use crate::knowledge::{self, KnowledgeError};
use crate::passages::passages_of;
use crate::retrieve::Query;
use crate::store::StoreError;
use actix_web::http::StatusCode;
use chassis::{ApiError, Stop};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use wire::Digest;
use wire::knowledge::{DocumentSource, SeedRequest, Seeded};
use wire::problem::code;

/// How many documents get their vectors at a time, so that the first are found by meaning soon.
const AT_A_TIME: usize = 16;
/// How many documents one seed may give.
const MAX_GIVEN: usize = 500;

/// When Backboard is looked at again though nothing new is known, and when it did not answer.
const AGAIN: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_secs(60);
/// When the database is asked again for what is known.
const DATABASE_AGAIN: Duration = Duration::from_secs(1);

/// How long the first vectors wait for the database; then they are made without it.
const DATABASE: Duration = Duration::from_secs(5);

/// Why nothing was seeded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A document is not right.
    #[error("{0}")]
    Invalid(String),
    /// The folder has the id.
    #[error("the service's own folder has another document with the id {0:?}: change it there, or choose another id")]
    Taken(String),
    /// The folder is not right.
    #[error("{0}")]
    Folder(String),
    /// It was not kept.
    #[error(transparent)]
    NotKept(#[from] StoreError),
}

impl ApiError for SeedError {
    fn status(&self) -> StatusCode {
        match self {
            SeedError::Invalid(_) | SeedError::Folder(_) => StatusCode::BAD_REQUEST,
            SeedError::Taken(_) => StatusCode::CONFLICT,
            SeedError::NotKept(error) => error.status(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SeedError::Invalid(_) | SeedError::Folder(_) => code::BAD_REQUEST,
            SeedError::Taken(_) => code::KEY_CONFLICT,
            SeedError::NotKept(error) => error.code(),
        }
    }
}

impl From<KnowledgeError> for SeedError {
    fn from(error: KnowledgeError) -> Self {
        SeedError::Folder(error.to_string())
    }
}

impl Gateway {
    /// Brings the knowledge base in line with the folder, or takes a caller's documents in. Safe to repeat.
    ///
    /// # Errors
    /// See [`SeedError`]; then nothing has changed.
    pub async fn seed(&self, request: SeedRequest) -> Result<Seeded, SeedError> {
        let seeded = if request.documents.is_empty() {
            let documents = knowledge::load(&self.settings.knowledge)?;
            self.write().seed(documents)
        } else {
            self.give(request).await?
        };
        self.tell();
        Ok(seeded)
    }

    /// Takes in what other replicas have kept, if the database answers; else what is known must do.
    pub async fn look_for_news(&self) {
        if let Err(error) = self.refresh().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "answered without news from the database");
        }
    }

    async fn give(&self, request: SeedRequest) -> Result<Seeded, SeedError> {
        self.refresh().await?;
        let documents = self.check_given(&request).map_err(SeedError::Invalid)?;
        let seeded = self.read().check_given(&documents).map_err(SeedError::Taken)?;
        let ids: Vec<String> = documents.into_iter().map(|document| document.id).collect();
        let texts = request.documents.into_iter().map(|given| given.text);
        let kept = ids.into_iter().zip(texts).filter(|(id, _)| !self.is_folders(id)).collect();
        self.store.give(kept, self.clock.now()).await?;
        self.refresh().await?;
        Ok(seeded)
    }

    fn check_given(&self, request: &SeedRequest) -> Result<Vec<Document>, String> {
        if request.documents.len() > MAX_GIVEN {
            return Err(format!("at most {MAX_GIVEN} documents are given at a time"));
        }
        let mut documents: Vec<Document> = Vec::new();
        for given in &request.documents {
            let wrong = |why: String| format!("{:?} is not a document: {why}", given.name);
            let document = Document::parse_from(&given.text, DocumentSource::Given).map_err(wrong)?;
            if documents.iter().any(|other| other.id == document.id) {
                return Err(wrong(format!("another one given here has the id {:?}, too", document.id)));
            }
            documents.push(document);
        }
        for (document, given) in documents.iter().zip(&request.documents) {
            let Some(cure) = &document.cure else { continue };
            let here = documents.iter().any(|other| other.id == *cure && other.remedy.is_some());
            if !here && self.read().index.document(cure).is_none_or(|known| known.remedy.is_none()) {
                return Err(format!(
                    "{:?}: its `cure` is {cure:?}: expected the id of a document with a `[rule]`",
                    given.name
                ));
            }
        }
        Ok(documents)
    }

    fn is_folders(&self, id: &str) -> bool {
        self.read().index.document(id).is_some_and(|known| known.source == DocumentSource::Folder)
    }

    /// Gives documents their vectors as they come, until the word to stop. A model that is fetched later is seen at the next seed.
    pub(crate) async fn give_vectors(self: Arc<Self>, stop: Stop) {
        let (mut told, mut warm) = (None, false);
        // Vectors that were made before are in the database, and those that are made now are to be kept there.
        tokio::select! {
            () = self.prepared.notified() => {}
            () = tokio::time::sleep(DATABASE) => {}
            () = stop.requested() => {}
        }
        while !stop.is_stopping() {
            let meaning = Arc::clone(&self.meaning);
            let found = tokio::task::spawn_blocking(move || meaning.look()).await.ok().flatten();
            if told.as_ref() != Some(&found) {
                match &found {
                    Some(model) => tracing::info!(%model, "words and meaning serve"),
                    None => tracing::warn!(why = self.meaning.why_not(), "words alone serve"),
                }
                told = Some(found.clone());
            }
            if found.is_none() || !self.make_some_vectors().await {
                if !std::mem::replace(&mut warm, true) {
                    self.warm_up().await;
                }
                tokio::select! {
                    () = self.wanting.notified() => {}
                    () = stop.requested() => {}
                }
            }
        }
    }

    /// Keeps what is known at Backboard, too, until the word to stop. Nothing waits for it.
    pub(crate) async fn keep_backboard_up(self: Arc<Self>, stop: Stop) {
        let Some(backboard) = &self.backboard else { return };
        while !stop.is_stopping() {
            let again = self.tell_backboard(backboard).await;
            tokio::select! {
                () = tokio::time::sleep(again) => {}
                () = self.learned.notified(), if again == AGAIN => {}
                () = stop.requested() => {}
            }
        }
    }

    /// Says how soon it is to be told again.
    async fn tell_backboard(&self, backboard: &Backboard) -> Duration {
        // What other replicas have learned must not be taken for something that is unknown.
        if self.refresh().await.is_err() {
            return DATABASE_AGAIN;
        }
        let known = self.read().index.all();
        match backboard.keep_up(&known).await {
            Ok((0, 0)) => AGAIN,
            Ok((written, removed)) => {
                tracing::info!(written, removed, "Backboard is told what is known");
                Duration::ZERO
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "Backboard is not told what is known");
                SOON
            }
        }
    }

    /// Asks itself for what it knows: what is made at its first use is made before an incident waits for it.
    async fn warm_up(&self) {
        let known = self.read().index.documents(DocumentSource::Folder).into_iter().next();
        if let Some(document) = known {
            let query = Query::new(document.faults.first().cloned(), document.symptoms.clone());
            let vector = self.vector_of(&query).await;
            // What it finds is known; that it was looked for is what counts. Nobody else is asked, who would be paid for it.
            let _hits = self.read().index.search(&query, vector.as_deref(), WEIGHED);
        }
    }

    /// Says whether there may be more to do.
    async fn make_some_vectors(&self) -> bool {
        let mut wanting = self.read().index.without_vectors();
        wanting.truncate(AT_A_TIME);
        !wanting.is_empty() && self.make_vectors(&wanting).await.is_some()
    }

    async fn make_vectors(&self, documents: &[Arc<Document>]) -> Option<()> {
        let model = self.meaning.digest()?;
        let passages: Vec<Vec<String>> = documents.iter().map(|document| passages_of(document)).collect();
        let digests: Vec<Digest> = passages.iter().flatten().map(Digest::of).collect();
        let today = self.clock.now().date_naive();
        let known = self.store.vectors_of(&model, &digests, today).await.unwrap_or_default();
        let (meaning, texts) = (Arc::clone(&self.meaning), passages.clone());
        let missing = move || -> Option<Vec<(Digest, Vec<f32>)>> {
            let texts = texts.iter().flatten().map(|text| (Digest::of(text), text));
            let missing = texts.filter(|(digest, _)| !known.contains_key(digest.as_str()));
            let made: Option<Vec<_>> =
                missing.map(|(digest, text)| Some((digest, meaning.of_passage(text)?))).collect();
            let known = known.into_iter().filter_map(|(digest, vector)| Some((Digest::try_from(digest).ok()?, vector)));
            made.map(|made| made.into_iter().chain(known).collect())
        };
        let vectors = tokio::task::spawn_blocking(missing).await.ok()??;
        if let Err(error) = self.store.keep_vectors(&model, &vectors, today).await {
            tracing::info!(error = &error as &dyn std::error::Error, "vectors are not kept");
        }
        let vectors: HashMap<Digest, Vec<f32>> = vectors.into_iter().collect();
        let mut memory = self.write();
        for (document, passages) in documents.iter().zip(passages) {
            let of = |passage: &String| vectors.get(&Digest::of(passage)).cloned();
            let vectors: Vec<Vec<f32>> = passages.iter().filter_map(of).collect();
            memory.index.give_vectors(document, &vectors);
        }
        Some(())
    }
}
