//! Good answers that are kept in case a relief needs them: bounded in number and size.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many answers are kept; the oldest goes first.
pub const MAX_ANSWERS: usize = 512;
/// The largest body that is kept, bytes.
pub const MAX_BODY: usize = 256 << 10;
/// The bodies of all of them, bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// The longest path with its query, bytes.
const MAX_PATH: usize = 2 << 10;
/// How many headers there are by which an answer may vary, see [`crate::worth::VARIANTS`].
pub const VARIANTS: usize = 3;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which target.
    pub target: String,
    /// By which name the caller knows it.
    pub host: String,
    /// The path with its query.
    pub path: String,
    /// What the caller takes: the values of [`crate::worth::VARIANTS`].
    pub accepts: [String; VARIANTS],
}

/// Where the answers to a question are: target, host, path.
type Place = (String, String, String);

impl Question {
    fn place(&self) -> Place {
        (self.target.clone(), self.host.clone(), self.path.clone())
    }
}

/// A kept answer with status 200.
#[derive(Debug, Clone, PartialEq)]
pub struct Good {
    /// When it came.
    pub at: DateTime<Utc>,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For what callers it is, where it varies by what they take.
    pub varies: [Option<String>; VARIANTS],
    /// Its whole body.
    pub body: Bytes,
}

impl Good {
    fn is_for(&self, question: &Question) -> bool {
        self.varies.iter().zip(&question.accepts).all(|(only, taken)| only.as_ref().is_none_or(|only| only == taken))
    }

    fn size(&self) -> usize {
        self.body.len() + self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
    }
}

/// The answers.
#[derive(Debug, Default)]
pub struct Kept {
    answers: Mutex<HashMap<Place, Vec<Arc<Good>>>>,
}

impl Kept {
    /// Keeps an answer, in place of older ones to the same. One that is too large is not kept.
    pub fn keep(&self, question: &Question, good: Good) {
        if good.body.len() > MAX_BODY || question.path.len() + question.host.len() > MAX_PATH {
            return;
        }
        let mut answers = self.lock();
        let variants = answers.entry(question.place()).or_default();
        variants.retain(|older| !older.is_for(question));
        variants.push(Arc::new(good));
        let all = || answers.values().flatten();
        let (mut count, mut bytes) = (all().count(), all().map(|good| good.size()).sum::<usize>());
        while count > MAX_ANSWERS || bytes > MAX_BYTES {
            let oldest = |variants: &Vec<Arc<Good>>| variants.iter().map(|good| good.at).min();
            let place = answers.iter().min_by_key(|(_, variants)| oldest(variants)).map(|(place, _)| place.clone());
            let Some((place, variants)) = place.and_then(|place| answers.remove_entry(&place)) else { break };
            let Some(at) = oldest(&variants) else { continue };
            let (gone, left): (Vec<_>, Vec<_>) = variants.into_iter().partition(|good| good.at == at);
            count -= gone.len();
            bytes -= gone.iter().map(|good| good.size()).sum::<usize>();
            if !left.is_empty() {
                answers.insert(place, left);
            }
        }
    }

    /// The last good answer that is not older than so many seconds.
    pub fn find(&self, question: &Question, max_age_s: u32, now: DateTime<Utc>) -> Option<Arc<Good>> {
        let answers = self.lock();
        let fitting = answers.get(&question.place())?.iter().filter(|good| good.is_for(question));
        let good = fitting.max_by_key(|good| good.at).map(Arc::clone)?;
        ((now - good.at).num_seconds() <= i64::from(max_age_s)).then_some(good)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Vec<Arc<Good>>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
