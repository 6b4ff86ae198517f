//! A declared service that counts the calls that carry a replay's id.

use serde::Deserialize;
use std::time::Duration;
use wire::ReplayId;

/// How long its answer may take.
const LIMIT: Duration = Duration::from_millis(500);
/// The largest answer, bytes.
const MAX_ANSWER: usize = 4 * 1024;

#[derive(Deserialize)]
struct Counted {
    calls: u64,
}

/// The count, or none when it cannot be had.
pub(super) async fn ask(http: &reqwest::Client, url: &str, replay: &ReplayId) -> Option<u64> {
    let url = url.replace("{replay}", replay.as_str());
    let mut answer = http.get(url).timeout(LIMIT).send().await.ok()?;
    if answer.status() != reqwest::StatusCode::OK {
        return None;
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return None;
        }
    }
    serde_json::from_slice::<Counted>(&bytes).ok().map(|counted| counted.calls)
}
