//! One fault in one cycle: fire it, follow its journal to the end, ask again.

use super::fault::{Asked, FaultReport, Seen};
use super::scene::Act;
use crate::stack::Stack;
use anyhow::Context;
use chassis::Clock;
use chrono::{DateTime, Utc};
use client::IncidentStore;
use std::time::{Duration, Instant};
use wire::event::{Body, Event};
use wire::span::{Span, SpanKind, Stage};
use wire::target::Target;
use wire::timeline::Timeline;
use wire::{Cursor, IncidentId};

/// How long a fault may take to be healed, or to be handed to a person.
const LIMIT: Duration = Duration::from_secs(300);

/// One fault in one cycle.
#[derive(Debug)]
pub struct Cycle<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// The target.
    pub target: &'a Target,
    /// What is fired.
    pub act: &'a Act,
    /// Which cycle, from 1.
    pub round: u32,
}

impl Cycle<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// When the fault cannot be fired, or its journal does not come to an end.
    pub async fn run(&self, say: &mut dyn FnMut(String)) -> anyhow::Result<FaultReport> {
        let store = self.stack.store()?;
        let before = end_of_feed(&store).await?;
        let (fired_at, asked) = self.fire(say).await?;
        let incident = self.follow(&store, before, fired_at, say).await?;
        let journal = store.journal(incident).await.context("cannot read the journal")?;
        let (_, again) = self.ask().await?;
        let good = self.act.heals_to.contains(&again.status);
        say(format!(
            "  the same request is answered with {} after {:.0} ms{}",
            again.status,
            again.ms,
            if good { "" } else { ", which is no healthy answer" }
        ));
        let path = self.stack.layout.at(&format!("demo/journal-{}-{}.json", self.round, self.act.fault));
        std::fs::write(&path, serde_json::to_vec_pretty(&journal)?)?;
        let timeline = with_the_request(Timeline::of(&journal), fired_at);
        let chain = wire::chain::verify(&journal);
        Ok(FaultReport::of(self, &journal, &timeline, fired_at, Seen { asked, again, chain, path }))
    }

    /// Sends the request until it fails. Answers when the failing one was sent, and all that were.
    async fn fire(&self, say: &mut dyn FnMut(String)) -> anyhow::Result<(DateTime<Utc>, Vec<Asked>)> {
        let (act, mut all) = (self.act, Vec::new());
        let request = format!("{} {}", act.request.method, act.request.path);
        while all.len() < act.sent_at_most as usize {
            let (at, asked) = self.ask().await?;
            let failed = act.fails_with.contains(&asked.status);
            let word = if failed { "" } else { ": no failure, so it is asked again" };
            say(format!("  {request} is answered with {} after {:.0} ms{word}", asked.status, asked.ms));
            all.push(asked);
            if failed {
                return Ok((at, all));
            }
        }
        anyhow::bail!("{request} did not fail in {} tries: {all:?}", all.len())
    }

    /// Sends the request as a user would, without any mark.
    async fn ask(&self) -> anyhow::Result<(DateTime<Utc>, Asked)> {
        let request = &self.act.request;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let url = format!("{}{}", self.stack.front(), request.path);
        let mut ask = http.request(request.method.parse()?, &url).body(request.body.clone());
        for (name, value) in &request.headers {
            ask = ask.header(name, value);
        }
        let (at, begun) = (chassis::SystemClock.now(), Instant::now());
        let status = ask.send().await.with_context(|| format!("cannot ask for {url}"))?.status().as_u16();
        Ok((at, Asked { status, ms: begun.elapsed().as_secs_f64() * 1000.0 }))
    }

    /// Follows the feed until the incident of this firing has come to an end.
    async fn follow(
        &self,
        store: &IncidentStore,
        mut cursor: Cursor,
        fired_at: DateTime<Utc>,
        say: &mut dyn FnMut(String),
    ) -> anyhow::Result<IncidentId> {
        let until = Instant::now() + LIMIT;
        let mut ours: Option<IncidentId> = None;
        while Instant::now() < until {
            let feed = store.feed(cursor, 100, Duration::from_secs(5)).await.context("cannot read the feed")?;
            cursor = feed.next;
            for event in &feed.events {
                if let Body::Detected { detection, .. } = &event.body
                    && detection.code == self.act.fault
                    && detection.target == self.target.name
                {
                    ours = Some(event.incident);
                }
                if ours == Some(event.incident) {
                    tell(event, fired_at, say);
                    if ends(&event.body) {
                        return Ok(event.incident);
                    }
                }
            }
        }
        let state = match ours {
            Some(incident) => format!("incident {incident} has not come to an end"),
            None => "no incident was opened".to_owned(),
        };
        anyhow::bail!("{} was fired at {fired_at} and after {LIMIT:?} {state}", self.act.fault)
    }
}

fn ends(body: &Body) -> bool {
    matches!(body, Body::Learned { .. } | Body::Escalated { .. } | Body::Dismissed { .. } | Body::Advised { .. })
}

fn tell(event: &Event, fired_at: DateTime<Utc>, say: &mut dyn FnMut(String)) {
    let ms = (event.at - fired_at).num_microseconds().unwrap_or_default() as f64 / 1000.0;
    for line in crate::incidents::describe(&event.body).lines() {
        say(format!("  {ms:>9.1} ms  {line}"));
    }
}

/// The client knows when the failing request was sent: the time until its line is the target's own.
fn with_the_request(mut timeline: Timeline, fired_at: DateTime<Utc>) -> Timeline {
    timeline.stages.insert(Stage::Fault, fired_at);
    if let Some(line) = timeline.stages.get(&Stage::Line) {
        let span = Span { kind: SpanKind::Target, name: "failing request".into(), start: fired_at, end: *line };
        timeline.spans.push(span);
    }
    timeline
}

/// Where the feed ends now.
async fn end_of_feed(store: &IncidentStore) -> anyhow::Result<Cursor> {
    let mut cursor = Cursor::default();
    loop {
        let feed = store.feed(cursor, 500, Duration::ZERO).await.context("cannot read the feed")?;
        if feed.events.is_empty() {
            return Ok(cursor);
        }
        cursor = feed.next;
    }
}
