//! What is done for a target that a pipeline deploys without being asked: its routes are kept, and what the pipeline says of
//! pushes that nobody here waits for (a developer's, a reset's) is brought into the record. Nothing is rolled out.

use super::Site;
use super::before::chain;
use crate::course::{Course, Order};
use crate::duty;
use crate::ledger::{LedgerError, Word};
use crate::pipeline::{Facts, Step, next};
use crate::route_table;
use crate::traffic::TrafficError;
use chrono::TimeDelta;
use wire::Problem;
use wire::paths;
use wire::rollout::{Mode, Route};
use wire::target::Pipeline;

/// How long a word is tried to be confirmed while the target does not answer.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
enum ObserveError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Traffic(#[from] TrafficError),
}

impl Site {
    /// Goes on for ever.
    pub(super) async fn observe(&self, pipeline: &Pipeline) {
        let mut failures = 0;
        loop {
            let pause = match self.observe_once(pipeline).await {
                Ok(()) => {
                    failures = 0;
                    self.shared.settings.poll()
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(target_name = %self.target.name, error = chain(&error), "observed again later");
                    duty::pause(self.first_pause(), failures).to_std().unwrap_or(self.shared.settings.poll())
                }
            };
            let _woken = tokio::time::timeout(pause, self.wake.notified()).await;
        }
    }

    async fn observe_once(&self, pipeline: &Pipeline) -> Result<(), ObserveError> {
        let traffic = &self.shared.traffic;
        traffic.publish(route_table::CALLBACKS, &callbacks(&self.shared.settings.listen)).await?;
        traffic.publish(self.target.name.as_str(), &self.route_to(pipeline)).await?;
        // Whoever waits for a word makes something of it himself.
        let Ok(_turn) = self.turn.try_lock() else { return Ok(()) };
        for word in self.shared.ledger.open_words(&self.target.name).await? {
            if self.take_in(pipeline, &word).await? {
                self.shared.ledger.take(&self.target.name, &word.id).await?;
            }
        }
        self.compare_with_head().await
    }

    /// Brings the record up to date with a word; whether that is done.
    async fn take_in(&self, pipeline: &Pipeline, word: &Word) -> Result<bool, ObserveError> {
        let (ledger, name, commit) = (&self.shared.ledger, &self.target.name, &word.callback.commit);
        let newer = ledger.live_commit(name).await?.is_some_and(|live| live.since > word.sent_at);
        if newer && pipeline.version.is_none() {
            return Ok(true);
        }
        let mut step = next(&Facts { word: Some(word), look: None, moved: false, late: false });
        if step == Step::Look {
            let look = self.look_once(pipeline, commit).await;
            step = next(&Facts { word: Some(word), look: Some(&look), moved: false, late: false });
        }
        // An older word is not waited for: what came after it is live.
        let is_fresh = !newer && self.now() < word.received_at + PATIENCE;
        match step {
            Step::Live(by) => {
                let Ok(found) = self.branch.find(commit).await else { return Ok(!is_fresh) };
                let Some(found) = found else { return Ok(true) };
                let order = Order {
                    target: name.clone(),
                    commit: commit.clone(),
                    tree: found.tree,
                    mode: Mode::Plain,
                    artefact: None,
                    asked: None,
                    developers: duty::is_developers(&found.trailers),
                };
                let earlier = ledger.rollout(name, commit).await?;
                self.now_live(&mut Course::begin(order, earlier.as_ref(), self.now()), by, word.sent_at).await?;
                tracing::info!(target_name = %name, %commit, "live, as the pipeline says");
                Ok(true)
            }
            // Traffic may be moved, or the target be back, in a moment.
            Step::Unverified { .. } if is_fresh && word.callback.status == wire::rollout::CallbackStatus::Success => {
                Ok(false)
            }
            step => {
                tracing::warn!(target_name = %name, %commit, ?step, "the pipeline's word makes nothing live");
                Ok(true)
            }
        }
    }

    /// Tells when the head is not what runs, as far as anybody knows.
    async fn compare_with_head(&self) -> Result<(), ObserveError> {
        let live = self.shared.ledger.live_commit(&self.target.name).await?;
        self.tell(match self.branch.recent_head().await {
            Err(error) => Some(Problem::new("head_unknown", chain(&*error))),
            Ok(head) if live.is_some_and(|live| live.commit == head.commit) => None,
            Ok(head) => Some(Problem::new("not_live", format!("no pipeline has said that {} is live", head.commit))),
        });
        Ok(())
    }

    fn route_to(&self, pipeline: &Pipeline) -> Route {
        let (prefix, upstream) = (self.target.run.prefix.clone(), pipeline.url.clone());
        Route { prefix, upstream, label: format!("{}/pipeline", self.target.name), keep: Vec::new() }
    }

    /// A pipeline has said something.
    pub(crate) fn hear(&self) {
        self.told.notify_one();
        self.wake.notify_one();
    }
}

/// The route by which the front passes on what pipelines say.
fn callbacks(listen: &str) -> Route {
    let upstream = format!("http://{}", listen.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:"));
    let label = format!("{}/deployer", route_table::CALLBACKS);
    Route { prefix: paths::CALLBACKS.to_owned(), upstream, label, keep: Vec::new() }
}
