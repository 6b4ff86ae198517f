//! Roots that say nothing: what several alerting services need, when most of those that need it are affected.

use crate::alert::Kind;
use crate::case::{Case, Id, Silent, replace};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Merges what points at one silent service, the one that explains most first.
pub(crate) fn merge(case: &Case<'_>, leads: &mut [Id]) -> Silent {
    let mut open: BTreeSet<Id> =
        case.ids().filter(|id| leads.get(*id) == Some(id) && case.alert(*id).kind != Kind::Own).collect();
    let mut silent = Silent::new();
    loop {
        let pointed = pointed_at(case, &open);
        let best = pointed.iter().filter_map(|(service, by)| rank(case, *service, by)).max();
        let Some((.., Reverse(service), by)) = best else { return silent };
        let Some(lead) = by.iter().copied().min_by_key(|id| (case.alert(*id).first, *id)) else { return silent };
        let same = |other: &usize| {
            *other != service
                && pointed.get(other).and_then(|all| rank(case, *other, all)).is_some_and(|(.., found)| found == by)
        };
        let candidates = std::iter::once(service).chain(pointed.keys().copied().filter(same)).collect();
        for id in &by {
            open.remove(id);
            replace(leads, *id, lead);
        }
        silent.insert(lead, candidates);
    }
}

/// Silent services with the leading alerts that need them, and over how many steps.
fn pointed_at(case: &Case<'_>, open: &BTreeSet<Id>) -> BTreeMap<usize, Vec<(Id, usize)>> {
    let mut pointed: BTreeMap<usize, Vec<(Id, usize)>> = BTreeMap::new();
    for id in open {
        let Some(own) = case.service(*id) else { continue };
        let (mut seen, mut here) = (BTreeSet::from([own]), vec![own]);
        for steps in 1..=case.bounds.gap + 1 {
            let needs = here.iter().flat_map(|service| case.graph.needs(*service)).copied();
            here = needs.filter(|need| case.at(*need).is_empty() && seen.insert(*need)).collect();
            here.iter().for_each(|service| pointed.entry(*service).or_default().push((*id, steps)));
        }
    }
    pointed
}

/// How many services point at it, the share of those needing it that are affected, how near it is, itself; and which alerts. None when that is
/// too little.
type Rank = (usize, u32, Reverse<usize>, Reverse<usize>, Vec<Id>);

fn rank(case: &Case<'_>, service: usize, by: &[(Id, usize)]) -> Option<Rank> {
    let began = by.iter().map(|(id, _)| case.alert(*id).first).min()?;
    let together = |id: &Id| case.alert(*id).first - began <= case.bounds.window;
    let by: Vec<(Id, usize)> = by.iter().copied().filter(|(id, _)| together(id)).collect();
    let services: BTreeSet<Option<usize>> = by.iter().map(|(id, _)| case.service(*id)).collect();
    let say_so = by.iter().any(|(id, _)| case.alert(*id).kind == Kind::Dependency);
    let enough = if say_so { case.bounds.pointing.saturating_sub(1).max(2) } else { case.bounds.pointing };
    let share = case.share(service, |id| (case.alert(id).first - began).abs() <= case.bounds.window);
    let is_root = services.len() >= enough && share >= case.bounds.silent_share;
    let steps = by.iter().map(|(_, steps)| steps).sum();
    let ids = by.into_iter().map(|(id, _)| id).collect();
    is_root.then_some((services.len(), (share * 1_000.0) as u32, Reverse(steps), Reverse(service), ids))
}
