//! Looks at a target that a pipeline runs: its health check, then its version. Nobody else's word is taken for it.

use super::Site;
use crate::pipeline::{Look, version};
use std::time::Duration;
use tokio::time::Instant;
use wire::CommitId;
use wire::target::Pipeline;

/// How long one question may take.
const CHECK: Duration = Duration::from_secs(1);
/// Between two looks: traffic may be moved to the new version at the very moment of the word.
const PAUSE: Duration = Duration::from_millis(100);
/// The most that is read of an answer, bytes.
const MAX_ANSWER: usize = 64 << 10;

impl Site {
    /// Looks until the commit is there and well, at most as long as the target file gives a start to be healthy.
    pub(super) async fn look_patiently(&self, pipeline: &Pipeline, commit: &CommitId) -> Look {
        let until = Instant::now() + Duration::from_millis(self.target.run.health.timeout_ms);
        loop {
            let look = self.look_once(pipeline, commit).await;
            if matches!(look, Look::Well | Look::Same) || Instant::now() >= until {
                return look;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Looks once.
    pub(super) async fn look_once(&self, pipeline: &Pipeline, commit: &CommitId) -> Look {
        let health = &self.target.run.health.path;
        match self.read_from_target(pipeline, health).await {
            Ok(_) => {}
            Err(look) => return look,
        }
        let Some(place) = &pipeline.version else { return Look::Well };
        match self.read_from_target(pipeline, &place.path).await {
            Ok(answer) => version(&answer, &place.json, commit),
            // It is well; only its version cannot be read.
            Err(Look::Unwell(why)) => Look::Silent(why),
            Err(look) => look,
        }
    }

    async fn read_from_target(&self, pipeline: &Pipeline, path: &str) -> Result<Vec<u8>, Look> {
        let silent = || Look::Silent(format!("the target does not answer {path}"));
        let ask = async {
            let mut answer =
                self.shared.http.get(format!("{}{path}", pipeline.url)).send().await.map_err(|_| silent())?;
            if answer.status() != reqwest::StatusCode::OK {
                return Err(Look::Unwell(format!("the target answers {path} with {}", answer.status().as_u16())));
            }
            let mut body = Vec::new();
            while let Some(part) = answer.chunk().await.map_err(|_| silent())? {
                body.extend_from_slice(&part);
                if body.len() > MAX_ANSWER {
                    return Err(Look::Silent(format!(
                        "the target's answer to {path} is longer than {MAX_ANSWER} bytes"
                    )));
                }
            }
            Ok(body)
        };
        tokio::time::timeout(CHECK, ask).await.unwrap_or_else(|_| Err(silent()))
    }
}
