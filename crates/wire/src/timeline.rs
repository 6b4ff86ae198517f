//! What a journal tells about time: when each stage was reached, and the platform's own share.

use crate::event::{Body, Event};
use crate::span::{Span, SpanKind, Stage};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When each stage was reached, and where the time went.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// The stages that were reached, the last time each.
    pub stages: BTreeMap<Stage, DateTime<Utc>>,
    /// Every span that the journal holds, and the waits for a person.
    pub spans: Vec<Span>,
}

impl Timeline {
    /// Reads a journal.
    pub fn of(events: &[Event]) -> Self {
        let mut timeline = Timeline::default();
        let mut asked_at = None;
        for event in events {
            timeline.take_in(event);
            timeline.spans.extend(waited(event, &mut asked_at));
        }
        timeline
    }

    fn take_in(&mut self, event: &Event) {
        let at = event.at;
        match &event.body {
            Body::Detected { detection, .. } => {
                self.stages.insert(Stage::Line, detection.at);
                self.stages.insert(Stage::Incident, at);
            }
            Body::Planned { .. } => self.reach(Stage::Plan, at),
            Body::Progressed { progress, more, .. } => {
                for progress in std::iter::once(progress).chain(more) {
                    if let Some(stage) = progress.stage {
                        self.reach(stage, progress.at);
                    }
                    self.spans.extend(progress.span.clone());
                }
            }
            Body::Admitted { .. } => self.reach(Stage::Verified, at),
            Body::Pushed { .. } => self.reach(Stage::Pushed, at),
            Body::Deployed { rollout } | Body::DeployFailed { rollout } => {
                if let Some(healthy) = rollout.healthy_at {
                    self.reach(Stage::Healthy, healthy);
                }
                if let Some(switched) = rollout.switched_at {
                    self.reach(Stage::Switched, switched);
                }
            }
            Body::Verified { .. } => self.reach(Stage::Replayed, at),
            Body::Resolved { .. } => self.reach(Stage::Resolved, at),
            _ => {}
        }
    }

    fn reach(&mut self, stage: Stage, at: DateTime<Utc>) {
        self.stages.insert(stage, at);
    }

    /// From the failing line to the end, milliseconds; none while it is not resolved.
    pub fn total_ms(&self) -> Option<f64> {
        let (from, to) = (self.stages.get(&Stage::Line)?, self.stages.get(&Stage::Resolved)?);
        Some(millis(*from, *to))
    }

    /// The platform's own share, milliseconds: the total without the union of the spans of the target's build, tests,
    /// replays, health, bake and own work, and of the waits for a person. A gap that no span covers counts as the platform's.
    pub fn platform_ms(&self) -> Option<f64> {
        let (from, to) = (*self.stages.get(&Stage::Line)?, *self.stages.get(&Stage::Resolved)?);
        let mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)> = self
            .spans
            .iter()
            .filter(|span| span.kind != SpanKind::Platform)
            .map(|span| (span.start.max(from), span.end.min(to)))
            .filter(|(start, end)| start < end)
            .collect();
        spans.sort();
        let mut covered = 0.0;
        let mut reached = from;
        for (start, end) in spans {
            let start = start.max(reached);
            if start < end {
                covered += millis(start, end);
                reached = end;
            }
        }
        Some(millis(from, to) - covered)
    }
}

/// The wait for a person that an event ends. Between the question and the word nothing is done.
fn waited(event: &Event, asked_at: &mut Option<DateTime<Utc>>) -> Option<Span> {
    let name = match &event.body {
        Body::ApprovalRequested { .. } | Body::Escalated { .. } => {
            asked_at.get_or_insert(event.at);
            return None;
        }
        Body::Approved { .. } => "waiting for an approval",
        Body::Retried { .. } => "waiting for the word to try again",
        _ => return None,
    };
    let start = asked_at.take()?;
    Some(Span { kind: SpanKind::Person, name: name.to_owned(), start, end: event.at })
}

fn millis(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_microseconds().map_or(0.0, |us| us as f64 / 1000.0)
}
