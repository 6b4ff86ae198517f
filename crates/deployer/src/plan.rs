//! The next step of a roll-out, from facts alone. Pure: a restart reads the facts again and goes on from there.
//!
//! What happens before [`Stage::Switching`] is recorded is forgotten in a crash: what was started then is a stray that is
//! ended, and the roll-out starts over. From there on it is carried to its end, by whoever finds it.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// How far a roll-out has come, as the table holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Traffic is untouched.
    Begun,
    /// Green is proven; its route is being, or was, written.
    Switching,
    /// Traffic goes to green; blue stands by.
    Baking,
    /// Traffic goes back to blue.
    Reverting,
    /// Over.
    Ended,
}

impl Stage {
    /// As the table holds it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Stage::Begun => "begun",
            Stage::Switching => "switching",
            Stage::Baking => "baking",
            Stage::Reverting => "reverting",
            Stage::Ended => "ended",
        }
    }
}

/// What is known about the artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Artefact {
    /// No digest.
    Unknown,
    /// A digest, and perhaps a folder.
    Named,
    /// Its files are what the digest says.
    Sound,
}

/// Where green stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Green {
    /// Not started.
    None,
    /// Started, and not yet healthy.
    Started,
    /// It answered its health check, and its process is there.
    Healthy,
    /// Its process is gone.
    Dead,
}

/// Whether the front has the route to green in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    /// It was not asked yet.
    Open,
    /// It has.
    Taken,
    /// It did not take it in time.
    Refused,
}

/// What the bake has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bake {
    /// It is not over.
    Open,
    /// No regression.
    Passed,
    /// A route is worse than before, or green has died.
    Regressed,
}

/// Everything that the next step depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) stage: Stage,
    /// A step before the switch failed, the branch has moved on, or a newer epoch began.
    pub(crate) failed: bool,
    /// There are instances that nobody waits for, of a life before this one.
    pub(crate) strays: bool,
    /// What runs has the wanted tree already.
    pub(crate) same_tree: bool,
    pub(crate) artefact: Artefact,
    pub(crate) green: Green,
    /// The contract of the fault is still to be replayed on green.
    pub(crate) replay_open: bool,
    /// The head and the epoch were looked at again since green was proven.
    pub(crate) confirmed: bool,
    pub(crate) front: Front,
    pub(crate) bake: Bake,
    /// There is a former instance to go back to.
    pub(crate) has_former: bool,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Mark instances of an earlier life to be ended.
    EndStrays,
    /// Record that what runs is also this commit.
    Adopt,
    /// Learn the digest: by tree, or have the commit built.
    FindArtefact,
    /// Compare the files with the digest.
    CheckArtefact,
    /// Start green.
    Start,
    /// Wait until it is healthy.
    AwaitHealth,
    /// Have the contract replayed on it.
    Replay,
    /// Look at the head and the epoch again.
    Confirm,
    /// Record the intention to switch, with the counters of before.
    Intend,
    /// Write the route to green and wait for the front.
    Switch,
    /// Record that green is live.
    GoLive,
    /// Watch.
    Bake,
    /// Record the end: green stays, blue is to be retired.
    Finish,
    /// Record the intention to go back.
    TurnBack,
    /// Write the former route, wait for the front, and record the end: green is to be ended.
    GoBack,
    /// Record the end: green is to be ended, traffic was never touched.
    Abandon,
    /// Nothing is left to do.
    Answer,
}

/// The next step.
pub(crate) fn next(facts: &Facts) -> Step {
    match facts.stage {
        Stage::Begun => before_the_switch(facts),
        Stage::Switching => match (facts.front, facts.green) {
            (Front::Taken, _) => Step::GoLive,
            (Front::Refused, _) | (_, Green::Dead | Green::None) => Step::TurnBack,
            (Front::Open, Green::Started | Green::Healthy) => Step::Switch,
        },
        Stage::Baking => match facts.bake {
            // Without a former instance there is nothing to compare with and nothing to go back to.
            _ if !facts.has_former => Step::Finish,
            Bake::Regressed => Step::TurnBack,
            Bake::Passed => Step::Finish,
            Bake::Open if facts.green == Green::Dead => Step::TurnBack,
            Bake::Open => Step::Bake,
        },
        Stage::Reverting => Step::GoBack,
        Stage::Ended => Step::Answer,
    }
}

fn before_the_switch(facts: &Facts) -> Step {
    if facts.failed {
        return Step::Abandon;
    }
    if facts.strays {
        return Step::EndStrays;
    }
    if facts.same_tree && facts.green == Green::None {
        return Step::Adopt;
    }
    match (facts.artefact, facts.green) {
        (Artefact::Unknown, _) => Step::FindArtefact,
        (Artefact::Named, _) => Step::CheckArtefact,
        (Artefact::Sound, Green::None) => Step::Start,
        (Artefact::Sound, Green::Started) => Step::AwaitHealth,
        (Artefact::Sound, Green::Dead) => Step::Abandon,
        (Artefact::Sound, Green::Healthy) if facts.replay_open => Step::Replay,
        (Artefact::Sound, Green::Healthy) if !facts.confirmed => Step::Confirm,
        (Artefact::Sound, Green::Healthy) => Step::Intend,
    }
}
