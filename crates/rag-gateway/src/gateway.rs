//! The service's state: what is known, the tables behind it, and the model.

use crate::backboard::Backboard;
use crate::calibration::Calibration;
use crate::check::check_lesson;
use crate::document::Document;
use crate::meaning::Meaning;
use crate::memory::Memory;
use crate::plan::{Sure, plan};
use crate::retrieve::{Hit, Query};
use crate::store::{Store, StoreError};
use crate::{Secrets, Settings, find, knowledge};
use actix_web::http::StatusCode;
use anyhow::Context;
use chassis::{ApiError, SharedClock};
use secrecy::SecretString;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::sync::Notify;
use wire::IncidentId;
use wire::knowledge::{DocumentPage, DocumentSource, KnowledgeStatus, SearchAnswer, SearchRequest};
use wire::plan::{Learned, Lesson, Plan, PlanRequest, Retrieval};
use wire::problem::code;

/// How many documents are weighed for a plan: more than there are lessons about one remedy among them.
pub(crate) const WEIGHED: usize = 128;
/// How many neighbours a search answers when nothing is said.
const NEIGHBOURS: usize = 5;
/// The most that a search answers.
const MAX_NEIGHBOURS: usize = 100;

/// The service's state.
pub struct Gateway {
    pub(crate) memory: RwLock<Memory>,
    pub(crate) store: Store,
    pub(crate) meaning: Arc<Meaning>,
    pub(crate) clock: SharedClock,
    /// Told when documents may want vectors.
    pub(crate) wanting: Notify,
    /// Told when the database is there.
    pub(crate) prepared: Notify,
    pub(crate) settings: Settings,
    pub(crate) backboard: Option<Backboard>,
    /// Told when something else is known.
    pub(crate) learned: Notify,
    pub(crate) calibration: Calibration,
}

/// Why a lesson was not learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// It is out of its bounds.
    #[error("{0}")]
    Invalid(String),
    /// It was not kept.
    #[error(transparent)]
    NotKept(#[from] StoreError),
}

impl ApiError for LearnError {
    fn status(&self) -> StatusCode {
        match self {
            LearnError::Invalid(_) => StatusCode::BAD_REQUEST,
            LearnError::NotKept(error) => error.status(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            LearnError::Invalid(_) => code::BAD_REQUEST,
            LearnError::NotKept(error) => error.code(),
        }
    }
}

impl Gateway {
    /// The state with the folder's knowledge.
    ///
    /// # Errors
    /// When a document is not right, or a setting is out of its bounds.
    pub fn open(settings: &Settings, secrets: impl Into<Secrets>, clock: SharedClock) -> anyhow::Result<Arc<Self>> {
        let share = settings.min_confidence;
        anyhow::ensure!((0.0..=1.0).contains(&share), "the setting min_confidence is {share}: expected 0 to 1");
        let secrets = secrets.into();
        let documents = knowledge::load(&settings.knowledge)?;
        tracing::info!(folder = %settings.knowledge, documents = documents.len(), min_confidence = share, "knowledge");
        let calibration = Calibration::committed().context("cannot read the calibration")?;
        Ok(Arc::new(Self {
            memory: RwLock::new(Memory::new(calibration.clone(), documents)),
            store: Store::new(secrets.database, settings.connections)?,
            meaning: Arc::new(Meaning::new(settings.model.clone())),
            backboard: backboard(settings, secrets.backboard, &clock)?,
            clock,
            wanting: Notify::new(),
            learned: Notify::new(),
            prepared: Notify::new(),
            settings: settings.clone(),
            calibration,
        }))
    }

    /// Waits for the database, brings its schema up to date and takes in what was learned before.
    pub async fn prepare(&self) {
        self.store.prepare().await;
        match self.refresh().await {
            Ok(()) => tracing::info!(lessons = self.read().lessons(), "lessons"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "lessons are not read yet"),
        }
        self.prepared.notify_one();
    }

