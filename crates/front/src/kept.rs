//! Good answers that are kept in case a relief needs them: only what is everybody's, bounded in number and size.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
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
/// The headers of an answer that are kept with it.
const HEADERS: [&str; 4] = ["content-type", "content-language", "etag", "last-modified"];
/// With one of these a request is not everybody's, or asks for a part.
const NOT_EVERYBODYS: [&str; 4] = ["authorization", "cookie", "range", "x-api-key"];

/// What is asked for: of which target, with the query.
pub type Question = (String, String);

/// A kept answer with status 200.
#[derive(Debug, Clone, PartialEq)]
pub struct Good {
    /// When it came.
    pub at: DateTime<Utc>,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its whole body.
    pub body: Bytes,
}

/// The answers.
#[derive(Debug, Default)]
pub struct Kept {
    answers: Mutex<HashMap<Question, Arc<Good>>>,
}

impl Kept {
    /// Keeps an answer, in place of an older one. One that is too large is not kept.
    pub fn keep(&self, question: Question, good: Good) {
        if good.body.len() > MAX_BODY || question.1.len() > MAX_PATH {
            return;
        }
        let mut answers = self.lock();
        answers.insert(question, Arc::new(good));
        let mut bytes: usize = answers.values().map(|good| good.body.len()).sum();
        while answers.len() > MAX_ANSWERS || bytes > MAX_BYTES {
            let oldest = answers.iter().min_by_key(|(_, good)| good.at).map(|(question, _)| question.clone());
            let Some(gone) = oldest.and_then(|oldest| answers.remove(&oldest)) else { break };
            bytes -= gone.body.len();
        }
    }

    /// The last good answer that is not older than so many seconds.
    pub fn find(&self, question: &Question, max_age_s: u32, now: DateTime<Utc>) -> Option<Arc<Good>> {
        let good = self.lock().get(question).map(Arc::clone)?;
        ((now - good.at).num_seconds() <= i64::from(max_age_s)).then_some(good)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Question, Arc<Good>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the answer to a request with these headers may be everybody's. Pure.
pub fn is_everybodys(request: &HeaderMap) -> bool {
    !NOT_EVERYBODYS.iter().any(|name| request.contains_key(*name))
}

/// What of an answer's headers is kept; none when it is not to be kept. Pure.
pub fn worth_keeping(status: u16, answer: &hyper::HeaderMap) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let varies =
        ["set-cookie", "vary", "content-encoding", "content-range"].iter().any(|name| answer.contains_key(*name));
    let control = answer.get_all("cache-control").iter().filter_map(|value| value.to_str().ok());
    let forbids = control.flat_map(|value| value.split(',')).any(|word| {
        let word = word.trim().to_ascii_lowercase();
        ["no-store", "private", "no-cache", "must-revalidate"].iter().any(|no| word.starts_with(no))
    });
    if status != 200 || varies || forbids {
        return None;
    }
    let kept = HEADERS.iter().filter_map(|name| {
        let value = HeaderValue::from_bytes(answer.get(*name)?.as_bytes()).ok()?;
        Some((HeaderName::from_static(name), value))
    });
    Some(kept.collect())
}
