//! The way from a symptom to its root.

use crate::graph::Graph;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many steps of a way are told before its end.
const MAX_STEPS: usize = 16;

/// From each of these services the shortest way to the root, each needing the next.
pub(crate) fn to(
    graph: &Graph,
    root: Option<usize>,
    from: impl Iterator<Item = usize>,
) -> BTreeMap<usize, Vec<String>> {
    let Some(root) = root else { return BTreeMap::new() };
    let mut wanted: BTreeSet<usize> = from.collect();
    let (all, mut next, mut open) = (wanted.clone(), BTreeMap::from([(root, root)]), VecDeque::from([root]));
    wanted.remove(&root);
    while let Some(service) = open.pop_front().filter(|_| !wanted.is_empty()) {
        for by in graph.needed_by(service) {
            if let std::collections::btree_map::Entry::Vacant(place) = next.entry(*by) {
                place.insert(service);
                wanted.remove(by);
                open.push_back(*by);
            }
        }
    }
    all.into_iter().map(|service| (service, along(graph, &next, service, root))).collect()
}

fn along(graph: &Graph, next: &BTreeMap<usize, usize>, service: usize, root: usize) -> Vec<String> {
    let (mut path, mut here) = (Vec::new(), service);
    while here != root && path.len() < MAX_STEPS {
        path.push(graph.name(here).to_owned());
        here = next.get(&here).copied().unwrap_or(root);
    }
    path.push(graph.name(root).to_owned());
    path
}
