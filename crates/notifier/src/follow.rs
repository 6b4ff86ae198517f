//! Following the feed: every event in its order, told before the place is moved on.

use crate::deliver::{Delivery, Ended};
use crate::ledger::{DeadLetter, Ledger, Place};
use crate::message::{self, Message};
use anyhow::Context;
use chassis::SharedClock;
use client::IncidentStore;
use std::time::Duration;
use wire::Cursor;
use wire::event::Event;

/// The one sink there is.
pub(crate) const SINK: &str = "webhook";
/// How many events are read at once.
const PAGE: u32 = 100;
/// How long the store is asked to wait for news; shorter than a hold lasts.
const WAIT: Duration = Duration::from_secs(3);
/// Between two looks whether the sink is free, and after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the hold is renewed while a message cannot be delivered.
const RENEW: Duration = Duration::from_secs(2);

/// What following needs.
pub(crate) struct Follower {
    pub(crate) store: IncidentStore,
    pub(crate) ledger: std::sync::Arc<Ledger>,
    pub(crate) delivery: std::sync::Arc<Delivery>,
    pub(crate) clock: SharedClock,
    /// This replica.
    pub(crate) holder: String,
    /// The beginning of links.
    pub(crate) dashboard: String,
}

/// What a round came to.
#[derive(Debug, PartialEq)]
enum Round {
    /// Go on at once.
    Told,
    /// Another replica tells.
    Elsewhere,
}

impl Follower {
    /// Tells for ever. May be dropped at any moment.
    pub(crate) async fn run(&self) {
        while let Err(error) = self.ledger.prepare().await {
            tracing::warn!(error = ?anyhow::Error::new(error), "nothing can be told yet");
            tokio::time::sleep(PAUSE).await;
        }
        loop {
            match self.round().await {
                Ok(Round::Told) => continue,
                Ok(Round::Elsewhere) => {}
                Err(error) => tracing::warn!(error = format!("{error:#}"), "cannot go on telling; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Gives the sink back, so that another replica goes on at once.
    pub(crate) async fn release(&self) {
        let released = self.ledger.release(SINK, &self.holder, self.clock.now());
        match tokio::time::timeout(RENEW, released).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = ?anyhow::Error::new(error), "the sink is free when the hold ends"),
            Err(_) => tracing::warn!("the database does not answer; the sink is free when the hold ends"),
        }
    }

    async fn round(&self) -> anyhow::Result<Round> {
        let Some(place) = self.hold().await? else { return Ok(Round::Elsewhere) };
        let feed = self.store.feed(place.cursor, PAGE, WAIT).await.context("cannot read the feed")?;
        let mut told = place.cursor;
        for event in &feed.events {
            let Some(message) = self.message(&place, event).await? else { continue };
            if !self.tell(&message, event.cursor).await? {
                return Ok(Round::Elsewhere);
            }
            told = event.cursor;
        }
        if feed.next != told && !self.advance(feed.next, 0, None).await? {
            return Ok(Round::Elsewhere);
        }
        Ok(Round::Told)
    }

    async fn hold(&self) -> anyhow::Result<Option<Place>> {
        self.ledger.hold(SINK, &self.holder, self.clock.now()).await.context("cannot take the sink")
    }

    async fn message(&self, place: &Place, event: &Event) -> anyhow::Result<Option<Message>> {
        if event.at < place.since || !message::matters(&event.body) {
            return Ok(None);
        }
        let incident = self.store.incident(event.incident).await.context("cannot read an incident")?;
        Ok(message::about(event, &incident, &self.dashboard))
    }

    /// Delivers and moves on, keeping the sink meanwhile. Says whether it is still ours.
    async fn tell(&self, message: &Message, cursor: Cursor) -> anyhow::Result<bool> {
        let ended = tokio::select! {
            ended = self.delivery.deliver(message) => ended,
            () = self.lose() => return Ok(false),
        };
        match ended {
            Ended::Delivered => self.advance(cursor, 1, None).await,
            Ended::Dead(problem) => {
                tracing::error!(
                    message = message.id,
                    problem,
                    "the receiver refuses this message; it is kept as a dead letter"
                );
                let body = serde_json::to_value(message).unwrap_or_default();
                let (sink, id) = (SINK.to_owned(), message.id.clone());
                let dead = DeadLetter { sink, message: id, body, problem, at: self.clock.now() };
                self.advance(cursor, 0, Some(dead)).await
            }
        }
    }

    /// Keeps the sink; ends when another replica has it.
    async fn lose(&self) {
        loop {
            tokio::time::sleep(RENEW).await;
            if matches!(self.hold().await, Ok(None)) {
                return;
            }
        }
    }

    async fn advance(&self, to: Cursor, delivered: i64, dead: Option<DeadLetter>) -> anyhow::Result<bool> {
        self.ledger.advance((SINK, &self.holder), to, delivered, dead).await.context("cannot move on")
    }
}
