//! The index: documents by their words and by their meaning, found again the moment they are put in. It does no I/O, so a
//! measurement can use it as it is.

mod postings;

use crate::calibration::{Calibration, Features};
use crate::document::Document;
use crate::envelope;
use crate::retrieve::{Hit, Query};
use crate::terms::terms;
pub use postings::Words;
use postings::{Asked, Postings};
use semantic::Vectors;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use wire::FaultCode;
use wire::knowledge::DocumentSource;

/// How many of the nearest by words, and as many by meaning, are weighed.
const WEIGHED: usize = 32;
/// How many documents about the very fault are weighed, whatever their words.
const SAME_FAULT: usize = 32;

/// What putting a document in did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Added,
    /// It was there with another text.
    Updated,
    /// It was there as it is.
    Unchanged,
}

/// The index.
#[derive(Debug)]
pub struct Index {
    /// By slot; a free slot is used again.
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    ids: HashMap<String, u32>,
    words: Postings,
    meaning: Vectors,
    by_fault: HashMap<FaultCode, BTreeSet<u32>>,
    by_marker: HashMap<String, BTreeSet<u32>>,
    /// Grows, so that the order of putting in is known.
    next: u64,
    calibration: Calibration,
}

#[derive(Debug)]
struct Entry {
    document: Arc<Document>,
    number: u64,
}

impl Index {
    /// An empty one.
    pub fn new(calibration: Calibration) -> Self {
        Self {
            entries: Vec::new(),
            free: Vec::new(),
            ids: HashMap::new(),
            words: Postings::default(),
            meaning: Vectors::default(),
            by_fault: HashMap::new(),
            by_marker: HashMap::new(),
            next: 0,
            calibration,
        }
    }

    /// Puts a document in. Another one of the same id gives way, and its vectors with it.
    pub fn insert(&mut self, document: Document) -> Change {
        // Two documents may share one remedy, which then changes without their text.
        let same = |known: &Document| {
            known.digest == document.digest && known.source == document.source && known.remedy == document.remedy
        };
        if self.document(&document.id).is_some_and(same) {
            return Change::Unchanged;
        }
        let number = self.entry(&document.id).map(|entry| entry.number);
        let change = if self.remove(&document.id) { Change::Updated } else { Change::Added };
        let slot = self.free.pop().unwrap_or(self.entries.len() as u32);
        self.words.insert(slot, &terms(&crate::passages::words_of(&document)));
        for code in &document.faults {
            self.by_fault.entry(code.clone()).or_default().insert(slot);
        }
        for marker in &document.markers {
            self.by_marker.entry(marker.clone()).or_default().insert(slot);
        }
        self.ids.insert(document.id.clone(), slot);
        let entry = Entry { document: Arc::new(document), number: number.unwrap_or(self.next) };
        self.next += 1;
        match self.entries.get_mut(slot as usize) {
            Some(place) => *place = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        change
    }

    /// Takes a document out. Says whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(slot) = self.ids.remove(id) else { return false };
        let Some(entry) = self.entries.get_mut(slot as usize).and_then(Option::take) else { return false };
        self.words.remove(slot);
        self.meaning.remove(slot);
        for code in &entry.document.faults {
            take_out(&mut self.by_fault, code, slot);
        }
        for marker in &entry.document.markers {
            take_out(&mut self.by_marker, marker, slot);
        }
        self.free.push(slot);
        true
    }

    /// Gives a document the vectors of its passages, each of length one. Nothing happens when it has changed meanwhile.
    pub fn give_vectors(&mut self, document: &Document, vectors: &[Vec<f32>]) {
        let same = self.document(&document.id).is_some_and(|known| known.digest == document.digest);
        if let Some(slot) = self.ids.get(&document.id).filter(|_| same) {
            self.meaning.insert(*slot, vectors);
        }
    }

    /// How many vectors it holds.
    pub fn vectors(&self) -> usize {
        self.meaning.count()
    }

