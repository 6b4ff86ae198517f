//! Whether an incident is a symptom of another one's cause, and whether what has no easy way back must wait. Pure.

mod picture;

use crate::next::Move;
use chrono::{DateTime, TimeDelta, Utc};
use correlation::{Bounds, Graph, Kind};
use picture::Picture;
use std::collections::{BTreeMap, BTreeSet};
use wire::event::{Body, Step};
use wire::incident::Incident;
use wire::plan::Verdict;
use wire::related::OpenIncident;
use wire::target::{Catalogue, Resource, ResourceKind};
use wire::transitions::{self, Trigger};
use wire::{FaultCode, TargetName};

/// How often is looked again whether a storm is over.
const LOOK: TimeDelta = TimeDelta::seconds(2);

/// The bounds of what belongs together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How far apart alerts may be; a window of nothing: each incident is seen separately.
    pub bounds: Bounds,
    /// How long an incident of a target that needs another one waits for that one's, before anything is tried.
    pub settle: TimeDelta,
    /// So many services in trouble that have to do with each other are a storm.
    pub storm_services: usize,
    /// When their incidents began within this time.
    pub storm_window: TimeDelta,
    /// How long a symptom must be quiet after its cause was cured.
    pub quiet: TimeDelta,
}

/// Who needs whom, and what the target files say of each fault.
#[derive(Debug, Clone)]
pub struct Relations {
    /// The bounds.
    pub limits: Limits,
    graph: Graph,
    /// Targets that have to do with another one.
    related: BTreeSet<TargetName>,
    /// Targets that need another one.
    needing: BTreeSet<TargetName>,
    kinds: BTreeMap<(TargetName, FaultCode), Kind>,
}

impl Relations {
    /// Of a catalogue.
    pub fn of(catalogue: &Catalogue, limits: Limits) -> Self {
        let around = |name: &TargetName| -> BTreeSet<&str> {
            let needs = catalogue.get(name).into_iter().flat_map(|target| &target.depends_on);
            needs.map(String::as_str).chain(catalogue.get_key_value(name).map(|(name, _)| name.as_str())).collect()
        };
        let mut users: BTreeMap<&str, usize> = BTreeMap::new();
        for name in catalogue.keys().flat_map(around) {
            *users.entry(name).or_default() += 1;
        }
        let shares = |name: &&TargetName| around(name).iter().any(|one| users.get(one).is_some_and(|count| *count > 1));
        let needs_target =
            |name: &&TargetName| around(name).iter().any(|one| *one != name.as_str() && is_target(catalogue, one));
        let faults = catalogue.values().flat_map(|target| target.faults.iter().map(|fault| (&target.name, fault)));
        let resources = catalogue.values().flat_map(|target| {
            let of = |resource: &Resource| ((target.name.clone(), resource.fault.clone()), resource_kind(&resource.is));
            target.resources.iter().map(of).collect::<Vec<_>>()
        });
        let needs =
            catalogue.values().map(|target| (target.name.as_str(), target.depends_on.iter().map(String::as_str)));
        Self {
            limits,
            graph: Graph::of(needs),
            related: catalogue.keys().filter(shares).cloned().collect(),
            needing: catalogue.keys().filter(needs_target).cloned().collect(),
            kinds: resources
                .chain(faults.map(|(name, fault)| ((name.clone(), fault.code.clone()), kind(fault.verdict))))
                .collect(),
        }
    }

    /// Whether other incidents matter for this move. An incident whose target has to do with no other one never waits for the answer.
    pub fn concern(&self, incident: &Incident, planned: &Move) -> bool {
        let is_on = self.limits.bounds.window > TimeDelta::zero() && self.related.contains(&incident.target);
        is_on && matches!(planned, Move::Start { .. } | Move::Record(_)) && (may_rest(incident) || is_push(planned))
    }

    /// What is done among all these open incidents, where this was planned for one alone.
    pub fn decide(&self, incident: &Incident, open: &[OpenIncident], planned: Move, now: DateTime<Utc>) -> Move {
        let picture = Picture::of(self, incident, open);
        if may_rest(incident) {
            if let Some((parent, why)) = picture.cause() {
                return Move::Record(Box::new(Body::Correlated { parent, why }));
            }
            let settled = incident.detected_at + self.limits.settle;
            let may_be_one =
                self.needing.contains(&incident.target) && self.kind(&incident.target, &incident.code) != Kind::Own;
            if may_be_one
                && now < settled
                && !matches!(planned, Move::Start { step: Step::Analyze | Step::Relieve, .. })
            {
                return Move::WaitUntil(settled);
            }
        }
        match picture.storm(now).filter(|_| is_push(&planned)) {
            Some((until, why)) if incident.postponed_until.is_none_or(|until| until <= now) => {
                Move::Record(Box::new(Body::Postponed { until: until.max(now + LOOK), why }))
            }
            Some(_) => Move::WaitUntil(now + LOOK),
            None => planned,
        }
    }

    fn kind(&self, target: &TargetName, code: &FaultCode) -> Kind {
        self.kinds.get(&(target.clone(), code.clone())).copied().unwrap_or_default()
    }
}

fn is_target(catalogue: &Catalogue, name: &str) -> bool {
    name.parse().is_ok_and(|name: TargetName| catalogue.contains_key(&name))
}

/// What lies on the target's own machine is its own trouble; what it calls may be somebody else's.
fn resource_kind(resource: &ResourceKind) -> Kind {
    match resource {
        ResourceKind::Network(_) | ResourceKind::Endpoint(_) | ResourceKind::ModelServer(_) => Kind::Dependency,
        ResourceKind::DatabaseFile(_)
        | ResourceKind::Port(_)
        | ResourceKind::Boot(_)
        | ResourceKind::Memory(_)
        | ResourceKind::Disk(_)
        | ResourceKind::Configuration(_)
        | ResourceKind::Credential(_)
        | ResourceKind::Workload(_) => Kind::Own,
    }
}

/// What the target file says of a fault.
fn kind(verdict: Option<Verdict>) -> Kind {
    match verdict {
        Some(Verdict::CodeFault | Verdict::Configuration) => Kind::Own,
        Some(Verdict::Dependency) => Kind::Dependency,
        _ => Kind::Unknown,
    }
}

fn is_push(planned: &Move) -> bool {
    matches!(planned, Move::Start { step: Step::Push, .. })
}

/// Whether it may still be found to be a symptom: nothing was pushed, and it was not looked at as one, or healed by a cure of its own, before.
fn may_rest(incident: &Incident) -> bool {
    let trigger = Trigger { kind: "correlated", step: None };
    let is_own =
        incident.separated || incident.recurrences > 0 || incident.commit.is_some() || incident.acted.is_some();
    incident.in_flight.is_none() && !is_own && transitions::to(incident.status, trigger).is_some()
}
