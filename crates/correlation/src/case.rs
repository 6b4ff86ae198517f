//! The alerts of one question, in an order of their own, with where they stand in the graph.

use crate::alert::{Alert, Bounds, Group, Kind, Member, Root};
use crate::graph::Graph;
use crate::path;
use std::collections::BTreeMap;

/// An alert of the question, by its place in the case's order.
pub(crate) type Id = usize;

/// Groups whose root is silent: the leading alert, and the services that may be it, likeliest first.
pub(crate) type Silent = BTreeMap<Id, Vec<usize>>;

pub(crate) struct Case<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) bounds: &'a Bounds,
    /// Sorted, so that nothing depends on the order in which they were given.
    alerts: Vec<(usize, &'a Alert)>,
    service: Vec<Option<usize>>,
    at: Vec<Vec<Id>>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(alerts: &'a [Alert], graph: &'a Graph, bounds: &'a Bounds) -> Self {
        let mut alerts: Vec<(usize, &Alert)> = alerts.iter().enumerate().collect();
        alerts.sort_by_key(|(_, alert)| (&alert.service, &alert.code, alert.first, alert.last, alert.kind));
        let service: Vec<Option<usize>> = alerts.iter().map(|(_, alert)| graph.id(&alert.service)).collect();
        let mut at = vec![Vec::new(); graph.len()];
        for (id, service) in service.iter().enumerate() {
            let here = service.and_then(|service| at.get_mut(service));
            here.into_iter().for_each(|here: &mut Vec<Id>| here.push(id));
        }
        Self { graph, bounds, alerts, service, at }
    }

    pub(crate) fn ids(&self) -> std::ops::Range<Id> {
        0..self.alerts.len()
    }

    #[expect(clippy::indexing_slicing, reason = "an id is a place in this very vector")]
    pub(crate) fn alert(&self, id: Id) -> &'a Alert {
        self.alerts[id].1
    }

    pub(crate) fn service(&self, id: Id) -> Option<usize> {
        self.service.get(id).copied().flatten()
    }

    /// The alerts of a service.
    pub(crate) fn at(&self, service: usize) -> &[Id] {
        self.at.get(service).map_or(&[], Vec::as_slice)
    }

    /// Whether one alert may be a symptom of another, by their times alone.
    pub(crate) fn fits(&self, symptom: Id, cause: Id) -> bool {
        let (symptom, cause) = (self.alert(symptom), self.alert(cause));
        let until = match symptom.kind {
            Kind::Dependency => cause.last.max(cause.first) + self.bounds.window,
            _ => cause.first + self.bounds.prompt.min(self.bounds.window),
        };
        cause.first - self.bounds.disorder <= symptom.first && symptom.first <= until
    }

    /// Of several alerts of a service the one that stands for its trouble: what it calls its own, then what began first.
    pub(crate) fn foremost(&self, ids: impl Iterator<Item = Id>) -> Option<Id> {
        ids.min_by_key(|id| (self.alert(*id).kind != Kind::Own, self.alert(*id).first, *id))
    }

    /// The share of those needing a service that show trouble since an alert of it began: their own alerts, or those of whoever needs them.
    pub(crate) fn share(&self, service: usize, shows: impl Fn(Id) -> bool) -> f64 {
        let alerting =
            |service: usize| self.at(service).iter().any(|id| self.alert(*id).kind != Kind::Own && shows(*id));
        let by = self.graph.needed_by(service);
        let above = |by: usize| self.graph.needed_by(by).iter().any(|above| *above != service && alerting(*above));
        let affected = by.iter().filter(|by| alerting(**by) || (self.at(**by).is_empty() && above(**by))).count();
        if by.is_empty() { 0.0 } else { affected as f64 / by.len() as f64 }
    }

    /// A root that others are symptoms of has them in several of its codes: those that it does not call its own are one.
    pub(crate) fn join_codes_of_one_root(&self, leads: &mut [Id]) {
        let mut has_symptoms = vec![false; leads.len()];
        for (id, lead) in leads.iter().enumerate().filter(|(id, lead)| self.service(*id) != self.service(**lead)) {
            has_symptoms.get_mut(*lead).into_iter().for_each(|has| *has |= id != *lead);
        }
        let leads_itself = |leads: &[Id], id: Id| leads.get(id) == Some(&id);
        for here in &self.at {
            let roots: Vec<Id> = here.iter().copied().filter(|id| leads_itself(leads, *id)).collect();
            let with = roots.iter().copied().filter(|id| has_symptoms.get(*id) == Some(&true));
            let Some(first) = self.foremost(with).map(|id| self.alert(id).first) else { continue };
            let near = |id: &Id| (self.alert(*id).first - first).abs() <= self.bounds.window;
            let Some(lead) = self.foremost(roots.iter().copied().filter(near)) else { continue };
            for other in roots.into_iter().filter(|id| *id != lead && self.alert(*id).kind != Kind::Own) {
                if (self.alert(other).first - self.alert(lead).first).abs() <= self.bounds.window {
                    replace(leads, other, lead);
                }
            }
        }
    }

    /// The answer, by what leads whom.
    pub(crate) fn told(&self, leads: &[Id], silent: &Silent) -> Vec<Group> {
        let mut members: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        for (id, lead) in leads.iter().enumerate() {
            let of_lead = members.entry(*lead).or_default();
            if id != *lead {
                of_lead.push(id);
            }
        }
        members.into_iter().map(|(lead, members)| self.group(lead, &members, silent.get(&lead))).collect()
    }

    fn group(&self, lead: Id, members: &[Id], silent: Option<&Vec<usize>>) -> Group {
        let name = |service: &usize| self.graph.name(*service).to_owned();
        let root = match silent.and_then(|candidates| candidates.split_first()) {
            None => Root::Alerting,
            Some((service, or)) => Root::Silent { service: name(service), or: or.iter().map(name).collect() },
        };
        let to = silent.and_then(|candidates| candidates.first().copied()).or_else(|| self.service(lead));
        let paths = path::to(self.graph, to, members.iter().filter_map(|id| self.service(*id)));
        let member = |id: &Id| Member {
            alert: self.given(*id),
            path: self.service(*id).and_then(|service| paths.get(&service).cloned()).unwrap_or_default(),
            after: self.alert(*id).first - self.alert(lead).first,
        };
        Group { root, lead: self.given(lead), members: members.iter().map(member).collect() }
    }

    /// Its index in what was asked.
    fn given(&self, id: Id) -> usize {
        self.alerts.get(id).map_or(0, |(given, _)| *given)
    }
}

/// Whatever one alert led is led by another.
pub(crate) fn replace(leads: &mut [Id], old: Id, new: Id) {
    leads.iter_mut().filter(|lead| **lead == old).for_each(|lead| *lead = new);
}
