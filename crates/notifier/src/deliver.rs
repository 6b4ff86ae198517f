//! Delivering one message: at the pace that was set, again after a pause, until it is taken or refused.

use crate::message::Message;
use crate::pace::Pace;
use crate::settings::Settings;
use crate::webhook::{Outcome, Webhook};
use chassis::SharedClock;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a message ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The receiver took it.
    Delivered,
    /// The receiver refused it, as often as it was tried.
    Dead(String),
}

/// What stands in the way now.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trouble {
    /// The message that waits.
    pub(crate) message: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Why it was not taken.
    pub(crate) why: String,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
}

/// The way to one receiver.
pub(crate) struct Delivery {
    webhook: Webhook,
    clock: SharedClock,
    settings: Settings,
    pace: Mutex<Pace>,
    trouble: Mutex<Option<Trouble>>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Delivery")
    }
}

impl Delivery {
    pub(crate) fn new(webhook: Webhook, settings: Settings, clock: SharedClock) -> Self {
        let pace = Mutex::new(Pace::per_minute(settings.per_minute, clock.now()));
        Self { webhook, clock, settings, pace, trouble: Mutex::default() }
    }

    /// Delivers, however long it takes. Whoever drops this half-way delivers again later, under the same id.
    pub(crate) async fn deliver(&self, message: &Message) -> Ended {
        let body = serde_json::to_vec(message).unwrap_or_default();
        self.wait_for_a_place().await;
        let (mut attempts, mut refusals) = (0, 0);
        loop {
            let (why, pause) = match self.webhook.attempt(&message.id, &body, self.clock.now()).await {
                Outcome::Delivered => {
                    self.tell(None);
                    return Ended::Delivered;
                }
                Outcome::Later { why, after } => (why, after),
                Outcome::Refused(why) => {
                    refusals += 1;
                    if refusals >= self.settings.refusals {
                        self.tell(None);
                        return Ended::Dead(why);
                    }
                    (why, None)
                }
            };
            attempts += 1;
            if attempts == 1 {
                tracing::warn!(message = message.id, why, "not delivered; trying again");
            }
            let since = lock(&self.trouble).as_ref().map_or_else(|| self.clock.now(), |trouble| trouble.since);
            self.tell(Some(Trouble { message: message.id.clone(), attempts, why, since }));
            tokio::time::sleep(pause.unwrap_or_else(|| self.settings.pause(attempts))).await;
        }
    }

    /// One attempt, for a test message.
    pub(crate) async fn try_once(&self, message: &Message) -> Outcome {
        let body = serde_json::to_vec(message).unwrap_or_default();
        self.webhook.attempt(&message.id, &body, self.clock.now()).await
    }

    /// What stands in the way now, if anything.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        lock(&self.trouble).clone()
    }

    async fn wait_for_a_place(&self) {
        loop {
            let now = self.clock.now();
            let Err(at) = lock(&self.pace).take(now) else { return };
            tokio::time::sleep((at - now).to_std().unwrap_or(Duration::from_millis(1))).await;
        }
    }

    fn tell(&self, trouble: Option<Trouble>) {
        *lock(&self.trouble) = trouble;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
