//! Takes what the follower found, reports it to the store until it is acknowledged, and only then moves the place.

mod answer;
mod courier;
mod keeper;

pub(crate) use courier::Courier;
pub(crate) use keeper::Keeper;

use crate::ledger::News;
use crate::watch::Bell;
use chassis::Stop;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::MissedTickBehavior;

/// How many news may wait for the store; beyond it the follower stands still.
pub(crate) const QUEUE: usize = 64;
/// How long a place that moved without a detection may stay unwritten: after a crash so much is read again.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// The reporter of one target.
pub(crate) struct Reporter {
    pub(crate) courier: Courier,
    pub(crate) queue: Receiver<News>,
    pub(crate) bell: Bell,
    pub(crate) stop: Stop,
    pub(crate) keeper: Keeper,
}

impl Reporter {
    /// Reports until the word to stop.
    pub(crate) async fn run(mut self) {
        let mut tick = tokio::time::interval(SAVE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                () = stop.requested() => break,
                news = self.queue.recv() => {
                    self.bell.has_room();
                    let Some(news) = news else { break };
                    if !self.deal_with(news).await {
                        break;
                    }
                }
                () = self.keeper.written() => {}
                _ = tick.tick() => {
                    self.keeper.begin();
                    self.keeper.keep_errors(false).await;
                }
            }
        }
        self.keeper.write().await;
        self.keeper.keep_errors(true).await;
    }

    /// False when the word to stop came first.
    async fn deal_with(&mut self, news: News) -> bool {
        if let News::Found(key, stream, finding) = &news {
            if !finding.names_itself {
                self.keeper.foresee(*key, *stream).await;
            }
            for detection in &finding.detections {
                if !self.courier.deliver(detection).await {
                    return false;
                }
            }
            self.keeper.settle(&finding.detections).await;
        }
        self.keeper.take_in(news);
        true
    }
}
