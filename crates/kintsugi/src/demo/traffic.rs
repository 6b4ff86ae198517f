//! A client that asks at a constant rate from the first fault to the last reset and counts what fails: no switch may show.

use super::scene::TrafficPlan;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// One that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(5);
/// Failures that are kept word for word, a phase.
const KEPT: usize = 5;

/// How the requests went.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Count {
    /// All.
    pub requests: u64,
    /// Those that were not answered with 200.
    pub failed: u64,
    /// The first failures, for people.
    pub failures: Vec<String>,
}

impl Count {
    /// Adds another count.
    pub fn add(&mut self, other: &Count) {
        self.requests += other.requests;
        self.failed += other.failed;
        let room = KEPT.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.iter().take(room).cloned());
    }

    fn take_in(&mut self, failure: Option<String>) {
        let failed = u64::from(failure.is_some());
        self.add(&Count { requests: 1, failed, failures: failure.into_iter().collect() });
    }
}

/// A running client.
#[derive(Debug)]
pub struct Traffic {
    stop: CancellationToken,
    phase: Arc<Mutex<String>>,
    task: JoinHandle<BTreeMap<String, Count>>,
}

struct Asked {
    phase: String,
    failure: Option<String>,
}

impl Traffic {
    /// Starts asking at a base URL; requests count for `phase` until another one is entered.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    #[expect(clippy::disallowed_methods, reason = "joined by `end`")]
    pub fn start(base: &str, plan: &TrafficPlan, phase: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build()?;
        let urls: Vec<String> = plan.paths.iter().map(|path| format!("{base}{path}")).collect();
        let period = Duration::from_secs(1) / plan.per_second;
        let (stop, phase) = (CancellationToken::new(), Arc::new(Mutex::new(phase.to_owned())));
        let task = tokio::spawn(ask_all(http, urls, period, Arc::clone(&phase), stop.clone()));
        Ok(Self { stop, phase, task })
    }

    /// From now on requests count for this phase.
    pub fn enter(&self, phase: &str) {
        phase.clone_into(&mut self.phase.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Stops asking, waits for what is under way, and counts by phase.
    pub async fn end(self) -> BTreeMap<String, Count> {
        self.stop.cancel();
        self.task.await.unwrap_or_default()
    }
}

async fn ask_all(
    http: reqwest::Client,
    urls: Vec<String>,
    period: Duration,
    phase: Arc<Mutex<String>>,
    stop: CancellationToken,
) -> BTreeMap<String, Count> {
    // Bounded by the rate and the limit of a request.
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut tick = tokio::time::interval(period);
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut next = urls.iter().cycle();
    let count = |counts: &mut BTreeMap<String, Count>, asked: Asked| {
        counts.entry(asked.phase).or_default().take_in(asked.failure);
    };
    loop {
        tokio::select! {
            _ = tick.tick() => if let Some(url) = next.next() {
                let phase = phase.lock().unwrap_or_else(PoisonError::into_inner).clone();
                ask_aside(http.clone(), url.clone(), phase, tell.clone());
            },
            Some(asked) = told.recv() => count(&mut counts, asked),
            () = stop.cancelled() => break,
        }
    }
    drop(tell);
    while let Some(asked) = told.recv().await {
        count(&mut counts, asked);
    }
    counts
}

/// Not awaited: a slow answer must not lower the rate.
#[expect(clippy::disallowed_methods, reason = "the client waits for every answer before it ends")]
fn ask_aside(http: reqwest::Client, url: String, phase: String, tell: UnboundedSender<Asked>) {
    tokio::spawn(async move {
        let failure = ask(&http, &url).await;
        let _heard = tell.send(Asked { phase, failure });
    });
}

/// `None` for a 200, else what came instead.
async fn ask(http: &reqwest::Client, url: &str) -> Option<String> {
    let failure = match http.get(url).send().await {
        Ok(answer) if answer.status().as_u16() == 200 => answer.bytes().await.err().map(|error| error.to_string()),
        Ok(answer) => Some(answer.status().to_string()),
        Err(error) => Some(format!("{error:?}")),
    };
    failure.map(|failure| format!("GET {url}: {failure}"))
}
