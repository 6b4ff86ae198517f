//! The supervisor's duty: what was live and died, or hangs, is started again. No roll-out: same commit, same artefact.

use super::before::chain;
use super::start::StartError;
use super::{Site, Turn};
use crate::instance::Instance;
use crate::ledger::{LedgerError, LiveNow};
use crate::process;
use crate::traffic::TrafficError;
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use wire::Problem;

/// The first pause after a failed start; it doubles.
const PAUSE: TimeDelta = TimeDelta::milliseconds(500);

impl Site {
    /// Starts the live artefact again and sends traffic there. A process that hangs is ended meanwhile: it holds what the new
    /// one may need, and its callers.
    pub(super) async fn revive(&self, _turn: &Turn, live: &LiveNow, is_hung: bool) -> Result<(), LedgerError> {
        let what = if is_hung { "answers nothing any more" } else { "is gone" };
        tracing::warn!(target_name = %self.target.name, instance = %live.instance.id, "the live process {what}; starting it again");
        let ended = async {
            if is_hung {
                self.watch().hangs.note(self.now());
                let grace = Duration::from_millis(self.target.run.drain_ms);
                process::end(live.instance.id, live.instance.process, grace).await;
            }
        };
        let (revived, ()) = tokio::join!(self.revive_now(live), ended);
        match revived {
            Ok(fresh) => {
                self.watch().revive_failures = 0;
                self.tell(None);
                tracing::info!(target_name = %self.target.name, instance = %fresh.id, "live again");
                Ok(())
            }
            Err(Refused::Ledger(error)) => Err(error),
            Err(Refused::Start(why)) => {
                {
                    let mut watch = self.watch();
                    watch.revive_failures += 1;
                    watch.revive_at = self.now() + crate::duty::pause(PAUSE, watch.revive_failures);
                }
                self.tell(Some(Problem::new("not_revived", format!("the live process {what}: {why}"))));
                Ok(())
            }
        }
    }

    async fn revive_now(&self, live: &LiveNow) -> Result<Instance, Refused> {
        let (shared, artefact) = (Arc::clone(&self.shared), live.instance.artefact.clone());
        let digest = artefact.clone();
        let check = tokio::task::spawn_blocking(move || crate::artefact::check(&shared.artefacts, &digest)).await;
        check.map_err(|error| Refused::Start(chain(&error)))?.map_err(|error| Refused::Start(chain(&error)))?;
        let what = (live.commit.clone(), live.instance.tree.clone(), artefact);
        let instance = self.instance(live.instance.colour.other(), what).map_err(|e| Refused::Start(chain(&e)))?;
        let id = instance.id;
        let done = self.bring_up(instance, live).await;
        if done.is_err() {
            self.discard(id).await?;
        }
        done
    }

    async fn bring_up(&self, instance: Instance, live: &LiveNow) -> Result<Instance, Refused> {
        let fresh = self.start(instance).await?;
        self.healthy(&fresh).await.map_err(Refused::Start)?;
        self.publish_log(&fresh);
        let sent = self.shared.traffic.send(&self.target.name, Some(&fresh.route(&self.target))).await;
        match sent {
            Ok(()) => {}
            // There is nothing better to send traffic to; the file says where it goes.
            Err(error @ TrafficError::NotTaken { .. }) => tracing::warn!(%error, "the front is late"),
            Err(TrafficError::Ledger(error)) => return Err(error.into()),
            Err(error) => return Err(Refused::Start(chain(&error))),
        }
        self.shared.ledger.revived(&self.target.name, live.instance.id, fresh.id, self.now()).await?;
        self.retire.notify_one();
        Ok(fresh)
    }
}

enum Refused {
    Ledger(LedgerError),
    Start(String),
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        Refused::Ledger(error)
    }
}

impl From<StartError> for Refused {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Ledger(error) => Refused::Ledger(error),
            other => Refused::Start(chain(&other)),
        }
    }
}
