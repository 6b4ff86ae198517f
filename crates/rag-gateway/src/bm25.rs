//! Lexical retrieval: BM25 over title, symptoms, markers and root cause.
//!
//! An own one: the crate `bm25` rests on the unmaintained `fxhash`, compares each term of the query with each of the document,
//! hashes terms to 32 bits and gives no deterministic order; all that is needed fits here.

use crate::document::Document;
use crate::retrieve::{Hit, Query, Retrieve};
use crate::terms::terms;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use wire::FaultCode;

/// How soon the repetition of a term stops to count; the customary value.
const K1: f64 = 1.2;
/// How much the length of a document counts; the customary value.
const B: f64 = 0.75;
/// How many hits are weighed and answered.
const HITS: usize = 20;
/// How many documents about the very fault are weighed, whatever their words.
const SAME_FAULT: usize = 20;
/// Words alone: this many terms in common count as half the evidence of arbitrarily many.
const HALF_EVIDENCE: f64 = 2.0;
/// What it is worth that the document names the fault code.
const CODE: f64 = 0.7;
/// What it is worth that a marker of the document stands in what was seen.
const MARKER: f64 = 0.3;

/// The index.
#[derive(Debug, Default)]
pub struct Bm25 {
    /// By a number that grows, so that the order of adding is kept.
    entries: BTreeMap<u64, Entry>,
    next: u64,
    ids: HashMap<String, u64>,
    postings: HashMap<String, BTreeMap<u64, u32>>,
    by_fault: HashMap<FaultCode, BTreeSet<u64>>,
    length: f64,
}

#[derive(Debug)]
struct Entry {
    document: Arc<Document>,
    terms: BTreeMap<String, u32>,
    length: f64,
}

impl Bm25 {
    /// Adds a document. One that is there already stays as it is.
    pub fn add(&mut self, document: Document) {
        if self.ids.contains_key(&document.id) {
            return;
        }
        let mut counted: BTreeMap<String, u32> = BTreeMap::new();
        let all = terms(&text_of(&document));
        let length = all.len() as f64;
        for term in all {
            *counted.entry(term).or_default() += 1;
        }
        let at = self.next;
        self.next += 1;
        for (term, count) in &counted {
            self.postings.entry(term.clone()).or_default().insert(at, *count);
        }
        for code in &document.faults {
            self.by_fault.entry(code.clone()).or_default().insert(at);
        }
        self.length += length;
        self.ids.insert(document.id.clone(), at);
        self.entries.insert(at, Entry { document: Arc::new(document), terms: counted, length });
    }

    /// Takes a document out.
    pub fn remove(&mut self, id: &str) {
        let Some((at, entry)) = self.ids.remove(id).and_then(|at| Some((at, self.entries.remove(&at)?))) else {
            return;
        };
        self.length -= entry.length;
        for term in entry.terms.keys() {
            if let Some(documents) = self.postings.get_mut(term) {
                documents.remove(&at);
            }
        }
        for code in &entry.document.faults {
            if let Some(documents) = self.by_fault.get_mut(code) {
                documents.remove(&at);
            }
        }
        self.postings.retain(|_, documents| !documents.is_empty());
    }

    /// A document by its id.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.entries.get(self.ids.get(id)?).map(|entry| entry.document.as_ref())
    }

    /// The documents in the order in which they were added.
    pub fn documents(&self) -> impl DoubleEndedIterator<Item = &Document> {
        self.entries.values().map(|entry| entry.document.as_ref())
    }

    fn idf(&self, term: &str) -> f64 {
        let (all, with) = (self.entries.len() as f64, self.postings.get(term).map_or(0, BTreeMap::len) as f64);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    fn weight(&self, term: &str, count: u32, length: f64) -> f64 {
        let (count, average) = (f64::from(count), (self.length / self.entries.len().max(1) as f64).max(1.0));
        self.idf(term) * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / average))
    }

    fn scores(&self, asked: &BTreeSet<String>) -> HashMap<u64, f64> {
        let mut scores = HashMap::new();
        for term in asked {
            for (at, count) in self.postings.get(term).into_iter().flatten() {
                let length = self.entries.get(at).map_or(0.0, |entry| entry.length);
                *scores.entry(*at).or_default() += self.weight(term, *count, length);
            }
        }
        scores
    }

    /// Words that were seen, fault code and markers are independent evidence: each lessens the doubt that the others left.
    fn confidence(&self, entry: &Entry, score: f64, asked: &BTreeSet<String>, query: &Query) -> f64 {
        let words = self.words(entry, score, asked);
        let code = if entry.document.faults.contains(&query.code) { CODE } else { 0.0 };
        let seen = entry.document.markers.iter().any(|marker| query.seen.contains(marker.as_str()));
        let marker = if seen { MARKER } else { 0.0 };
        1.0 - (1.0 - words) * (1.0 - code) * (1.0 - marker)
    }

    /// The share of the document's own score that the query reaches, or the share of the query's weight that the document
    /// covers, whichever is more: either may be the longer text. Few terms in common are little evidence.
    fn words(&self, entry: &Entry, score: f64, asked: &BTreeSet<String>) -> f64 {
        let own: f64 = entry.terms.iter().map(|(term, count)| self.weight(term, *count, entry.length)).sum();
        let weight: f64 = asked.iter().map(|term| self.idf(term)).sum();
        let common: Vec<f64> =
            asked.iter().filter(|term| entry.terms.contains_key(*term)).map(|term| self.idf(term)).collect();
        let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 };
        let shared = share(score, own).max(share(common.iter().sum(), weight));
        let evidence = common.len() as f64;
        shared * evidence / (evidence + HALF_EVIDENCE)
    }
}

impl Retrieve for Bm25 {
    fn engine(&self) -> &'static str {
        "lexical"
    }

    fn retrieve(&self, query: &Query) -> Vec<Hit> {
        let asked: BTreeSet<String> = terms(&query.seen).into_iter().collect();
        let scores = self.scores(&asked);
        let mut nearest: Vec<(u64, f64)> = scores.iter().map(|(at, score)| (*at, *score)).collect();
        nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let same_fault = self.by_fault.get(&query.code).into_iter().flatten().take(SAME_FAULT).copied();
        let weighed: BTreeSet<u64> = nearest.iter().take(HITS).map(|(at, _)| *at).chain(same_fault).collect();
        let mut hits: Vec<Hit> = weighed
            .into_iter()
            .filter_map(|at| {
                let (entry, score) = (self.entries.get(&at)?, scores.get(&at).copied().unwrap_or_default());
                let confidence = self.confidence(entry, score, &asked, query);
                Some(Hit { document: Arc::clone(&entry.document), score, confidence })
            })
            .collect();
        hits.sort_by(|a, b| {
            let surest = b.confidence.total_cmp(&a.confidence).then(b.score.total_cmp(&a.score));
            surest.then_with(|| a.document.id.cmp(&b.document.id))
        });
        hits.truncate(HITS);
        hits
    }
}

fn text_of(document: &Document) -> String {
    let mut text = format!("{}\n{}\n{}", document.title, document.symptoms, document.root_cause);
    for marker in &document.markers {
        text.push('\n');
        text.push_str(marker);
    }
    text
}
