//! "Something happened": within the process at once, across replicas over Redis where there is one. It carries nothing
//! else, so losing it costs only the time until the next re-check, and Redis being away is never an error.

use crate::store::RECHECK;
use chassis::Stop;
use deadpool_redis::redis::{self, AsyncCommands};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

const CHANNEL: &str = "kintsugi:incident-store:news";
/// How long Redis may take for anything.
const LIMIT: Duration = Duration::from_secs(1);

/// Tells and hears that something happened. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct News {
    here: watch::Sender<()>,
    elsewhere: Arc<Notify>,
}

impl News {
    /// News within this process.
    pub(crate) fn new() -> Self {
        Self { here: watch::Sender::new(()), elsewhere: Arc::default() }
    }

    /// Tells everybody.
    pub(crate) fn tell(&self) {
        self.here.send_replace(());
        self.elsewhere.notify_one();
    }

    /// Hears of what is told from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.here.subscribe()
    }

    /// Also tells and hears other replicas, until the word to stop.
    pub(crate) fn connect(&self, client: &redis::Client, stop: &Stop) {
        let client = client.clone();
        let (news, word, listener) = (self.clone(), stop.clone(), client.clone());
        stop.spawn("news-in", async move { until_stop(&word, || hear(&listener, &news)).await });
        let (news, word) = (self.clone(), stop.clone());
        stop.spawn("news-out", async move { until_stop(&word, || pass_on(&client, &news)).await });
    }
}

/// Runs one connection after the other until the word to stop.
async fn until_stop<F: Future<Output = redis::RedisResult<()>>>(stop: &Stop, connection: impl Fn() -> F) {
    let mut told = false;
    while !stop.is_stopping() {
        tokio::select! {
            ended = connection() => {
                if !told {
                    tracing::warn!(error = ?ended.err(), "Redis is away: replicas hear of each other by re-checking");
                }
                told = true;
            }
            () = stop.requested() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(RECHECK) => {}
            () = stop.requested() => return,
        }
    }
}

async fn hear(client: &redis::Client, news: &News) -> redis::RedisResult<()> {
    let mut channel = within(client.get_async_pubsub()).await?;
    within(channel.subscribe(CHANNEL)).await?;
    let mut messages = channel.on_message();
    // What was told while nobody listened.
    news.here.send_replace(());
    while messages.next().await.is_some() {
        news.here.send_replace(());
    }
    Ok(())
}

async fn pass_on(client: &redis::Client, news: &News) -> redis::RedisResult<()> {
    let mut connection = within(client.get_multiplexed_async_connection()).await?;
    loop {
        news.elsewhere.notified().await;
        let _heard: usize = within(connection.publish(CHANNEL, "")).await?;
    }
}

async fn within<T>(work: impl Future<Output = redis::RedisResult<T>>) -> redis::RedisResult<T> {
    let limit = tokio::time::timeout(LIMIT, work).await;
    limit.unwrap_or_else(|_| Err((redis::ErrorKind::Io, "no answer from Redis in time").into()))
}
