//! Which causes there are: as few as explain everything. Whoever only explains what a larger cause explains as well leads itself alone.

use crate::case::{Case, Id};
use crate::components::components;
use crate::explain::Edge;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Of each alert the one that leads its group.
pub(crate) fn leads(case: &Case<'_>, edges: &[Vec<Edge>]) -> Vec<Id> {
    let all = components(edges);
    let mut leads: Vec<Id> = case.ids().collect();
    let mut ends = Vec::new();
    for component in &all {
        let is_end = component.iter().all(|id| ways_out(edges, component, *id).next().is_none());
        if let Some(lead) = case.foremost(component.iter().copied()).filter(|_| is_end) {
            set(&mut leads, component, lead);
            ends.push((lead, component));
        }
    }
    let causes = causes(case, edges, &ends);
    // Causes come before their symptoms, so what a way out leads to is known.
    for component in &all {
        let out = component.iter().flat_map(|id| ways_out(edges, component, *id));
        let lead = out
            .filter_map(|edge| leads.get(edge.to).map(|lead| (!causes.contains(lead), *edge, *lead)))
            .min()
            .map(|(.., lead)| lead);
        if let Some(lead) = lead {
            set(&mut leads, component, lead);
        }
    }
    leads
}

fn ways_out<'a>(edges: &'a [Vec<Edge>], component: &'a [Id], id: Id) -> impl Iterator<Item = &'a Edge> {
    edges.get(id).into_iter().flatten().filter(|edge| component.binary_search(&edge.to).is_err())
}

fn set(leads: &mut [Id], component: &[Id], lead: Id) {
    for id in component {
        if let Some(place) = leads.get_mut(*id) {
            *place = lead;
        }
    }
}

/// The ends that are needed: the one that explains most services first, and then those that explain some that are not explained yet.
fn causes(case: &Case<'_>, edges: &[Vec<Edge>], ends: &[(Id, &Vec<Id>)]) -> BTreeSet<Id> {
    let mut back: Vec<Vec<Id>> = vec![Vec::new(); edges.len()];
    for (symptom, edges) in edges.iter().enumerate() {
        for edge in edges {
            back.get_mut(edge.to).into_iter().for_each(|back: &mut Vec<Id>| back.push(symptom));
        }
    }
    let explains = |(lead, component): &(Id, &Vec<Id>)| {
        let reached = reached(&back, component);
        let services: BTreeSet<usize> = reached.iter().filter_map(|id| case.service(*id)).collect();
        (Reverse(services.len()), case.alert(*lead).kind, case.alert(*lead).first, *lead, reached)
    };
    let mut ranked: Vec<_> = ends.iter().map(explains).collect();
    ranked.sort();
    let nearest = nearest(case, edges);
    let (mut explained, mut causes) = (BTreeSet::new(), BTreeSet::new());
    for (.., lead, reached) in ranked {
        let elsewhere = |id: &&Id| case.service(**id) != case.service(lead) && !explained.contains(*id);
        let is_needed = reached.iter().any(|id| elsewhere(&id));
        if is_needed || nearest.get(&lead).is_some_and(|services| services.len() > 1) {
            causes.insert(lead);
            explained.extend(reached);
        }
    }
    causes
}

/// How many steps to the nearest cause are followed.
const MAX_STEPS: usize = 16;

/// Of each alert the other services whose trouble leads to it when at each step the nearest is taken, of what began soon after it.
fn nearest(case: &Case<'_>, edges: &[Vec<Edge>]) -> BTreeMap<Id, BTreeSet<usize>> {
    let prompt = case.bounds.prompt.num_milliseconds();
    let next = |id: &Id| edges.get(*id)?.first().filter(|edge| edge.apart <= prompt).map(|edge| edge.to);
    let mut nearest: BTreeMap<Id, BTreeSet<usize>> = BTreeMap::new();
    for symptom in case.ids() {
        let end = std::iter::successors(Some(symptom), next).take(MAX_STEPS).last().unwrap_or(symptom);
        if let Some(service) = case.service(symptom).filter(|service| case.service(end) != Some(*service)) {
            nearest.entry(end).or_default().insert(service);
        }
    }
    nearest
}

/// The component and whatever may be a symptom of it, over however many steps.
fn reached(back: &[Vec<Id>], component: &[Id]) -> BTreeSet<Id> {
    let (mut reached, mut open) = (BTreeSet::from_iter(component.iter().copied()), component.to_vec());
    while let Some(id) = open.pop() {
        for symptom in back.get(id).into_iter().flatten() {
            if reached.insert(*symptom) {
                open.push(*symptom);
            }
        }
    }
    reached
}
