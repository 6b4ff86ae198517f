//! The healer in the model: the decisions are the real ones, the doing is a call into the world. Every tick is one thing
//! that a crash can come before or after.

use super::choice::Choices;
use crate::sample::policy;
use crate::world::{Answer, Trouble, World};
use chrono::{DateTime, Utc};
use healer::next::{Move, next};
use healer::policy::Policy;
use healer::task::{Around, Task};
use healer::{keys, outcome, task};
use wire::event::{Append, Body, Step};
use wire::incident::Incident;
use wire::problem::code;
use wire::proposal::PushOutcome;
use wire::{Authority, Position, Problem};

/// A healer under a lease.
pub(crate) struct Healer {
    authority: Authority,
    incident: Incident,
    policy: Policy,
    doing: Doing,
}

/// Between two ticks.
enum Doing {
    Deciding,
    /// An undo whose revert stands.
    Reverted(Step, u32, PushOutcome),
    /// The effect is done, its outcome is not journaled.
    Done(Step, u32, Box<Body>),
}

/// What a tick came to.
#[derive(Debug, PartialEq)]
pub(crate) enum Tick {
    Goes,
    /// The lease is given back: until then, or for good.
    Waits(DateTime<Utc>),
    Rests,
    /// The lease is lost; everything was dropped.
    Dropped,
}

impl Healer {
    pub(crate) fn lease(world: &mut World, policy: Policy) -> Self {
        Self { authority: world.store.grant(), incident: world.store.incident.clone(), policy, doing: Doing::Deciding }
    }

    /// The last event that it knows of.
    pub(crate) fn seen(&self) -> Position {
        self.incident.position
    }

    pub(crate) fn tick(&mut self, world: &mut World, choices: &mut Choices) -> Tick {
        match std::mem::replace(&mut self.doing, Doing::Deciding) {
            Doing::Done(step, attempt, body) => self.conclude(world, step, attempt, *body),
            Doing::Reverted(step, attempt, outcome) => {
                let result = self.roll_back(world, attempt, outcome, choices);
                self.did(world, step, attempt, result)
            }
            Doing::Deciding => match next(&self.incident, &self.policy, world.store.now) {
                Move::Rest => Tick::Rests,
                Move::WaitUntil(time) => Tick::Waits(time),
                Move::Record(body) => self.append(world, keys::decided(self.incident.position.next()), *body).into(),
                Move::Start { step, attempt, option } => {
                    let body = Body::Started { step, attempt, option, policy: self.policy.digest() };
                    self.append(world, keys::started(step, attempt), body).into()
                }
                Move::Continue { step, attempt } => self.ask(world, step, attempt, choices),
            },
        }
    }

    fn ask(&mut self, world: &mut World, step: Step, attempt: u32, choices: &mut Choices) -> Tick {
        let around = Around {
            authority: self.authority,
            language: "python",
            declared: None,
            playbook: None,
            replays_live: true,
            models: false,
            suspects: Vec::new(),
            front: "http://f",
            trace_parent: None,
        };
        let incident = &self.incident;
        let asked = match task::of(incident, step, &around) {
            Err(problem) => panic!("the journal holds what {step:?} needs: {problem}"),
            Ok(Task::NothingToUndo) => {
                return self.did(world, step, attempt, Ok(outcome::nothing_left(incident, None)));
            }
            Ok(asked) => asked,
        };
        let answer = world.ask(&asked, &keys::operation(incident.id, step, attempt), choices);
        let result = answer.and_then(|answer| match (asked, answer) {
            (Task::Revert(_), Answer::Pushed(outcome)) => {
                self.doing = Doing::Reverted(step, attempt, outcome);
                Ok(None)
            }
            (_, answer) => self.meaning(answer).map(Some),
        });
        match result {
            Ok(None) => Tick::Goes,
            Ok(Some(body)) => self.did(world, step, attempt, Ok(body)),
            Err(trouble) => self.did(world, step, attempt, Err(trouble)),
        }
    }

