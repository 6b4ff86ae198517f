//! Mode 10: a server of language models is down.

mod launch;

use crate::ask::{Answer, get};
use crate::error::ActError;
use crate::lever::Levers;
use crate::playbook::Playbook;
use launch::Launch;
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::ModelServer;

/// How often a server that is starting is asked.
const PAUSE: Duration = Duration::from_millis(25);

/// Starts a model server that is gone, or lets the target go on without it.
#[derive(Debug)]
pub struct ModelServerPlaybook {
    server: ModelServer,
    launch: Launch,
    levers: Levers,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    answer: Answer,
    /// Whether there is something that can be started.
    installed: bool,
    /// What we started runs.
    is_ours: bool,
    /// The target goes on without it.
    without: Option<bool>,
}

impl ModelServerPlaybook {
    /// For a server of the inventory.
    pub fn new(server: ModelServer, levers: Levers) -> Self {
        let launch = Launch::new(&server.start, &server.pid_file);
        Self { server, launch, levers }
    }

    async fn ask(&self) -> Answer {
        get(&self.server.probe, None, Duration::from_millis(self.server.probe_ms)).await
    }

    /// Starts it, unless what we started is on its way; what we started and what does not answer is ended first.
    async fn start(&self) -> Result<String, ActError> {
        let limit = Duration::from_millis(self.server.start_ms);
        if self.ask().await.is_good() == Some(true) {
            return Ok("it answers already".into());
        }
        if let Some(rest) = self.launch.age().and_then(|age| limit.checked_sub(age))
            && self.until_it_answers(rest).await
        {
            return Ok("what was started answers".into());
        }
        self.launch.end().await?;
        self.launch.begin()?;
        let from = Instant::now();
        if self.until_it_answers(limit).await {
            return Ok(format!("started; it answered after {} ms", from.elapsed().as_millis()));
        }
        if self.launch.running().is_none() {
            return Err(ActError::Refused(format!(
                "it was started and ended; what it wrote is in {}",
                self.launch.log()
            )));
        }
        Err(ActError::TimedOut(limit))
    }

    /// Whether it answers within this time; no longer than it runs.
    async fn until_it_answers(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        loop {
            if self.ask().await.is_good() == Some(true) {
                return true;
            }
            if Instant::now() >= until || self.launch.running().is_none() {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Playbook for ModelServerPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let without = match &self.server.without {
            Some(lever) => self.levers.is_on(lever).await,
            None => Some(false),
        };
        let answer = self.ask().await;
        // All processes may have to be looked at for it; so only when it matters.
        let is_ours = answer.is_good() != Some(true) && self.launch.running().is_some();
        Seen { answer, installed: self.launch.is_installed(), is_ours, without }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let holds = match (seen.answer.is_good(), seen.without) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (None, _) => None,
            (Some(false), _) => Some(false),
        };
        let name = "what needs the model server can go on".into();
        vec![Invariant { name, holds, weight: 10, seen: seen.answer.to_string() }]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let ours = match (seen.is_ours, seen.installed) {
            (true, _) => "what was started for it runs",
            (false, true) => "nothing that was started for it runs",
            (false, false) => "it is not installed, or may not be started",
        };
        format!("The model server: {}; {ours}.", seen.answer)
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        if seen.answer.is_good() != Some(false) {
            return Vec::new();
        }
        let stop = Action::Stop {};
        // One of ours that hangs is ended first; what there was is not as before then, but nothing worse than it.
        let undo = if seen.is_ours { Undo::made_good_by(stop) } else { Undo::by(stop) };
        let start = seen.installed.then(|| Remedy::repair("Start the model server", Action::Start {}, undo));
        let without = self.server.without.as_ref().filter(|_| seen.without == Some(false)).map(|lever| {
            let pull = |on| Action::Pull { lever: lever.clone(), on };
            Remedy::relief(self.levers.title(lever), pull(true), Undo::by(pull(false)))
        });
        start.into_iter().chain(without).collect()
    }

    fn is_over(&self, seen: &Seen) -> bool {
        seen.answer.is_good() == Some(true)
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        if seen.answer.is_good() == Some(true) {
            return Vec::new();
        }
        let how = match self.server.start.first() {
            None => "The target file names no command for it, so it was not started: start it by hand.".to_owned(),
            Some(program) if !seen.installed => format!(
                "The model server is not installed: {program} is not there, or cannot be run. Install it so that this command \
                 exists, or name the right one as `start` in the target file."
            ),
            Some(_) => format!("It does not come up. What it wrote when it was started is in {}.", self.launch.log()),
        };
        vec![how]
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        match action {
            Action::Start {} => self.start().await,
            Action::Stop {} => self.launch.end().await,
            Action::Pull { lever, on } if self.server.without.as_ref() == Some(lever) => {
                self.levers.pull(lever, *on).await
            }
            other => Err(ActError::not_offered(other)),
        }
    }
}
