//! What the conformance suite brought (`scripts/test-k8s --figures`), as a section of the page.

use super::page::{told, without_numbers};
use crate::stats::Spread;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use wire::runtime::ActOutcome;

/// Of all runs; see `crates/playbooks/examples/kubernetes-conformance/figures.rs`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    server: String,
    has_nodes: bool,
    every_ms: u64,
    limit_s: u64,
    scenes: Vec<Scene>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Scene {
    name: String,
    condition: String,
    injected: String,
    runs: Vec<Run>,
    failed: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Run {
    noticed_ms: Option<f64>,
    ended_ms: f64,
    outcome: ActOutcome,
    by: Vec<String>,
    undone: Option<bool>,
    ill_again: bool,
}

/// Reads them.
pub(super) fn read(path: &Path) -> anyhow::Result<Figures> {
    let text = std::fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| format!("{}: no figures of the conformance suite", path.display()))
}

impl Figures {
    /// The scenes that failed.
    pub(super) fn ill(&self) -> impl Iterator<Item = &str> {
        self.scenes.iter().filter(|scene| !scene.failed.is_empty()).map(|scene| scene.name.as_str())
    }

    /// The section.
    pub(super) fn section(&self) -> String {
        let pods = match self.has_nodes {
            true => "its own nodes ran the pods",
            false => {
                "no kubelet ran: a stand-in told of each pod what a node would, so what a real node takes to start, kill and pull is not shown"
            }
        };
        let mut text = format!(
            "\n## Kubernetes conditions\n\nThe conformance suite (`make test-k8s`) under the role that is shipped, on an API server and controllers {}; {pods}. Looks every {} ms, two of them \
             have to agree. *Noticed* counts from the change that makes the condition, and so with what the cluster takes to show it; *ended* from there to the end of the playbook: all pods \
             ready again, or the advice for a person. The limit is {} s for all.\n\n\
             | condition | injected how | n | noticed, ms: median, worst | ended, ms: median, worst | worst of limit | undo | came of it |\n| --- | --- | --: | --: | --: | --: | --: | --- |\n",
            self.server, self.every_ms, self.limit_s
        );
        for scene in &self.scenes {
            let _ = writeln!(text, "{}", self.row(scene));
        }
        text
    }

    fn row(&self, scene: &Scene) -> String {
        let noticed: Vec<f64> = scene.runs.iter().filter_map(|run| run.noticed_ms).collect();
        let ended: Vec<f64> = scene.runs.iter().map(|run| run.ended_ms).collect();
        let ended = Spread::of(&ended);
        let share = ended.map(|ended| ended.most / 10.0 / self.limit_s as f64);
        let asked = scene.runs.iter().filter_map(|run| run.undone).count();
        let undone = scene.runs.iter().filter(|run| run.undone == Some(true)).count();
        let again = scene.runs.iter().filter(|run| run.ill_again).count();
        let failed = scene.failed.len();
        format!(
            "| {}{} | {} | {} | {} | {} | {} | {} | {} |",
            scene.condition,
            if failed == 0 { String::new() } else { format!(" (**{failed} failed**)") },
            scene.injected,
            scene.runs.len() + failed,
            told(Spread::of(&noticed)),
            told(ended),
            share.map_or_else(|| "–".into(), |share| format!("{share:.1} %")),
            if asked == 0 { "–".to_owned() } else { format!("{undone} of {asked}, {again}") },
            came_of(scene)
        )
    }
}

fn came_of(scene: &Scene) -> String {
    let all: BTreeSet<String> = scene.runs.iter().map(came_of_run).collect();
    all.into_iter().collect::<Vec<_>>().join("; or: ")
}

fn came_of_run(run: &Run) -> String {
    let by: Vec<String> = run.by.iter().map(|title| without_numbers(title)).collect();
    match run.outcome {
        ActOutcome::Healed | ActOutcome::Relieved => by.join("; "),
        ActOutcome::Unverified => "handed to a person: nobody can tell how it is".to_owned(),
        _ => "handed to a person, with the object and the change".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_tells_its_worst_its_undo_and_what_failed() {
        let run = |ended: f64, undone: Option<bool>| {
            json!({"noticed_ms": 500.0, "ended_ms": ended, "outcome": "healed", "by": ["Go back to revision 1"],
                "undone": undone, "ill_again": undone.is_some()})
        };
        let scene = json!({"name": "a", "condition": "CrashLoopBackOff", "injected": "it ends", "failed": ["no sign"],
            "runs": [run(1000.0, Some(true)), run(12_000.0, Some(false))]});
        let figures = json!({"server": "v1", "has_nodes": false, "every_ms": 500, "limit_s": 120, "scenes": [scene]});
        let figures: Figures = serde_json::from_value(figures).unwrap();
        let section = figures.section();
        let row = "| CrashLoopBackOff (**1 failed**) | it ends | 3 | 500, 500 | 6500, 12000 | 10.0 % | 1 of 2, 2 | Go back to revision 1 |";
        assert!(section.contains(row) && section.contains("no kubelet ran"), "{section}");
        assert_eq!(figures.ill().collect::<Vec<_>>(), ["a"]);
    }
}