    fn meaning(&self, answer: Answer) -> Result<Body, Trouble> {
        let incident = &self.incident;
        let body = match answer {
            Answer::Plan(plan) => Ok(outcome::planned(plan)),
            Answer::Proposed(proposed) => outcome::proposed(incident, proposed),
            Answer::Pushed(pushed) => outcome::pushed(incident, pushed),
            Answer::Rollout(rollout) => Ok(outcome::deployed(incident, rollout)),
            Answer::Report(told) => outcome::verified(incident, told.0, Some(&told.1), Some(&told.2)),
            Answer::Learned(learned) => Ok(outcome::learned(learned)),
        };
        body.map_err(Trouble::Failed)
    }

    fn roll_back(
        &self,
        world: &mut World,
        attempt: u32,
        reverted: PushOutcome,
        choices: &mut Choices,
    ) -> Result<Body, Trouble> {
        let (commit, tree) = outcome::reverted(reverted).map_err(Trouble::Failed)?;
        let deploy = task::roll_back(&self.incident, commit.clone(), tree, self.authority);
        let key = keys::undo_deploy(self.incident.id, attempt, &commit);
        match world.ask(&Task::Deploy(deploy), &key, choices)? {
            Answer::Rollout(rollout) => outcome::undone(&self.incident, commit, &rollout).map_err(Trouble::Failed),
            other => unreachable!("{other:?}"),
        }
    }

    fn did(&mut self, world: &World, step: Step, attempt: u32, result: Result<Body, Trouble>) -> Tick {
        let body = match result {
            Ok(body) => body,
            Err(Trouble::Stale) if !world.store.is_held_under(self.authority) => return Tick::Dropped,
            Err(Trouble::Stale) => {
                outcome::failed(step, attempt, Problem::new(code::FENCE_STALE, "as remembered"), false)
            }
            Err(Trouble::Failed(problem)) => outcome::failed(step, attempt, problem, false),
            Err(Trouble::Away(problem)) => outcome::failed(step, attempt, problem, true),
        };
        self.doing = Doing::Done(step, attempt, Box::new(body));
        Tick::Goes
    }

    fn conclude(&mut self, world: &mut World, step: Step, attempt: u32, body: Body) -> Tick {
        if self.incident.in_flight.is_none_or(|begun| (begun.step, begun.attempt) != (step, attempt)) {
            return Tick::Goes;
        }
        match self.append(world, keys::outcome(step, attempt), body.clone()) {
            Appended::Moved => {
                self.doing = Doing::Done(step, attempt, Box::new(body));
                Tick::Goes
            }
            Appended::Refused => {
                let problem = Problem::new("malformed", "the store does not take it");
                let failed = outcome::failed(step, attempt, problem, false);
                self.doing = Doing::Done(step, attempt, Box::new(failed));
                Tick::Goes
            }
            other => other.into(),
        }
    }

    fn append(&mut self, world: &mut World, key: String, body: Body) -> Appended {
        let (position, fence) = (self.incident.position.next(), self.authority.fence);
        let append = Append { position, fence, key, body, trace_parent: None };
        let appended = match world.store.append(&append) {
            Ok(_) => Appended::Written,
            Err(code::POSITION_CONFLICT) => Appended::Moved,
            Err(code::KEY_CONFLICT) => Appended::Written,
            Err(code::TRANSITION_REFUSED) => Appended::Refused,
            Err(_) => return Appended::Lost,
        };
        self.incident = world.store.incident.clone();
        appended
    }
}

enum Appended {
    Written,
    Moved,
    Refused,
    Lost,
}

impl From<Appended> for Tick {
    fn from(appended: Appended) -> Self {
        match appended {
            Appended::Lost => Tick::Dropped,
            Appended::Written | Appended::Moved => Tick::Goes,
            Appended::Refused => panic!("the store refuses what `next` decided"),
        }
    }
}

/// The policies that are played through.
pub(crate) fn policies() -> Vec<Policy> {
    use wire::target::{Autonomy, ReplayPermission};
    vec![
        policy(),
        Policy { autonomy: Autonomy::Approve, ..policy() },
        Policy { autonomy: Autonomy::Suggest, ..policy() },
        Policy { autonomy: Autonomy::Observe, ..policy() },
        Policy { replay: ReplayPermission::Scratch, ..policy() },
    ]
}
