//! Backboard.io as a second finder of similar incidents, if the settings name one. What is known is kept there as memories, and a
//! symptom's nearest memories are nominated here; how sure a nomination is, is for the own calibration to say, since Backboard
//! has scores and no confidence. It is paid, leaves the machine and may be away: nothing waits for it for long, and without it
//! everything is found as before. Never shown against the service itself: its form is that of the public SDK, 1.5.

mod form;
mod http;

use crate::document::Document;
use anyhow::Context;
use chassis::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use form::{Assistant, Found, Memory, Work};
use http::Http;
use secrecy::SecretString;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wire::Digest;

/// How many memories are asked for.
const NEAREST: usize = 20;
/// How many memories are kept there at most, and how many are listed at a time.
const MOST: usize = 3_000;
const PAGE: usize = 100;
/// How many memories are written in one go; each is paid for.
const AT_A_TIME: usize = 200;
/// How long it may be waited for: an incident waits, too.
const LIMITS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(30);
/// For so long it is left alone when it did not answer, seconds.
const PAUSE_S: i64 = 60;

/// Why it did not answer. The texts hold no key and no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackboardError {
    /// Nobody was reached, or not in time.
    #[error("Backboard does not answer: {0}")]
    Away(String),
    /// It refused.
    #[error("Backboard refused with {status}: {why}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own word for it.
        why: String,
    },
    /// Its answer is of another form.
    #[error("Backboard's answer has not the form that is known: {0}")]
    Form(String),
    /// Nothing was kept there so far.
    #[error("nothing is kept at Backboard yet")]
    NotYet,
    /// It did not answer a moment ago.
    #[error("Backboard is left alone until {0}")]
    LeftAlone(DateTime<Utc>),
}

/// See the module.
pub struct Backboard {
    http: Arc<Http>,
    name: String,
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    assistant: Option<String>,
    /// The digests of documents that were written in this life: a memory may be listed late, or with its metadata lost, and
    /// each write is paid for.
    written: HashSet<Digest>,
    left_alone_until: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Backboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backboard").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Backboard {
    /// At a base URL, with the assistant of this name, which is made when there is none. One assistant is for one installation.
    ///
    /// # Errors
    /// When the base URL must not be used, or there is no key.
    pub fn open(
        base: &str,
        name: &str,
        limit: Duration,
        key: SecretString,
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(
            (1..=255).contains(&name.chars().count()),
            "the setting `backboard_assistant` must be a name of 1 to 255 characters"
        );
        anyhow::ensure!(LIMITS.contains(&limit), "the setting `backboard_limit_ms` must be 100 to 30000");
        let base = models::address::base(base).context("the setting `backboard` cannot be used")?;
        Ok(Self { http: Arc::new(Http::new(base, key, limit)), name: name.to_owned(), clock, state: Mutex::default() })
    }

    /// The ids of the documents whose memories are nearest to a text, the nearest first.
    ///
    /// # Errors
    /// See [`BackboardError`]; then it is left alone for a minute.
    pub async fn nominate(&self, text: &str) -> Result<Vec<String>, BackboardError> {
        self.check_pause()?;
        // Who only asks does not make an assistant.
        let assistant = self.state().assistant.clone().ok_or(BackboardError::NotYet)?;
        let path = format!("/assistants/{assistant}/memories/search");
        let found: Result<Found, _> = self.http.post(path, form::question(text, NEAREST)).await;
        let found = found.map(|found| found.documents());
        self.take_note(found.as_ref().err());
        found
    }

    /// Brings what is kept there in line with what is known here. Answers how many memories were written and removed.
    ///
    /// # Errors
    /// See [`BackboardError`]; what was done by then stays, and the next time goes on.
    pub async fn keep_up(&self, known: &[Arc<Document>]) -> Result<(usize, usize), BackboardError> {
        let done = self.keep_up_now(known).await;
        self.take_note(done.as_ref().err());
        done
    }

    async fn keep_up_now(&self, known: &[Arc<Document>]) -> Result<(usize, usize), BackboardError> {
        let assistant = self.assistant().await?;
        let path = format!("/assistants/{assistant}/memories");
        let kept = self.list(&path).await?;
        let Work { mut write, remove } = form::work(known, &kept);
        self.leave_out_written(known, &mut write);
        for id in &remove {
            self.http.delete(format!("{path}/{id}")).await?;
        }
        let mut written = 0;
        for document in write.iter().take(AT_A_TIME.min(MOST.saturating_sub(kept.len()))) {
            self.http.post::<serde_json::Value>(path.clone(), form::memory_of(document)).await?;
            self.state().written.insert(document.digest.clone());
            written += 1;
        }
        Ok((written, remove.len()))
    }

    /// Leaves out what was written in this life, as far as it was known ever since: what was withdrawn may come back.
    fn leave_out_written(&self, known: &[Arc<Document>], write: &mut Vec<Arc<Document>>) {
        let written = &mut self.state().written;
        written.retain(|digest| known.iter().any(|document| document.digest == *digest));
        write.retain(|document| !written.contains(&document.digest));
    }

    async fn list(&self, path: &str) -> Result<Vec<Memory>, BackboardError> {
        let mut kept = Vec::new();
        for page in 1..=MOST / PAGE {
            let found: Found = self.http.get(format!("{path}?page={page}&page_size={PAGE}")).await?;
            let whole = found.memories.len() == PAGE;
            kept.extend(found.memories);
            if !whole {
                break;
            }
        }
        Ok(kept)
    }

    async fn assistant(&self) -> Result<String, BackboardError> {
        let known = self.state().assistant.clone();
        if let Some(id) = known {
            return Ok(id);
        }
        let query = form::encoded(&self.name);
        let all: Vec<Assistant> = self.http.get(format!("/assistants?skip=0&limit=200&name={query}")).await?;
        let id = match form::ours(all, &self.name) {
            Some(id) => id,
            None => {
                let made: Assistant = self.http.post("/assistants".into(), form::assistant(&self.name)).await?;
                form::id(made.assistant_id)?
            }
        };
        self.state().assistant = Some(id.clone());
        Ok(id)
    }

    fn check_pause(&self) -> Result<(), BackboardError> {
        let until = self.state().left_alone_until.filter(|until| *until > self.clock.now());
        until.map_or(Ok(()), |until| Err(BackboardError::LeftAlone(until)))
    }

    fn take_note(&self, error: Option<&BackboardError>) {
        let until = self.clock.now().checked_add_signed(TimeDelta::seconds(PAUSE_S));
        let mut state = self.state();
        state.left_alone_until = error.and(until);
        if matches!(error, Some(BackboardError::Refused { status: 404, .. })) {
            // Somebody has removed the assistant: it is looked for again, and what it held is gone.
            (state.assistant, state.written) = (None, HashSet::new());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
