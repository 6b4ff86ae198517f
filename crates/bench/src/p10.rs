//! P10: how fast known incidents are found by words and by meaning, beside an exact scan and SQLite's full-text search.

mod corpus;
mod exact;
mod fts5;

use crate::command::Setup;
use crate::machine::{Machine, resident};
use crate::sheet::{Limit, Sheet};
use crate::stats::{percentile, slope};
use corpus::Corpus;
use exact::Exact;
use fts5::Fts5;
use rag_gateway::calibration::Calibration;
use rag_gateway::index::Index;
use rag_gateway::retrieve::Query;
use semantic::Vectors;
use std::hint::black_box;
use std::time::Instant;

const FUSED: &str = "rag-gateway, words and meaning";
const MEANING: &str = "semantic, meaning alone";
const FLOOR: &str = "exact scan of f32";
const PEER: &str = "SQLite FTS5, words alone";
const NEAREST: usize = 10;
/// Words of a query: a message with its reason and some context.
const WORDS: usize = 32;
/// The peer takes a hundred times as long: it is asked by one query in so many.
const PEER_SHARE: usize = 20;

struct Plan {
    sizes: Vec<usize>,
    rounds: usize,
    queries: usize,
}

/// Measures the row.
pub(crate) fn measure(setup: &Setup) -> anyhow::Result<Sheet> {
    let plan = match setup.smoke {
        true => Plan { sizes: vec![100, 1_000], rounds: 2, queries: 20 },
        false => Plan { sizes: vec![1_000, 10_000, 100_000], rounds: 5, queries: 200 },
    };
    let mut sheet = Sheet::new("p10", "retrieval, the ten nearest", Machine::begin());
    let mut bed = Bed::new()?;
    if bed.peer.is_none() {
        sheet.lacks("SQLite FTS5: no `python3` with it on this machine");
    }
    sheet.lacks("tantivy, PostgreSQL's full-text search, faiss: not in this bench");
    let mut points = Vec::new();
    for size in &plan.sizes {
        bed.grow(*size)?;
        for _ in 0..plan.rounds {
            bed.round(&mut sheet, *size, plan.queries)?;
        }
        points.extend(sheet.median(&at(*size, "query, p50"), FUSED, "ms").map(|ms| (*size as f64, ms)));
    }
    let most = plan.sizes.last().copied().unwrap_or_default();
    if let Some(slope) = slope(&points) {
        sheet.note(format!(
            "the fused query's time grows with the documents to the power of {slope:.2} (log–log slope)"
        ));
    }
    let memory = resident(std::process::id()).unwrap_or_default() >> 20;
    sheet.note(format!(
        "{most} documents of 60 made-up words with one vector of 384 numbers each; queries of {WORDS} words"
    ));
    sheet.note(format!("the process with the index, and the vectors twice more for the others, has {memory} MiB"));
    sheet.note(
        "insert → findable is without the making of the vector; until that is there, words alone find the document",
    );
    judge(&mut sheet, most);
    Ok(sheet)
}

fn judge(sheet: &mut Sheet, most: usize) {
    let p99 = sheet.median(&at(most, "query, p99"), FUSED, "ms");
    sheet.want(&format!("fused query among {most}, p99"), p99, Limit::AtMost(5.0), "ms");
    let recall = sheet.median(&at(most, "recall of the ten nearest"), MEANING, "share");
    sheet.want("of the ten nearest by meaning, found", recall, Limit::AtLeast(0.99), "of 1");
    let findable = sheet.median(&at(most, "insert → findable, p99"), FUSED, "ms");
    sheet.want("a new incident is findable, p99", findable, Limit::AtMost(1.0), "ms");
    let what = at(most, "query, p50");
    for peer in [FLOOR, PEER] {
        if let Some(ratio) = sheet.ratio(&what, "ms", FUSED, peer) {
            sheet.note(format!("fused query, p50: {ratio:.3} × {peer} (no goal of its own)"));
        }
    }
}

fn at(size: usize, what: &str) -> String {
    format!("{what}, {size} documents")
}

/// Everybody with the same documents.
struct Bed {
    corpus: Corpus,
    index: Index,
    vectors: Vectors,
    exact: Exact,
    peer: Option<Fts5>,
    size: usize,
}

