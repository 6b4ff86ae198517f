//! One failure through the whole platform: what detection, journal, plan and proof add to the playbook.

use anyhow::{Context, ensure};
use e2e::fleet::{Fleet, Setup};
use e2e::things::{GOOD, configuration};
use serde::Serialize;
use std::time::{Duration, Instant};
use wire::incident::Status;

/// The longest wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// From the failure on, milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    /// Until the incident was there.
    pub(super) detected_ms: f64,
    /// Until the file was right again.
    pub(super) cured_ms: f64,
    /// Until that was proved, and the incident resolved.
    pub(super) resolved_ms: f64,
}

/// Breaks the configuration file of the tiny target again and again, on a stack of its own.
pub(super) fn measure(runs: u32) -> anyhow::Result<Vec<Run>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        // Each time is an incident of its own, and no recurrence of the one before.
        let env = [("INCIDENT_STORE__WATCH_WINDOW_S".to_owned(), "0".to_owned())].into();
        let fleet = Fleet::start(Setup { env, resources: Some(configuration), ..Setup::default() }).await;
        let mut all = Vec::new();
        for at in 0..runs {
            tokio::time::sleep(super::pause(at)).await;
            all.push(once(&fleet).await?);
        }
        Ok(all)
    })
}

async fn once(fleet: &Fleet) -> anyhow::Result<Run> {
    let (store, path) = (fleet.store(), fleet.things.join("app.toml"));
    let known = store.incidents(1, false).await?.incidents.first().map(|incident| incident.id);
    std::fs::write(&path, "[server\nport = ")?;
    let begun = Instant::now();
    let ms = || begun.elapsed().as_secs_f64() * 1000.0;
    let (mut detected, mut cured) = (None, None);
    while begun.elapsed() < PATIENCE {
        if cured.is_none() && std::fs::read_to_string(&path).is_ok_and(|text| text == GOOD) {
            cured = Some(ms());
        }
        let newest = store.incidents(1, false).await?.incidents.into_iter().next();
        if let Some(incident) = newest.filter(|incident| Some(incident.id) != known) {
            detected.get_or_insert_with(ms);
            ensure!(incident.status != Status::Escalated, "it was escalated");
            if incident.status == Status::Resolved {
                let (detected_ms, cured_ms) = (detected.context("seen")?, cured.context("resolved, and not cured")?);
                return Ok(Run { detected_ms, cured_ms, resolved_ms: ms() });
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    anyhow::bail!("not resolved within {PATIENCE:?}")
}
