//! One failure, really injected while it is watched: when it was noticed, when it was cured, and whether it can be taken back.

use anyhow::{Context, ensure};
use chassis::SharedClock;
use playbooks::{Diary, Playbook, Site, Watcher};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{ActOutcome, ActReport, Level};

/// How often a resource is looked at here.
pub(super) const EVERY: Duration = Duration::from_millis(200);
/// The longest wait for a first sign.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one run brought.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    /// From the moment the failure was there until a look found it; 0 where it was found while it was still being made.
    pub(super) noticed_ms: f64,
    /// From the first look that found it ill until every invariant held again: what the limit is about.
    pub(super) cured_ms: f64,
    /// How it ended.
    pub(super) outcome: ActOutcome,
    /// The remedies that stood.
    pub(super) by: Vec<String>,
    /// Whether all that stood was taken back; none where nothing has to be.
    pub(super) undone: Option<bool>,
    /// Whether it was as bad as before then. Not everything is: a start goes on meanwhile.
    pub(super) ill_again: bool,
}

/// Where one run takes place.
pub(super) struct Place<'a> {
    pub(super) folder: &'a Path,
    pub(super) limit: Duration,
    pub(super) clock: SharedClock,
}

/// Watches, injects after a pause that has nothing to do with the rhythm of the looks, heals, and takes back.
pub(super) async fn once<P: Playbook>(
    place: &Place<'_>,
    playbook: &P,
    pause: Duration,
    inject: impl FnOnce() + Send + 'static,
) -> anyhow::Result<Run> {
    let site = Site {
        resource: "thing".to_owned().try_into().map_err(anyhow::Error::msg)?,
        limit: place.limit,
        settle: Duration::from_secs(2),
        clock: place.clock.clone(),
    };
    let until = Instant::now() + Duration::from_secs(5);
    // What was just started may still be on its way.
    while level(playbook).await != Level(0) {
        ensure!(Instant::now() < until, "it is ill before anything was injected: {:?}", playbook.look().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut diary = Diary::open(place.folder.join("diary.json"))?;
    let heal = async {
        let mut watcher = Watcher::new(EVERY, place.clock.clone());
        let found = tokio::time::timeout(PATIENCE, watcher.until_ill(playbook)).await.context("it was not noticed");
        let noticed = Instant::now();
        found?;
        let report = playbooks::heal(playbook, &site, &mut diary, "bench").await?;
        anyhow::Ok((noticed, Instant::now(), report))
    };
    let make = async {
        tokio::time::sleep(pause).await;
        tokio::task::spawn_blocking(inject).await?;
        anyhow::Ok(Instant::now())
    };
    let (healed, made) = tokio::join!(heal, make);
    let ((noticed, cured, report), made) = (healed?, made?);
    let (undone, ill_again) = take_back(playbook, &report).await;
    Ok(Run {
        noticed_ms: ms(noticed.saturating_duration_since(made)),
        cured_ms: ms(cured - noticed),
        outcome: report.outcome,
        by: report.tried.iter().filter(|tried| tried.kept).map(|tried| tried.remedy.title.clone()).collect(),
        undone,
        ill_again,
    })
}

/// Takes back what stood, the newest first. Answers whether that went well, and whether it was as bad as before then.
async fn take_back<P: Playbook>(playbook: &P, report: &ActReport) -> (Option<bool>, bool) {
    let kept: Vec<_> = report.tried.iter().rev().filter(|tried| tried.kept).collect();
    let actions: Vec<_> = kept.iter().filter_map(|tried| tried.remedy.undo.action()).collect();
    if actions.is_empty() {
        return (None, false);
    }
    for action in actions {
        if playbook.act(action).await.is_err() {
            return (Some(false), false);
        }
    }
    let least = kept.last().map_or(Level(1), |tried| tried.before);
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        if level(playbook).await >= least {
            return (Some(true), true);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (Some(true), false)
}

async fn level<P: Playbook>(playbook: &P) -> Level {
    Level::of(&playbook.invariants(&playbook.look().await))
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