    /// The documents without a vector, in the order in which they were put in.
    pub fn without_vectors(&self) -> Vec<Arc<Document>> {
        let without = |entry: &&Entry| !self.ids.get(&entry.document.id).is_some_and(|slot| self.meaning.has(*slot));
        let mut entries: Vec<&Entry> = self.entries.iter().flatten().filter(without).collect();
        entries.sort_by_key(|entry| entry.number);
        entries.into_iter().map(|entry| Arc::clone(&entry.document)).collect()
    }

    /// A document by its id.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.entry(id).map(|entry| entry.document.as_ref())
    }

    /// All documents, in the order in which they were put in.
    pub fn all(&self) -> Vec<Arc<Document>> {
        let mut entries: Vec<&Entry> = self.entries.iter().flatten().collect();
        entries.sort_by_key(|entry| entry.number);
        entries.into_iter().map(|entry| Arc::clone(&entry.document)).collect()
    }

    /// The documents of a source, in the order in which they were put in.
    pub fn documents(&self, source: DocumentSource) -> Vec<Arc<Document>> {
        let mut entries: Vec<&Entry> =
            self.entries.iter().flatten().filter(|entry| entry.document.source == source).collect();
        entries.sort_by_key(|entry| entry.number);
        entries.into_iter().map(|entry| Arc::clone(&entry.document)).collect()
    }

    /// The `limit` documents nearest to a query, the surest first; the same query on the same documents finds the same. With
    /// the query's vector, meaning counts beside words.
    pub fn search(&self, query: &Query, vector: Option<&[f32]>, limit: usize) -> Vec<Hit> {
        self.search_among(query, vector, &[], limit)
    }

    /// The same, where somebody else has nominated documents, which are weighed, too.
    pub fn search_among(&self, query: &Query, vector: Option<&[f32]>, nominated: &[String], limit: usize) -> Vec<Hit> {
        let asked = self.words.ask(&terms(&envelope::without(&query.seen)));
        let mut weighed: BTreeSet<u32> = self.words.nearest(&asked, WEIGHED).into_iter().collect();
        let meant: HashMap<u32, f32> = match vector {
            Some(vector) => self.meaning.nearest(vector, WEIGHED).into_iter().collect(),
            None => HashMap::new(),
        };
        weighed.extend(meant.keys());
        weighed.extend(nominated.iter().filter_map(|id| self.ids.get(id)));
        let same_fault = query.code.as_ref().and_then(|code| self.by_fault.get(code));
        weighed.extend(same_fault.into_iter().flatten().take(SAME_FAULT));
        let marked = self.by_marker.iter().filter(|(marker, _)| query.seen.contains(marker.as_str()));
        weighed.extend(marked.flat_map(|(_, slots)| slots.iter().take(SAME_FAULT)));
        // The cosines of the nearest are known already.
        let meaning = |slot: u32| match meant.get(&slot) {
            Some(cosine) => Some(f64::from(*cosine)),
            None => vector.and_then(|vector| self.meaning.likeness(slot, vector)),
        };
        let mut hits: Vec<Hit> =
            weighed.into_iter().filter_map(|slot| self.weigh(slot, &asked, query, meaning(slot))).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.document.id.cmp(&b.document.id)));
        hits.truncate(limit);
        hits
    }

    fn weigh(&self, slot: u32, asked: &Asked, query: &Query, meaning: Option<f64>) -> Option<Hit> {
        let document = &self.entries.get(slot as usize)?.as_ref()?.document;
        let words = self.words.likeness(slot, asked);
        let features = Features {
            words,
            meaning,
            same_fault: query.code.as_ref().is_some_and(|code| document.faults.contains(code)),
            marked: document.markers.iter().any(|marker| query.seen.contains(marker.as_str())),
        };
        let (score, confidence) = self.calibration.of(&features);
        Some(Hit { document: Arc::clone(document), score, confidence, features })
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(*self.ids.get(id)? as usize)?.as_ref()
    }
}

fn take_out<K: std::hash::Hash + Eq>(map: &mut HashMap<K, BTreeSet<u32>>, key: &K, slot: u32) {
    if let Some(slots) = map.get_mut(key) {
        slots.remove(&slot);
        if slots.is_empty() {
            map.remove(key);
        }
    }
}
