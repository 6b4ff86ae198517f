//! What the scenes brought, for programs.

use crate::stage::{Back, Told};
use serde::Serialize;
use std::path::Path;
use wire::runtime::ActOutcome;

/// Of all runs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures {
    /// As the API server names its version.
    pub(crate) server: String,
    /// Whether nodes of the cluster's own ran the pods.
    pub(crate) has_nodes: bool,
    /// Between two looks, milliseconds.
    pub(crate) every_ms: u128,
    /// How long healing may take, seconds.
    pub(crate) limit_s: u64,
    pub(crate) scenes: Vec<Scene>,
}

/// Of one scene.
#[derive(Debug, Serialize)]
pub(crate) struct Scene {
    name: &'static str,
    condition: &'static str,
    injected: &'static str,
    runs: Vec<Run>,
    /// Why runs failed.
    failed: Vec<String>,
}

/// A run that went as it is to go.
#[derive(Debug, Serialize)]
struct Run {
    /// From the change that makes the condition to the look that finds it; none where nobody watched.
    noticed_ms: Option<f64>,
    /// From there to the end of the playbook.
    ended_ms: f64,
    outcome: ActOutcome,
    /// What was done that stands.
    by: Vec<String>,
    /// Whether all that stood was taken back afterwards; none where nothing can be.
    undone: Option<bool>,
    /// Whether it was ill again then.
    ill_again: bool,
}

impl Figures {
    /// One more run of a scene.
    pub(crate) fn add(
        &mut self,
        (name, condition, injected): (&'static str, &'static str, &'static str),
        came: anyhow::Result<(Told, Back)>,
    ) {
        let at = self.scenes.iter().position(|scene| scene.name == name).unwrap_or_else(|| {
            self.scenes.push(Scene { name, condition, injected, runs: Vec::new(), failed: Vec::new() });
            self.scenes.len() - 1
        });
        let Some(scene) = self.scenes.get_mut(at) else { return };
        match came {
            Ok((told, back)) => scene.runs.push(Run {
                noticed_ms: told.detected.map(|detected| detected.as_secs_f64() * 1e3),
                ended_ms: told.healed.as_secs_f64() * 1e3,
                outcome: told.report.outcome,
                by: told.report.tried.iter().filter(|it| it.kept).map(|it| it.remedy.title.clone()).collect(),
                undone: back.undone,
                ill_again: back.ill_again,
            }),
            Err(error) => scene.failed.push(format!("{error:#}")),
        }
    }

    pub(crate) fn failed(&self) -> usize {
        self.scenes.iter().map(|scene| scene.failed.len()).sum()
    }

    /// Writes it as JSON.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        Ok(std::fs::write(path, serde_json::to_vec_pretty(self)?)?)
    }
}