impl Bed {
    fn new() -> anyhow::Result<Self> {
        let index = Index::new(Calibration::committed()?);
        let (vectors, exact, peer) = (Vectors::default(), Exact::default(), Fts5::start());
        Ok(Self { corpus: Corpus::new(), index, vectors, exact, peer, size: 0 })
    }

    fn grow(&mut self, size: usize) -> anyhow::Result<()> {
        while self.size < size {
            let made = self.corpus.document()?;
            if let Some(peer) = &mut self.peer {
                peer.put(&made.words)?;
            }
            self.take(&made);
        }
        Ok(())
    }

    /// How long the index took, milliseconds.
    fn take(&mut self, made: &corpus::Made) -> f64 {
        let one = std::slice::from_ref(&made.vector);
        let document = made.document.clone();
        let begun = Instant::now();
        self.index.insert(document);
        self.index.give_vectors(&made.document, one);
        let took = ms(begun);
        self.vectors.insert(self.size as u32, one);
        self.exact.push(&made.vector);
        self.size += 1;
        took
    }

    fn round(&mut self, sheet: &mut Sheet, size: usize, queries: usize) -> anyhow::Result<()> {
        let (mut fused, mut meaning, mut floor, mut peer) = (vec![], vec![], vec![], vec![]);
        let mut found = 0;
        for turn in 0..queries {
            let (words, vector) = self.corpus.query(WORDS);
            let query = Query::new(None, words.clone());
            fused.push(timed(|| self.index.search(&query, Some(&vector), NEAREST)).0);
            let (took, near) = timed(|| self.vectors.nearest(&vector, NEAREST));
            meaning.push(took);
            let (took, wanted) = timed(|| self.exact.nearest(&vector, NEAREST));
            floor.push(took);
            found += wanted.iter().filter(|row| near.iter().any(|(slot, _)| slot == *row)).count();
            if let Some(fts5) = self.peer.as_mut().filter(|_| turn % PEER_SHARE == 0) {
                peer.push(fts5.search(&words)?);
            }
        }
        for (whose, times) in [(FUSED, &fused), (MEANING, &meaning), (FLOOR, &floor), (PEER, &peer)] {
            tell(sheet, &at(size, "query"), whose, times, whose != PEER);
        }
        let share = found as f64 / (queries * NEAREST.min(size)) as f64;
        sheet.sample(&at(size, "recall of the ten nearest"), MEANING, "share", share);
        // Few beside the documents that are there, so that the size stays what it is called.
        self.insertions(sheet, size, queries.min(size / 20))
    }

    fn insertions(&mut self, sheet: &mut Sheet, size: usize, count: usize) -> anyhow::Result<()> {
        let (mut ours, mut peer) = (vec![], vec![]);
        for turn in 0..count {
            let made = self.corpus.document()?;
            ours.push(self.take(&made));
            if turn % PEER_SHARE == 0 {
                let query = Query::new(None, made.words.clone());
                let hits = self.index.search(&query, Some(&made.vector), 1);
                let first = hits.first().map(|hit| hit.document.id.as_str());
                anyhow::ensure!(first == Some(&made.document.id), "a new document was not found: {first:?} instead");
                if let Some(fts5) = &mut self.peer {
                    peer.push(fts5.insert(&made.words)?);
                }
            }
        }
        tell(sheet, &at(size, "insert → findable"), FUSED, &ours, true);
        tell(sheet, &at(size, "insert → findable"), PEER, &peer, false);
        Ok(())
    }
}

/// Of few samples there is no 99th percentile.
fn tell(sheet: &mut Sheet, what: &str, whose: &str, times: &[f64], many: bool) {
    let (what, size) = what.split_once(", ").unwrap_or((what, ""));
    for (name, share) in [("p50", 0.5), ("p99", 0.99)].into_iter().filter(|(_, share)| many || *share < 0.9) {
        if let Some(figure) = percentile(times, share) {
            sheet.sample(&format!("{what}, {name}, {size}"), whose, "ms", figure);
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let done = black_box(work());
    (ms(begun), done)
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
