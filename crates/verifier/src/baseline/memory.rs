//! What was seen of versions without a patch, so that the next candidate of the same base need not wait for it. Bounded;
//! forgotten at the end of the process.

use crate::gates::replay::{Answer, Replayed};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use wire::Digest;
use wire::verification::Judgement;

/// How many are remembered of each.
const MOST: usize = 32;
/// Answers longer than this, all together, are not remembered; bytes.
const MAX_ANSWERS: usize = 1 << 20;

/// See the module.
#[derive(Debug, Default)]
pub struct Memory {
    symptoms: Known<Replayed>,
    runs: Known<Vec<Vec<Answer>>>,
}

type Known<T> = Mutex<VecDeque<(Digest, T)>>;

impl Memory {
    /// The contract against a version.
    pub fn symptom(&self, key: &Digest) -> Option<Replayed> {
        find(&self.symptoms, key)
    }

    /// Only a symptom that was there is kept: what was not there, or could not be told, may be there the next time.
    pub fn keep_symptom(&self, key: Digest, replayed: &Replayed) {
        if matches!(replayed.judgement(), Judgement::Broken | Judgement::NoWitness) {
            keep(&self.symptoms, key, replayed.clone());
        }
    }

    /// The answers of a version.
    pub fn runs(&self, key: &Digest) -> Option<Vec<Vec<Answer>>> {
        find(&self.runs, key)
    }

    /// Only whole answers are kept.
    pub fn keep_runs(&self, key: Digest, runs: &[Vec<Answer>]) {
        let answers = || runs.iter().flatten();
        let length: usize = answers().map(|answer| answer.text.len()).sum();
        if length <= MAX_ANSWERS && answers().all(|answer| answer.status.is_some()) {
            keep(&self.runs, key, runs.to_vec());
        }
    }
}

fn find<T: Clone>(known: &Known<T>, key: &Digest) -> Option<T> {
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().find(|(of, _)| of == key).map(|(_, what)| what.clone())
}

fn keep<T>(known: &Known<T>, key: Digest, what: T) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|(of, _)| *of != key);
    known.push_back((key, what));
    if known.len() > MOST {
        known.pop_front();
    }
}
