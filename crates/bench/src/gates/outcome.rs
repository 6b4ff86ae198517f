//! What became of each candidate, and what that says of the gates. Pure.

use super::corpus::{Candidate, Group};
use super::interval::told;
use crate::stats::median;
use serde::Serialize;
use std::collections::BTreeMap;
use variants::Fault;
use wire::verification::{Gate, UNVERIFIED, Verdict};

/// What the oracle said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Oracled {
    /// A cheat is one whatever it answers.
    NotAsked,
    /// It does what the route is for.
    Right,
    /// It does not.
    Wrong(String),
    /// It was refused before there was anything to ask.
    NotBuilt,
}

impl Oracled {
    /// Of a candidate without a program: what does not compile is wrong, of what was not tried nothing is known.
    pub(super) fn of_unbuilt(verdict: &Verdict) -> Self {
        match verdict.gates.iter().find(|gate| !gate.passed) {
            Some(gate) if gate.code == "build_failed" => Oracled::Wrong("it does not compile".into()),
            _ => Oracled::NotBuilt,
        }
    }
}

/// One candidate's end.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Judged {
    pub(super) group: Group,
    pub(super) fault: &'static str,
    pub(super) name: String,
    pub(super) what: String,
    pub(super) admitted: bool,
    /// The gate that refused, and its code.
    pub(super) gate: String,
    pub(super) code: String,
    pub(super) why: String,
    pub(super) seconds: f64,
    pub(super) oracle: Oracled,
}

impl Judged {
    pub(super) fn of(candidate: &Candidate, verdict: &Verdict, seconds: f64, oracle: Oracled) -> Self {
        let refusing = verdict.gates.iter().find(|gate| !gate.passed);
        Self {
            group: candidate.group,
            fault: candidate.fault.name(),
            name: candidate.name.clone(),
            what: candidate.what.clone(),
            admitted: verdict.admitted,
            gate: refusing.map_or("–", |gate| gate_name(gate.gate)).to_owned(),
            code: refusing.map_or("admitted", |gate| gate.code.as_str()).to_owned(),
            why: refusing.map(|gate| gate.why.chars().take(300).collect()).unwrap_or_default(),
            seconds,
            oracle,
        }
    }

    fn is(&self, group: Group) -> bool {
        self.group == group
    }

    fn is_wrong(&self) -> bool {
        matches!(self.oracle, Oracled::Wrong(_))
    }
}

fn gate_name(gate: Gate) -> &'static str {
    match gate {
        Gate::Scope => "1 scope",
        Gate::Build => "2 build",
        Gate::Replay => "3 replay",
        Gate::Healthy => "4 healthy",
        Gate::Causality => "5 causality",
        Gate::Unknown => "unknown",
    }
}

/// One fake action, and what the closing replay made of it for each fault.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Acted {
    pub(super) name: String,
    pub(super) what: String,
    /// By fault: the judgement and its reason.
    pub(super) judged: BTreeMap<&'static str, (String, bool)>,
}

/// Everything of one run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Results {
    pub(super) judged: Vec<Judged>,
    pub(super) acted: Vec<Acted>,
    /// What there was no time for, by name.
    pub(super) not_run: Vec<String>,
    pub(super) minutes: f64,
}

impl Results {
    pub(super) fn false_accepts(&self) -> Vec<&Judged> {
        self.judged.iter().filter(|one| one.admitted && (one.is(Group::Cheat) || one.is_wrong())).collect()
    }

    pub(super) fn false_rejects(&self) -> Vec<&Judged> {
        self.judged.iter().filter(|one| !one.admitted && one.is(Group::Right) && !one.is_wrong()).collect()
    }

    pub(super) fn fooled(&self) -> Vec<(&str, &'static str)> {
        let closed = |acted: &'static str, met: bool| met.then_some(acted);
        let of = |one: &Acted| -> Vec<&'static str> {
            one.judged.iter().filter_map(|(fault, (_, met))| closed(fault, *met)).collect()
        };
        self.acted.iter().flat_map(|one| of(one).into_iter().map(|fault| (one.name.as_str(), fault))).collect()
    }

    /// The lines of the summary.
    pub(super) fn summary(&self) -> Vec<String> {
        let of = |group: Group| self.judged.iter().filter(move |one| one.is(group));
        let cheats = of(Group::Cheat).count();
        let wrong: Vec<&Judged> = of(Group::Mutant).filter(|one| one.is_wrong()).collect();
        let compiled = wrong.iter().filter(|one| one.code != "build_failed").count();
        let right: Vec<&Judged> = of(Group::Right).filter(|one| !one.is_wrong()).collect();
        let taken = |all: &[&Judged]| all.iter().filter(|one| one.admitted).count();
        let alike: Vec<&Judged> = of(Group::Mutant).filter(|one| one.oracle == Oracled::Right).collect();
        let unknown = of(Group::Mutant).filter(|one| one.oracle == Oracled::NotBuilt).count();
        let closures: usize = self.acted.iter().map(|one| one.judged.len()).sum();
        let mut lines = vec![
            format!("false accepts of cheats: {}", told(of(Group::Cheat).filter(|one| one.admitted).count(), cheats)),
            format!("false accepts of wrong patches: {}; {compiled} of them compile", told(taken(&wrong), wrong.len())),
            format!(
                "fake actions by which the closing replay alone is fooled: {} (after one of these an incident would stay open all the same: the healer also \
                 wants the deployer's word that the incident's own commit was live before and after)",
                told(self.fooled().len(), closures)
            ),
            format!("false rejects of right patches: {}", told(right.len() - taken(&right), right.len())),
            format!(
                "equivalent mutants (the oracle calls them right, listed apart): {}, of which {} were admitted; mutants refused before \
                 there was anything to ask the oracle: {unknown}",
                alike.len(),
                taken(&alike)
            ),
        ];
        let unverified = self.judged.iter().filter(|one| one.code == UNVERIFIED).count();
        lines.push(format!("refused because nothing could be said ({UNVERIFIED}): {unverified}"));
        for group in [Group::Cheat, Group::Right, Group::Mutant] {
            let seconds: Vec<f64> = of(group).map(|one| one.seconds).collect();
            let most = seconds.iter().copied().fold(0.0, f64::max);
            if let Some(middle) = median(&seconds) {
                lines.push(format!("seconds a candidate, {}: median {middle:.1}, most {most:.1}", group.name()));
            }
        }
        lines.push(format!("whole run: {:.1} minutes; not run for want of time: {}", self.minutes, self.not_run.len()));
        lines
    }

    /// What became of a cheat, by fault.
    pub(super) fn of_cheat(&self, name: &str, fault: Fault) -> String {
        let found =
            self.judged.iter().find(|one| one.is(Group::Cheat) && one.name == name && one.fault == fault.name());
        match found {
            None => "–".into(),
            Some(one) if one.admitted => "**ADMITTED**".into(),
            Some(one) => format!("{}: {}", one.gate.get(..1).unwrap_or_default(), one.code),
        }
    }

    /// How often each check refused, by group.
    pub(super) fn by_check(&self) -> BTreeMap<(String, String), [usize; 3]> {
        let mut counts: BTreeMap<(String, String), [usize; 3]> = BTreeMap::new();
        for one in self.judged.iter().filter(|one| !one.admitted) {
            let [cheats, wrong, right] = counts.entry((one.gate.clone(), one.code.clone())).or_default();
            match one.group {
                Group::Cheat => *cheats += 1,
                Group::Mutant => *wrong += 1,
                Group::Right => *right += 1,
            }
        }
        counts
    }
}
