//! Words: BM25 over lists of the documents in which a term occurs.
//!
//! An own one: the crate `bm25` rests on the unmaintained `fxhash`, compares each term of the query with each of the document,
//! hashes terms to 32 bits and gives no deterministic order; a search engine's library is slow to show a new document.

use semantic::Best;
use std::collections::{BTreeMap, HashMap};

/// How soon the repetition of a term stops to count; the customary value.
const K1: f32 = 1.2;
/// How much the length of a document counts; the customary value.
const B: f32 = 0.75;
/// More terms of a query are not looked for: the rarest count most.
const MAX_TERMS: usize = 96;
/// A term that more than one of so many documents has finds nothing, …
const COMMON: usize = 8;
/// … if it is more than so many.
const FEW: usize = 2_048;
/// So many terms may be left behind by documents that have gone before their names are dropped.
const MAX_EMPTIED: usize = 4_096;

/// The lists.
#[derive(Debug, Default)]
pub(super) struct Postings {
    numbers: HashMap<Box<str>, u32>,
    /// By the term's number: slots and how often it occurs there, in no order.
    lists: Vec<Vec<(u32, u32)>>,
    /// By slot; empty where there is none.
    documents: Vec<Terms>,
    /// By slot, how many terms it has: apart, since every look at a list needs it.
    lengths: Vec<u32>,
    count: usize,
    length: u64,
    /// How many lists became empty since names were dropped.
    emptied: usize,
    free: Vec<u32>,
}

#[derive(Debug, Clone, Default)]
struct Terms {
    /// In the order of the words, so that sums over them do not depend on what else was indexed.
    counted: Box<[(u32, u32)]>,
}

/// The terms of a query with what they weigh, the heaviest first.
#[derive(Debug)]
pub(super) struct Asked {
    terms: Vec<(u32, f32)>,
    /// The same by term.
    weights: HashMap<u32, f32>,
    /// What all its terms weigh together, also those that no document has.
    weight: f32,
}

/// How much a document's words are like a query's.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Words {
    /// The BM25 score.
    pub score: f64,
    /// The share of the query's weight that the document has.
    pub of_query: f64,
    /// The share of the document's own score that the query reaches.
    pub of_document: f64,
    /// How many terms they have in common.
    pub common: f64,
}

impl Postings {
    pub(super) fn insert(&mut self, slot: u32, terms: &[String]) {
        let mut occurring: BTreeMap<&str, u32> = BTreeMap::new();
        for term in terms {
            *occurring.entry(term).or_default() += 1;
        }
        let counted: Vec<(u32, u32)> = occurring.into_iter().map(|(term, count)| (self.number(term), count)).collect();
        for (term, count) in &counted {
            if let Some(list) = self.lists.get_mut(*term as usize) {
                list.push((slot, *count));
            }
        }
        if self.documents.len() <= slot as usize {
            self.documents.resize(slot as usize + 1, Terms::default());
            self.lengths.resize(slot as usize + 1, 0);
        }
        let places = self.documents.get_mut(slot as usize).zip(self.lengths.get_mut(slot as usize));
        if let Some((place, length)) = places {
            (*place, *length) = (Terms { counted: counted.into_iter().collect() }, terms.len() as u32);
        }
        self.count += 1;
        self.length += terms.len() as u64;
    }

    pub(super) fn remove(&mut self, slot: u32) {
        let Some(place) = self.documents.get_mut(slot as usize) else { return };
        let gone = std::mem::take(place);
        self.count -= 1;
        self.length -= self.lengths.get_mut(slot as usize).map(std::mem::take).map_or(0, u64::from);
        for (term, _) in &gone.counted {
            let Some(list) = self.lists.get_mut(*term as usize) else { continue };
            if let Some(at) = list.iter().position(|(other, _)| *other == slot) {
                list.swap_remove(at);
            }
            self.emptied += usize::from(list.is_empty());
        }
        if self.emptied > MAX_EMPTIED {
            self.drop_names();
        }
    }

    fn drop_names(&mut self) {
        let Self { numbers, lists, free, .. } = self;
        numbers.retain(|_, number| {
            let used = lists.get(*number as usize).is_some_and(|list| !list.is_empty());
            free.extend(Some(*number).filter(|_| !used));
            used
        });
        self.emptied = 0;
    }