    /// What to do about a symptom. Without the database it answers from what it knows, and says so.
    pub async fn plan(&self, request: &PlanRequest) -> Plan {
        let (fresh, query) = (self.refresh().await, Query::of(request));
        let found = self.find(&query, WEIGHED).await;
        let mut engine = found.engine.clone();
        if let Err(error) = fresh {
            tracing::warn!(error = &error as &dyn std::error::Error, "planned without news of lessons");
            engine.push_str(" (without news of lessons: the database does not answer)");
        }
        let retrieval = Retrieval { query: query.text(), engine, confidence: 0.0, neighbours: Vec::new() };
        let sure = Sure { hits: &found.hits, min_confidence: found.min_confidence };
        plan(request, &sure, &self.read().track, retrieval)
    }

    /// What is near a text.
    pub async fn search(&self, request: &SearchRequest) -> SearchAnswer {
        self.look_for_news().await;
        let limit = request.limit.unwrap_or(NEIGHBOURS).min(MAX_NEIGHBOURS);
        let found = self.find(&Query::of_search(request), limit.max(1)).await;
        SearchAnswer {
            engine: found.engine.clone(),
            reason: self.meaning.why_not(),
            min_confidence: found.min_confidence,
            abstains: found.hits.first().is_none_or(|best| best.confidence < found.min_confidence),
            neighbours: found.hits.iter().take(limit).map(Hit::neighbour).collect(),
        }
    }

    /// Keeps a lesson, and knows it from now on.
    ///
    /// # Errors
    /// See [`LearnError`].
    pub async fn learn(&self, incident: IncidentId, lesson: Lesson) -> Result<Learned, LearnError> {
        check_lesson(incident, &lesson).map_err(LearnError::Invalid)?;
        self.store.keep(&lesson, self.clock.now()).await?;
        self.refresh().await?;
        let document = Document::of_cure(&lesson).unwrap_or_else(|| Document::of_lesson(&lesson, None));
        Ok(Learned { document: document.id })
    }

    /// What is known: the folder's documents first, then those that were given, then what was learned, newest first.
    pub fn documents(&self, limit: usize) -> DocumentPage {
        let memory = self.read();
        let of = |source| memory.index.documents(source).into_iter();
        let seeded = of(DocumentSource::Folder).chain(of(DocumentSource::Given));
        let all = seeded.chain(of(DocumentSource::Learned).rev());
        DocumentPage { documents: all.take(limit).map(|document| document.entry()).collect() }
    }

    /// One document, whole.
    pub fn document(&self, id: &str) -> Option<wire::knowledge::Document> {
        self.read().index.document(id).map(Document::whole)
    }

    /// Which halves serve.
    pub fn status(&self) -> KnowledgeStatus {
        let (memory, model) = (self.read(), self.meaning.digest());
        let pending = if model.is_some() { memory.index.without_vectors().len() } else { 0 };
        KnowledgeStatus {
            engine: find::engine(model.is_some()).to_owned(),
            reason: self.meaning.why_not(),
            min_confidence: self.min_confidence(model.is_some()),
            model,
            documents: memory.seeded(),
            lessons: memory.lessons(),
            vectors: memory.index.vectors(),
            vectors_pending: pending,
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check_database(&self) -> Result<(), StoreError> {
        self.refresh().await
    }

    /// Takes in what other replicas, or an earlier life, have kept.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        loop {
            let read = self.read().read;
            let news = self.store.news(read).await?;
            if news.is_empty() {
                return Ok(());
            }
            self.write().take_in(news);
            self.tell();
        }
    }

    /// Tells those who work behind the answers that something else is known.
    pub(crate) fn tell(&self) {
        self.wanting.notify_one();
        self.learned.notify_one();
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Memory> {
        // A reader or writer that died left nothing half done that matters.
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn backboard(settings: &Settings, key: Option<SecretString>, clock: &SharedClock) -> anyhow::Result<Option<Backboard>> {
    if settings.backboard.is_empty() {
        return Ok(None);
    }
    let key = key.context("the setting `backboard` wants a key")?;
    let limit = Duration::from_millis(settings.backboard_limit_ms);
    Backboard::open(&settings.backboard, &settings.backboard_assistant, limit, key, Arc::clone(clock)).map(Some)
}
