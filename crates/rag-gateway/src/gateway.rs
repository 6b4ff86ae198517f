//! The service's state: what is known from the folder, what was learned, and the table behind it.

use crate::bm25::Bm25;
use crate::document::Document;
use crate::lessons::{Lessons, LessonsError};
use crate::plan::{check_language, plan};
use crate::retrieve::{Query, Retrieve};
use crate::track::TrackRecord;
use crate::{Settings, knowledge};
use actix_web::http::StatusCode;
use chassis::{ApiError, SharedClock};
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use wire::IncidentId;
use wire::knowledge::{DocumentEntry, DocumentPage, DocumentSource};
use wire::plan::{Learned, Lesson, Plan, PlanRequest, Retrieval};
use wire::problem::code;

/// The longest symptoms and root cause of a lesson, bytes.
const MAX_TEXT: usize = 8 * 1024;
/// The longest diff of a lesson, bytes.
const MAX_DIFF: usize = 256 * 1024;
/// How many lessons are found again, the newest; the older ones still count in the track record.
const MAX_INDEXED: usize = 2_000;

/// The service's state.
pub struct Gateway {
    memory: RwLock<Memory>,
    lessons: Lessons,
    clock: SharedClock,
    min_confidence: f64,
}

#[derive(Debug, Default)]
struct Memory {
    index: Bm25,
    track: TrackRecord,
    /// The number of the last lesson taken in.
    last: i64,
    /// The indexed lessons' documents, oldest first.
    learned: VecDeque<String>,
}

/// Why a lesson was not learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// It is out of its bounds.
    #[error("{0}")]
    Invalid(String),
    /// It was not kept.
    #[error(transparent)]
    NotKept(#[from] LessonsError),
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
    pub fn open(settings: &Settings, url: SecretString, clock: SharedClock) -> anyhow::Result<Arc<Self>> {
        let share = settings.min_confidence;
        anyhow::ensure!((0.0..=1.0).contains(&share), "the setting min_confidence is {share}: expected 0 to 1");
        let mut memory = Memory::default();
        let documents = knowledge::load(&settings.knowledge)?;
        tracing::info!(folder = %settings.knowledge, documents = documents.len(), min_confidence = share, "knowledge");
        for document in documents {
            memory.index.add(document);
        }
        let lessons = Lessons::new(url, settings.connections)?;
        Ok(Arc::new(Self { memory: RwLock::new(memory), lessons, clock, min_confidence: share }))
    }

    /// Waits for the database, brings its schema up to date and takes in what was learned before.
    pub async fn prepare(&self) {
        self.lessons.prepare().await;
        match self.refresh().await {
            Ok(()) => tracing::info!(lessons = self.read().learned.len(), "lessons"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "lessons are not read yet"),
        }
    }

    /// What to do about a symptom. Without the database it answers from what it knows, and says so.
    pub async fn plan(&self, request: &PlanRequest) -> Plan {
        let fresh = self.refresh().await;
        let (query, memory) = (Query::of(request), self.read());
        let mut engine = memory.index.engine().to_owned();
        if let Err(error) = fresh {
            tracing::warn!(error = &error as &dyn std::error::Error, "planned without news of lessons");
            engine.push_str(" (without news of lessons: the database does not answer)");
        }
        let hits = memory.index.retrieve(&query);
        let retrieval = Retrieval { query: query.text(), engine, confidence: 0.0, neighbours: Vec::new() };
        plan(request, &hits, &memory.track, self.min_confidence, retrieval)
    }

    /// Keeps a lesson, and knows it from now on.
    ///
    /// # Errors
    /// See [`LearnError`].
    pub async fn learn(&self, incident: IncidentId, lesson: Lesson) -> Result<Learned, LearnError> {
        check_lesson(incident, &lesson).map_err(LearnError::Invalid)?;
        self.lessons.keep(&lesson, self.clock.now()).await?;
        self.refresh().await?;
        Ok(Learned { document: Document::of_lesson(&lesson, None).id })
    }

    /// What is known: the folder's documents first, then what was learned, newest first.
    pub fn documents(&self, limit: usize) -> DocumentPage {
        let memory = self.read();
        let is_learned = |document: &&Document| document.id.starts_with(crate::document::LEARNED);
        let folder = memory.index.documents().filter(|document| !is_learned(document));
        let learned = memory.index.documents().rev().filter(is_learned);
        let entry = |document: &Document| DocumentEntry {
            id: document.id.clone(),
            title: document.title.clone(),
            has_rule: document.remedy.is_some(),
            source: if is_learned(&document) { DocumentSource::Learned } else { DocumentSource::Folder },
            verdict: document.verdict,
            faults: document.faults.clone(),
        };
        DocumentPage { documents: folder.chain(learned).take(limit).map(entry).collect() }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check_database(&self) -> Result<(), LessonsError> {
        self.refresh().await
    }

    /// Takes in the lessons that other replicas, or an earlier life, have kept.
    async fn refresh(&self) -> Result<(), LessonsError> {
        loop {
            let last = self.read().last;
            let page = self.lessons.after(last).await?;
            if page.is_empty() {
                return Ok(());
            }
            let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
            page.iter().for_each(|(number, lesson)| memory.take_in(*number, lesson));
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        // A reader or writer that died left nothing half done that matters: the index only grows.
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Another task may have taken it in meanwhile.
    fn take_in(&mut self, number: i64, lesson: &Lesson) {
        if number <= self.last {
            return;
        }
        self.last = number;
        self.track.add(lesson);
        let source = Document::source_of(lesson).and_then(|source| self.index.document(source));
        let document = Document::of_lesson(lesson, source);
        self.learned.push_back(document.id.clone());
        self.index.add(document);
        if self.learned.len() > MAX_INDEXED
            && let Some(oldest) = self.learned.pop_front()
        {
            self.index.remove(&oldest);
        }
    }
}

fn check_lesson(incident: IncidentId, lesson: &Lesson) -> Result<(), String> {
    if lesson.incident != incident {
        return Err(format!(
            "the path names the incident {incident}, the body {}: they must be the same",
            lesson.incident
        ));
    }
    check_language(&lesson.language)?;
    let texts = [
        ("symptoms", &lesson.symptoms, MAX_TEXT),
        ("root_cause", &lesson.root_cause, MAX_TEXT),
        ("diff", &lesson.diff, MAX_DIFF),
    ];
    match texts.iter().find(|(_, text, max)| text.len() > *max) {
        Some((key, _, max)) => Err(format!("`{key}` has at most {max} bytes")),
        None => Ok(()),
    }
}
