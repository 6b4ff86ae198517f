//! Mode 3: a phase of the target's start takes too long.

mod report;

use crate::error::ActError;
use crate::lever::Levers;
use crate::playbook::Playbook;
use chassis::clock::SharedClock;
use chrono::TimeDelta;
use report::Course;
use std::path::Path;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::{Boot, Phase};

/// Heals a slow start: a phase without which the target can serve is skipped, or goes on in the background.
#[derive(Clone)]
pub struct BootPlaybook {
    boot: Boot,
    levers: Levers,
    clock: SharedClock,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The phases of the newest start, in the order of the target file; or why nobody can tell.
    phases: Result<Vec<One>, String>,
}

/// One phase.
#[derive(Debug, Clone)]
struct One {
    phase: Phase,
    course: Course,
    /// How long the start waited for it, or has been waiting.
    took: TimeDelta,
    /// Whether the lever that skips it is pulled; none when nobody can tell, or there is none.
    skipped: Option<bool>,
}

impl BootPlaybook {
    /// For a start of the inventory. The clock tells how long what is not ended has been running.
    pub fn new(boot: Boot, levers: Levers, clock: SharedClock) -> Self {
        Self { boot, levers, clock }
    }

    fn is_slow(&self, one: &One) -> bool {
        one.took.num_milliseconds() > i64::try_from(self.boot.limit_ms).unwrap_or(i64::MAX)
    }

    /// What the start waits for, for too long.
    fn stuck<'a>(&self, seen: &'a Seen) -> Option<&'a One> {
        let phases = seen.phases.as_ref().ok()?;
        phases.iter().find(|one| matches!(one.course, Course::Running { .. }) && self.is_slow(one))
    }
}

fn seconds(took: TimeDelta) -> String {
    format!("{}.{} s", took.num_seconds(), took.subsec_millis() / 100)
}

impl Playbook for BootPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let courses = match report::newest(Path::new(&self.boot.report)) {
            Ok(courses) => courses,
            Err(error) => return Seen { phases: Err(error.to_string()) },
        };
        let mut phases = Vec::new();
        for phase in &self.boot.phases {
            let course = courses.get(&phase.name).copied().unwrap_or(Course::NotReported);
            let skipped = match &phase.skip {
                Some(lever) => self.levers.is_on(lever).await,
                None => None,
            };
            phases.push(One { took: course.took(self.clock.now()), phase: phase.clone(), course, skipped });
        }
        Seen { phases: Ok(phases) }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let name = format!("the start waits for no phase longer than {} ms", self.boot.limit_ms);
        let (holds, told) = match (&seen.phases, self.stuck(seen)) {
            (Err(error), _) => (None, error.clone()),
            (_, Some(one)) => (Some(false), format!("{}: {}", one.phase.name, seconds(one.took))),
            _ => (Some(true), String::new()),
        };
        vec![Invariant { name, holds, weight: 10, seen: told }]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        match self.stuck(seen) {
            Some(one) => format!("The start has been in its phase {} for {}.", one.phase.name, seconds(one.took)),
            None => "The start waits for nothing for too long.".into(),
        }
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        // A lever that is pulled already, or of which nobody can tell, would be let go by the undo.
        let stuck = self.stuck(seen).filter(|one| one.skipped == Some(false));
        let lever = stuck.and_then(|one| one.phase.skip.clone());
        let pull = lever.map(|lever| {
            let undo = Undo::by(Action::Pull { lever: lever.clone(), on: false });
            Remedy::relief(self.levers.title(&lever), Action::Pull { lever, on: true }, undo)
        });
        pull.into_iter().collect()
    }

    /// What was skipped has ended since: in the background, or in time in a later start.
    fn is_over(&self, seen: &Seen) -> bool {
        let Ok(phases) = &seen.phases else { return false };
        let ended = |one: &One| matches!(one.course, Course::Ended { .. }) && !self.is_slow(one);
        phases.iter().filter(|one| one.skipped != Some(false) && one.phase.skip.is_some()).all(ended)
            && self.stuck(seen).is_none()
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let mut advice = Vec::new();
        for one in seen.phases.iter().flatten() {
            let (name, took) = (&one.phase.name, seconds(one.took));
            match &one.course {
                Course::Running { .. } if self.is_slow(one) && one.phase.skip.is_none() => advice.push(format!(
                    "The target cannot serve without the phase {name}, which has been running for {took}: usual causes are a \
                     call over the network, a long migration, a model that is loaded."
                )),
                Course::Running { .. } if self.is_slow(one) => {
                    advice.push(format!("The phase {name} has been running for {took}, and its lever does not help."));
                }
                Course::Left { .. } => {
                    advice.push(format!("The target runs without what the phase {name} does, until that has ended."));
                }
                Course::Ended { .. } if self.is_slow(one) => {
                    advice.push(format!("The phase {name} kept the start waiting for {took}."));
                }
                _ => {}
            }
        }
        advice
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Pull { lever, on } if self.boot.phases.iter().any(|phase| phase.skip.as_ref() == Some(lever)) => {
                self.levers.pull(lever, *on).await
            }
            other => Err(ActError::not_offered(other)),
        }
    }
}
