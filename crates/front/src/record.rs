//! A sample of what is passed on, for whoever wants to ask it again: `<target>.jsonl` in a folder, off without one. A
//! request never waits for it: what cannot be taken at once is not recorded.

mod sample;

pub use sample::Sample;

use crate::table::{DEVELOPER, is_below};
use actix_web::HttpRequest;
use actix_web::web::Bytes;
use anyhow::Context;
use camino::{Utf8Path, Utf8PathBuf};
use chassis::{SharedClock, Stop};
use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use wire::paths::{FRONT, REPLAY_HEADER};
use wire::target::Request;
use wire::traffic::{MAX_BODY, Recorded, file_name};

/// How many exchanges may wait to be looked at.
const QUEUE: usize = 256;
/// How long after a change the file is written: one write for what comes together.
const PAUSE: Duration = Duration::from_millis(200);
/// How many targets there are at most.
const MAX_TARGETS: usize = 64;
/// The headers that are kept.
const HEADERS: [&str; 2] = ["accept", "content-type"];
/// What only its sender may say: such requests are not kept.
const PERSONAL: [&str; 4] = ["authorization", "cookie", "proxy-authorization", REPLAY_HEADER];

/// Where exchanges are handed in.
pub struct Recorder {
    way: Option<(Utf8PathBuf, Sender<Passed>)>,
    waiting: Mutex<Option<Receiver<Passed>>>,
    clock: SharedClock,
}

/// An exchange that may be kept.
#[derive(Debug)]
struct Passed {
    target: String,
    recorded: Recorded,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("way", &self.way).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Into a folder; nowhere when its name is empty.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Utf8Path) -> anyhow::Result<Self> {
        let clock = chassis::clock::system();
        if folder.as_str().is_empty() {
            return Ok(Self { way: None, waiting: Mutex::default(), clock });
        }
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("cannot make the folder {folder} of the setting record"))?;
        let (sender, receiver) = channel(QUEUE);
        Ok(Self { way: Some((folder.to_owned(), sender)), waiting: Mutex::new(Some(receiver)), clock })
    }

    /// Whether anything is recorded.
    pub fn is_on(&self) -> bool {
        self.way.is_some()
    }

    /// Hands an exchange in, if it may be kept. `body` is none when it was too long to be whole.
    pub fn saw(&self, label: &str, request: &HttpRequest, body: Option<&Bytes>, status: u16) {
        let Some((_, sender)) = &self.way else { return };
        let Some(request) = body.and_then(|body| kept(request, body)) else { return };
        let target = label.split('/').next().unwrap_or_default().to_owned();
        let recorded = Recorded { request, status, at: self.clock.now() };
        // Nobody waits: when there is no room, this one is not recorded.
        let _full = sender.try_send(Passed { target, recorded });
    }

    /// Keeps the files, until the word to stop.
    pub async fn keep(&self, stop: Stop) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(((folder, _), mut waiting)) = self.way.as_ref().zip(waiting) else { return };
        let mut samples = BTreeMap::new();
        loop {
            let first = tokio::select! {
                passed = waiting.recv() => passed,
                () = stop.requested() => None,
            };
            let Some(first) = first else { break };
            if add(&mut samples, folder, first) {
                tokio::time::sleep(PAUSE).await;
            }
            while let Ok(passed) = waiting.try_recv() {
                add(&mut samples, folder, passed);
            }
            samples = write(samples, folder.clone()).await;
        }
        while let Ok(passed) = waiting.try_recv() {
            add(&mut samples, folder, passed);
        }
        write(samples, folder.clone()).await;
    }
}

/// What is kept of a request; none when it must not be. Nothing that costs time: redaction comes later.
fn kept(request: &HttpRequest, body: &Bytes) -> Option<Request> {
    let path = request.uri().path();
    let own = is_below(path, DEVELOPER) || is_below(path, FRONT);
    if own || body.len() > MAX_BODY || PERSONAL.iter().any(|name| request.headers().contains_key(*name)) {
        return None;
    }
    let header = |name: &&str| {
        let value = request.headers().get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), value.to_owned()))
    };
    Some(Request {
        method: request.method().as_str().to_owned(),
        path: request.uri().path_and_query()?.as_str().to_owned(),
        headers: HEADERS.iter().filter_map(header).collect(),
        body: String::from_utf8(body.to_vec()).ok()?,
    })
}

/// Answers whether there is something to be written.
fn add(samples: &mut BTreeMap<String, Sample>, folder: &Utf8Path, Passed { target, recorded }: Passed) -> bool {
    if !target.parse::<wire::TargetName>().is_ok_and(|name| name.as_str() == target) {
        return false;
    }
    if !samples.contains_key(&target) && samples.len() >= MAX_TARGETS {
        return false;
    }
    let read = || std::fs::read(folder.join(file_name(&target))).unwrap_or_default();
    samples.entry(target.clone()).or_insert_with(|| Sample::read(&read())).add(recorded)
}

async fn write(samples: BTreeMap<String, Sample>, folder: Utf8PathBuf) -> BTreeMap<String, Sample> {
    let work = move || {
        let mut samples = samples;
        for (target, sample) in &mut samples {
            let Some(text) = sample.changed() else { continue };
            let file = folder.join(file_name(target));
            let beside = file.with_extension("new");
            if let Err(error) = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &file)) {
                tracing::warn!(%file, %error, "the sample of the traffic cannot be written");
            }
        }
        samples
    };
    // Only a panic loses the samples; then they are read again.
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}
