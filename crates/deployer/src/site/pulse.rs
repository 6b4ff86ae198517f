//! Asks the live instance whether it still answers, beside everything else: nobody waits for an answer that does not come.

use super::Site;
use crate::hang::PERIOD;
use crate::instance::{Instance, InstanceId};
use crate::process;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, timeout};

/// How long it is waited for the turn: the reconciler lets go of it soon, a roll-out does not.
const TURN: Duration = Duration::from_millis(200);

impl Site {
    /// Goes on for ever, with at most one question begun a second. An answer is heard until the silence is too long: also a
    /// process that takes seconds for each is alive.
    pub(crate) async fn feel(&self, silence: Duration) {
        let mut tick = tokio::time::interval(PERIOD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut asked, mut before) = (FuturesUnordered::new(), Instant::now());
        loop {
            tokio::select! {
                biased;
                Some((of, is_answered)) = asked.next() => {
                    if is_answered {
                        self.watch().pulse.answered(of);
                    }
                }
                _ = tick.tick() => {
                    let since = before.elapsed();
                    before = Instant::now();
                    match self.whom_to_ask().await {
                        Some(live) => {
                            self.watch().pulse.ask(live.id, since);
                            asked.push(self.ask(live, silence));
                        }
                        None => self.watch().pulse.pause(),
                    }
                }
            }
        }
    }

    /// The live instance, while no roll-out is at work. A process that is gone is the reconciler's to notice.
    async fn whom_to_ask(&self) -> Option<Instance> {
        drop(timeout(TURN, self.turn.lock()).await.ok()?);
        let live = self.shared.ledger.live(&self.target.name).await.ok()??;
        live.instance.process.is_some_and(process::is_alive).then_some(live.instance)
    }

    /// Whether an instance answers its health check, with whatever.
    async fn ask(&self, instance: Instance, limit: Duration) -> (InstanceId, bool) {
        let url = format!("{}{}", instance.base_url(), self.target.run.health.path);
        (instance.id, self.shared.http.get(url).timeout(limit).send().await.is_ok())
    }
}
