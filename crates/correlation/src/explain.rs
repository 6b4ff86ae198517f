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

/// Of each alert what it may be a symptom of, likeliest first.
pub(crate) fn edges(case: &Case<'_>) -> Vec<Vec<Edge>> {
    let mut shares = BTreeMap::new();
    case.ids().map(|id| of(case, id, &mut shares)).collect()
}

fn of(case: &Case<'_>, symptom: Id, shares: &mut BTreeMap<Id, f64>) -> Vec<Edge> {
    let alert = case.alert(symptom);
    let Some(own) = case.service(symptom).filter(|_| alert.kind != Kind::Own) else { return Vec::new() };
    let (mut seen, mut here, mut edges) = (BTreeSet::from([own]), vec![own], Vec::new());
    for silent in 0..=case.bounds.gap {
        let mut next = Vec::new();
        for need in here.iter().flat_map(|service| case.graph.needs(*service)) {
            if !seen.insert(*need) {
                continue;
            }
            // What began at another time says nothing of this symptom: it is as good as silent.
            let fitting = case.at(*need).iter().copied().filter(|cause| case.fits(symptom, *cause));
            let Some(to) = case.foremost(fitting) else {
                next.push(*need);
                continue;
            };
            if alert.kind == Kind::Dependency || share(case, to, *need, shares) >= case.bounds.share {
                let apart = (alert.first - case.alert(to).first).num_milliseconds().abs();
                edges.push(Edge { silent, apart, to });
            }
        }
        here = next;
    }
    edges.sort();
    edges
}

/// The share of those needing a service that are affected since its alert began.
fn share(case: &Case<'_>, cause: Id, service: usize, shares: &mut BTreeMap<Id, f64>) -> f64 {
    *shares.entry(cause).or_insert_with(|| case.share(service, |id| case.fits(id, cause)))
}
