//! What is known, in memory: the index, the track record, and how far the tables were read. Pure.

use crate::calibration::Calibration;
use crate::document::{CURE, Document, LEARNED};
use crate::index::{Change, Index};
use crate::store::{Given, News, Read};
use crate::track::TrackRecord;
use std::collections::{HashSet, VecDeque};
use wire::IncidentId;
use wire::knowledge::{DocumentSource, Seeded};
use wire::plan::Lesson;

/// How many lessons are found again, the newest; the older ones still count in the track record.
const MAX_INDEXED: usize = 2_000;
/// How many cures that were learned are offered, the newest.
const MAX_CURES: usize = 1_000;

/// What is known.
#[derive(Debug)]
pub struct Memory {
    /// The documents.
    pub index: Index,
    /// How remedies did.
    pub track: TrackRecord,
    /// How far the tables were read.
    pub read: Read,
    /// The indexed lessons without their diffs, oldest first.
    lessons: VecDeque<Lesson>,
    /// The incidents from which a cure was learned, oldest first.
    cures: VecDeque<IncidentId>,
}

impl Memory {
    /// Of a folder's documents.
    pub fn new(calibration: Calibration, folder: Vec<Document>) -> Self {
        let mut index = Index::new(calibration);
        for document in folder {
            index.insert(document);
        }
        Self {
            index,
            track: TrackRecord::default(),
            read: Read::default(),
            lessons: VecDeque::new(),
            cures: VecDeque::new(),
        }
    }

    /// How many lessons are found again.
    pub fn lessons(&self) -> usize {
        self.lessons.len() + self.cures.len()
    }

    /// How many documents of the folder and of callers there are.
    pub fn seeded(&self) -> usize {
        self.index.documents(DocumentSource::Folder).len() + self.index.documents(DocumentSource::Given).len()
    }

    /// Brings it in line with what the folder holds now.
    pub fn seed(&mut self, folder: Vec<Document>) -> Seeded {
        let ids: HashSet<String> = folder.iter().map(|document| document.id.clone()).collect();
        let mut seeded = Seeded::default();
        for document in self.index.documents(DocumentSource::Folder) {
            if !ids.contains(&document.id) {
                self.index.remove(&document.id);
                seeded.removed += 1;
            }
        }
        for document in folder {
            count(&mut seeded, self.index.insert(document));
        }
        self.settle(&mut seeded);
        seeded
    }

    /// What giving documents would do. One that the folder has with the same text stays the folder's.
    ///
    /// # Errors
    /// The id of a document that the folder has with another text.
    pub fn check_given(&self, documents: &[Document]) -> Result<Seeded, String> {
        let mut seeded = Seeded { total: self.seeded(), ..Seeded::default() };
        for document in documents {
            match self.index.document(&document.id) {
                None => count(&mut seeded, Change::Added),
                Some(known) if known.digest == document.digest => count(&mut seeded, Change::Unchanged),
                Some(known) if known.source == DocumentSource::Folder => return Err(document.id.clone()),
                Some(_) => count(&mut seeded, Change::Updated),
            }
        }
        seeded.total += seeded.added;
        Ok(seeded)
    }

    /// Takes in what other replicas, or an earlier life, have kept. When another task has taken something in meanwhile, these
    /// are no news any more: they are asked for again.
    pub fn take_in(&mut self, news: News) {
        if news.since != self.read {
            return;
        }
        let mut given = Seeded::default();
        for (number, change) in news.given {
            self.read.given = number;
            self.take_in_change(change, &mut given);
        }
        if given.added + given.updated + given.removed > 0 {
            self.settle(&mut given);
        }
        for (number, lesson) in news.lessons {
            self.read.lesson = number;
            self.take_in_lesson(lesson);
        }
        for (number, incident) in news.withdrawn {
            self.read.withdrawn = number;
            self.forget_lesson(incident);
        }
    }

    fn take_in_change(&mut self, change: Given, given: &mut Seeded) {
        match change {
            Given::Withdrawn(id) => {
                let is_given = self.index.document(&id).is_some_and(|known| known.source == DocumentSource::Given);
                given.removed += usize::from(is_given && self.index.remove(&id));
            }
            Given::Text(text) => match Document::parse_from(&text, DocumentSource::Given) {
                Ok(document) => self.take_in_given(document, given),
                // It was right when it was taken; only an older release would not understand it.
                Err(why) => tracing::warn!(why, "a given document is not understood"),
            },
        }
    }

    /// Which other documents have their cure from this one.
    pub fn sharing(&self, id: &str) -> Vec<String> {
        let given = self.index.documents(DocumentSource::Given);
        let sharing = given.iter().filter(|document| document.cure.as_deref() == Some(id));
        sharing.map(|document| document.id.clone()).collect()
    }

    /// A lesson counts no more. How remedies did is counted anew from the lessons that are left, which are read again.
    fn forget_lesson(&mut self, incident: IncidentId) {
        self.index.remove(&format!("{LEARNED}{incident}"));
        self.index.remove(&format!("{CURE}{incident}"));
        self.cures.retain(|known| *known != incident);
        self.lessons.clear();
        self.track = TrackRecord::default();
        self.read.lesson = 0;
    }

    fn take_in_given(&mut self, mut document: Document, given: &mut Seeded) {
        let known = self.index.document(&document.id);
        if known.is_some_and(|known| known.source == DocumentSource::Folder) {
            tracing::warn!(document = document.id, "the folder has a document of this id; the given one is not used");
            return;
        }
        if let Some(cure) = &document.cure {
            document.remedy = self.index.document(cure).and_then(|cure| cure.remedy.clone());
        }
        count(given, self.index.insert(document));
    }

    fn take_in_lesson(&mut self, lesson: Lesson) {
        self.track.add(&lesson);
        if let Some(cure) = Document::of_cure(&lesson) {
            return self.take_in_cure(lesson.incident, cure);
        }
        let lesson = Lesson { diff: String::new(), ..lesson };
        self.index_lesson(&lesson);
        match self.lessons.iter_mut().find(|known| known.incident == lesson.incident) {
            Some(known) => *known = lesson,
            None => self.lessons.push_back(lesson),
        }
        if self.lessons.len() > MAX_INDEXED
            && let Some(oldest) = self.lessons.pop_front()
        {
            self.index.remove(&format!("{LEARNED}{}", oldest.incident));
        }
    }

    /// A cure stays, however the incident went on: how it does is told by its track record.
    fn take_in_cure(&mut self, incident: IncidentId, cure: Document) {
        self.index.insert(cure);
        if !self.cures.contains(&incident) {
            self.cures.push_back(incident);
        }
        if self.cures.len() > MAX_CURES
            && let Some(oldest) = self.cures.pop_front()
        {
            self.index.remove(&format!("{CURE}{oldest}"));
        }
    }

    fn index_lesson(&mut self, lesson: &Lesson) {
        let source = Document::source_of(lesson).and_then(|source| self.index.document(source));
        let document = Document::of_lesson(lesson, source);
        self.index.insert(document);
    }

    /// Lessons point to documents that may have changed.
    fn settle(&mut self, seeded: &mut Seeded) {
        let lessons = std::mem::take(&mut self.lessons);
        lessons.iter().for_each(|lesson| self.index_lesson(lesson));
        self.lessons = lessons;
        seeded.total = self.seeded();
    }
}

fn count(seeded: &mut Seeded, change: Change) {
    match change {
        Change::Added => seeded.added += 1,
        Change::Updated => seeded.updated += 1,
        Change::Unchanged => seeded.unchanged += 1,
    }
}
