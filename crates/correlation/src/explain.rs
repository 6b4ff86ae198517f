//! Which alert may be a symptom of which.

use crate::alert::Kind;
use crate::case::{Case, Id};
use std::collections::{BTreeMap, BTreeSet};

/// That an alert may be a symptom of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    /// How many silent services lie between.
    pub(crate) silent: usize,
    /// How far apart they began, milliseconds; less is likelier.
    pub(crate) apart: i64,
    pub(crate) to: Id,
}

/// Of each alert what it may be a symptom of, likeliest first. Where nearly all that need a service are quiet, an alert of it explains
/// only who calls itself a symptom – unless it is plainly a symptom itself, and so on the way of something larger.
pub(crate) fn edges(case: &Case<'_>) -> Vec<Vec<Edge>> {
    let mut shares = BTreeMap::new();
    let mut all: Vec<Vec<Edge>> = case.ids().map(|id| possible(case, id)).collect();
    for (id, edges) in all.iter_mut().enumerate() {
        edges.extend(beside(case, id).filter(|edge| share(case, edge.to, &mut shares) > 0.0));
        edges.sort();
    }
    let mut plain = |symptom: Id, edge: &Edge| {
        case.alert(symptom).kind == Kind::Dependency || share(case, edge.to, &mut shares) >= case.bounds.share
    };
    let is_plain: Vec<Vec<bool>> =
        all.iter().enumerate().map(|(id, edges)| edges.iter().map(|edge| plain(id, edge)).collect()).collect();
    let is_symptom: Vec<bool> = is_plain.iter().map(|plain| plain.contains(&true)).collect();
    let kept = |(edge, plain): (Edge, bool)| (plain || is_symptom.get(edge.to) == Some(&true)).then_some(edge);
    all.into_iter()
        .zip(is_plain)
        .map(|(edges, plain)| edges.into_iter().zip(plain).filter_map(kept).collect())
        .collect()
}

/// Other codes of a service that has a fault of its own may be symptoms of that one, where others have trouble because of it.
fn beside(case: &Case<'_>, symptom: Id) -> impl Iterator<Item = Edge> {
    let alert = case.alert(symptom);
    let here = case.service(symptom).filter(|_| alert.kind != Kind::Own).map_or(&[][..], |service| case.at(service));
    let own = here.iter().filter(|id| case.alert(**id).kind == Kind::Own);
    let prompt = case.bounds.prompt.num_milliseconds();
    let edge = move |to: &Id| Edge { silent: 0, apart: apart(case, symptom, *to), to: *to };
    own.map(edge).filter(move |edge| edge.apart <= prompt)
}

fn apart(case: &Case<'_>, one: Id, other: Id) -> i64 {
    (case.alert(one).first - case.alert(other).first).num_milliseconds().abs()
}

fn possible(case: &Case<'_>, symptom: Id) -> Vec<Edge> {
    let alert = case.alert(symptom);
    let Some(own) = case.service(symptom).filter(|_| alert.kind != Kind::Own) else { return Vec::new() };
    let (mut seen, mut here, mut edges) = (BTreeSet::from([own]), vec![own], Vec::new());
    for silent in 0..=case.bounds.gap {
        let mut next = Vec::new();
        for need in here.iter().flat_map(|service| case.graph.needs(*service)) {
            if !seen.insert(*need) {
                continue;
            }
            let mut is_on_the_way = false;
            // What began at another time says nothing of this symptom: it is as good as silent.
            for to in case.at(*need).iter().copied().filter(|cause| case.fits(symptom, *cause)) {
                edges.push(Edge { silent, apart: apart(case, symptom, to), to });
                is_on_the_way |= case.alert(to).kind != Kind::Own;
            }
            // A fault of its own says nothing of what it needs itself.
            if !is_on_the_way {
                next.push(*need);
            }
        }
        here = next;
    }
    edges
}

/// The share of those needing an alert's service that are affected since it began.
fn share(case: &Case<'_>, cause: Id, shares: &mut BTreeMap<Id, f64>) -> f64 {
    let of = || case.service(cause).map_or(0.0, |service| case.share(service, |id| case.fits(id, cause)));
    *shares.entry(cause).or_insert_with(of)
}
