//! A client that asks at a constant rate and counts what fails: the switch must not show.

use serde::Serialize;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Between two requests.
const PERIOD: Duration = Duration::from_millis(20);
/// One that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(5);

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

/// A running client.
#[derive(Debug)]
pub struct Traffic {
    stop: CancellationToken,
    task: JoinHandle<Count>,
}

impl Traffic {
    /// Starts asking for a URL.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    #[expect(clippy::disallowed_methods, reason = "joined by `end`")]
    pub fn start(url: String) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build()?;
        let stop = CancellationToken::new();
        let word = stop.clone();
        let task = tokio::spawn(async move {
            let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
            let mut tick = tokio::time::interval(PERIOD);
            loop {
                tokio::select! {
                    _ = tick.tick() => {
                        let (http, url, tell) = (http.clone(), url.clone(), tell.clone());
                        // Not awaited: a slow answer must not lower the rate.
                        tokio::spawn(async move { tell.send(ask(&http, &url).await) });
                    }
                    () = word.cancelled() => break,
                }
            }
            drop(tell);
            let mut count = Count::default();
            while let Some(failure) = told.recv().await {
                count.requests += 1;
                if let Some(failure) = failure {
                    count.failed += 1;
                    if count.failures.len() < 5 {
                        count.failures.push(failure);
                    }
                }
            }
            count
        });
        Ok(Self { stop, task })
    }

    /// Stops asking, waits for what is under way, and counts.
    pub async fn end(self) -> Count {
        self.stop.cancel();
        self.task.await.unwrap_or_default()
    }
}

/// `None` for a 200, else what came instead.
async fn ask(http: &reqwest::Client, url: &str) -> Option<String> {
    match http.get(url).send().await {
        Ok(answer) if answer.status().as_u16() == 200 => answer.bytes().await.err().map(|error| error.to_string()),
        Ok(answer) => Some(answer.status().to_string()),
        Err(error) => Some(format!("{error:?}")),
    }
}