    /// What a query's terms weigh here.
    pub(super) fn ask(&self, terms: &[String]) -> Asked {
        let mut distinct: Vec<&String> = terms.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let weighed = distinct.into_iter().map(|term| {
            let number = self.numbers.get(term.as_str()).copied();
            (number, self.idf(number.and_then(|number| self.lists.get(number as usize)).map_or(0, Vec::len)))
        });
        let weighed: Vec<(Option<u32>, f32)> = weighed.collect();
        let weight = weighed.iter().map(|(_, idf)| idf).sum();
        let mut terms: Vec<(u32, f32)> = weighed.into_iter().filter_map(|(term, idf)| Some((term?, idf))).collect();
        // Of equals the earlier word, since the sort is stable.
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        terms.truncate(MAX_TERMS);
        Asked { weights: terms.iter().copied().collect(), terms, weight }
    }

    /// The slots with the highest scores, the best first.
    pub(super) fn nearest(&self, asked: &Asked, limit: usize) -> Vec<u32> {
        let average = self.average();
        let mut scores: Vec<(f32, f32)> = self.lengths.iter().map(|length| (0.0, slack(*length, average))).collect();
        for (term, idf) in self.telling(asked) {
            for (slot, count) in self.lists.get(*term as usize).into_iter().flatten() {
                if let Some((score, slack)) = scores.get_mut(*slot as usize) {
                    *score += idf * saturated(*count, *slack);
                }
            }
        }
        let mut best = Best::new(limit, f32::MIN_POSITIVE);
        scores.iter().enumerate().for_each(|(slot, (score, _))| best.show(*score, slot as u32));
        best.sorted().into_iter().map(|(slot, _)| slot).collect()
    }

    /// The terms that find documents: not those that a large share has, as long as there are others. What is found is weighed by all.
    fn telling<'a>(&self, asked: &'a Asked) -> &'a [(u32, f32)] {
        let common = (self.count / COMMON).max(FEW);
        // The rarest come first.
        let is_rare = |(term, _): &(u32, f32)| self.lists.get(*term as usize).is_some_and(|list| list.len() <= common);
        let rare = asked.terms.partition_point(is_rare);
        if rare == 0 { &asked.terms } else { asked.terms.get(..rare).unwrap_or_default() }
    }

    /// How much a document's words are like a query's.
    pub(super) fn likeness(&self, slot: u32, asked: &Asked) -> Words {
        let Some(document) = self.documents.get(slot as usize) else { return Words::default() };
        let slack = slack(self.lengths.get(slot as usize).copied().unwrap_or_default(), self.average());
        let (mut score, mut own, mut covered, mut common) = (0.0, 0.0, 0.0, 0.0);
        for (term, count) in &document.counted {
            let worth = saturated(*count, slack);
            own += self.idf(self.lists.get(*term as usize).map_or(0, Vec::len)) * worth;
            if let Some(idf) = asked.weights.get(term) {
                score += idf * worth;
                covered += idf;
                common += 1.0;
            }
        }
        let share = |part: f32, whole: f32| if whole > 0.0 { f64::from((part / whole).clamp(0.0, 1.0)) } else { 0.0 };
        Words {
            score: f64::from(score),
            of_query: share(covered, asked.weight),
            of_document: share(score, own),
            common,
        }
    }

    fn number(&mut self, term: &str) -> u32 {
        if let Some(number) = self.numbers.get(term) {
            return *number;
        }
        let number = self.free.pop().unwrap_or(self.lists.len() as u32);
        if number as usize == self.lists.len() {
            self.lists.push(Vec::new());
        }
        self.numbers.insert(term.into(), number);
        number
    }

    fn average(&self) -> f32 {
        (self.length as f32 / self.count.max(1) as f32).max(1.0)
    }

    fn idf(&self, with: usize) -> f32 {
        let (all, with) = (self.count as f32, with as f32);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}

/// How slowly the repetition of a term counts in a document of this length.
#[inline(always)]
fn slack(length: u32, average: f32) -> f32 {
    K1 * (1.0 - B + B * length as f32 / average)
}

/// What occurring `count` times is worth.
#[inline(always)]
fn saturated(count: u32, slack: f32) -> f32 {
    let count = count as f32;
    count * (K1 + 1.0) / (count + slack)
}
