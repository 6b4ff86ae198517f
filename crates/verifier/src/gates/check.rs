//! The checks as a list value: each has a name and judges, purely, what was gathered for its gate. A gate is the checks of
//! its kind in their order; the first that refuses is its word.

use super::{build, causality, healthy, replay, scope, weakening};
use wire::verification::Gate;

/// Why a check refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable.
    pub code: &'static str,
    /// One or two sentences.
    pub why: String,
}

impl Refusal {
    /// With its code and its sentence.
    pub fn new(code: &'static str, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    /// Nothing can be said.
    pub fn unverified(why: impl Into<String>) -> Self {
        Self::new(wire::verification::UNVERIFIED, why)
    }
}

/// What a check says.
pub type Judged = Result<(), Refusal>;

/// How a check judges, by the evidence that it needs.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// Of what the diff changes.
    Scope(fn(&scope::Evidence<'_>) -> Judged),
    /// Of a build and its tests.
    Build(fn(&build::Evidence<'_>) -> Judged),
    /// Of replays.
    Replay(fn(&replay::Replayed) -> Judged),
    /// Of healthy traffic.
    Healthy(fn(&healthy::Evidence) -> Judged),
    /// Of what is there without the patch, or without a part of it.
    Causality(fn(&causality::Evidence) -> Judged),
}

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Stable.
    pub name: &'static str,
    /// How it judges.
    pub judge: Judge,
}

impl Check {
    const fn scope(name: &'static str, judge: fn(&scope::Evidence<'_>) -> Judged) -> Self {
        Self { name, judge: Judge::Scope(judge) }
    }

    /// The gate that it belongs to.
    pub fn gate(&self) -> Gate {
        match self.judge {
            Judge::Scope(_) => Gate::Scope,
            Judge::Build(_) => Gate::Build,
            Judge::Replay(_) => Gate::Replay,
            Judge::Healthy(_) => Gate::Healthy,
            Judge::Causality(_) => Gate::Causality,
        }
    }
}

/// The name of the check without which a right answer needs no witness.
pub const WITNESS: &str = "witness";
/// The name of the check without which a diff may be of any length.
pub const SIZE: &str = "size";
/// The name of the check without which a patch may hold hunks that change nothing.
pub const MINIMAL: &str = "minimal";

/// Every check, in the order in which they judge.
pub const ALL: [Check; 23] = [
    Check::scope(SIZE, scope::size),
    Check::scope("applies", scope::applies),
    Check::scope("changes", scope::changes),
    Check::scope("allow_list", scope::allow_list),
    Check::scope("regular_file", scope::regular_file),
    Check::scope("text", scope::text),
    Check::scope("parses", scope::parses),
    Check::scope("emptied", scope::emptied),
    Check::scope("forbidden", scope::forbidden),
    Check::scope("tests_kept", weakening::tests_kept),
    Check::scope("errors_heard", weakening::errors_heard),
    Check::scope("markers_kept", weakening::markers_kept),
    Check::scope("errors_told", weakening::errors_told),
    Check::scope("work_done", weakening::work_done),
    Check::scope("waits_bounded", weakening::waits_bounded),
    Check::scope("timeouts_kept", weakening::timeouts_kept),
    Check { name: "build", judge: Judge::Build(build::builds) },
    Check { name: "tests", judge: Judge::Build(build::tests_pass) },
    Check { name: "replay", judge: Judge::Replay(replay::is_met) },
    Check { name: WITNESS, judge: Judge::Replay(replay::is_witnessed) },
    Check { name: "healthy", judge: Judge::Healthy(healthy::unchanged) },
    Check { name: "causal", judge: Judge::Causality(causality::is_shown) },
    Check { name: MINIMAL, judge: Judge::Causality(causality::is_minimal) },
];

/// The checks that are made.
#[derive(Debug, Clone)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// All of them: what the deployed service makes.
    pub fn all() -> Self {
        Self(ALL.to_vec())
    }

    /// Without one: to show what only it catches. No setting leads here.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|check| check.name != name);
        self
    }

    /// Whether a check is made.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|check| check.name == name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|check| check.name)
    }

    /// The first refusal of those checks that `judged` has evidence for.
    ///
    /// # Errors
    /// That refusal.
    pub fn walk(&self, judged: impl Fn(Judge) -> Option<Judged>) -> Judged {
        self.0.iter().filter_map(|check| judged(check.judge)).find(Result::is_err).unwrap_or(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_stand_in_the_order_of_their_gates_under_names_of_their_own() {
        let mut names: Vec<_> = Checks::all().names().collect();
        let mut gates: Vec<Gate> = ALL.iter().map(Check::gate).collect();
        gates.dedup();
        assert_eq!(gates, Gate::REQUIRED, "each gate has checks, and they are not mixed");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for name in names {
            let left = Checks::all().without(name);
            assert_eq!((left.has(name), left.0.len()), (false, ALL.len() - 1), "{name}");
        }
    }
}
