//! Whether there is a storm: how many services that have to do with each other are in trouble at once.

use crate::alert::Alert;
use crate::graph::Graph;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Of each alert: how many services began to alert since then that have to do with its own. Services have to do with each other when one
/// needs the other, or both need a third; and so do those of both.
pub fn around(alerts: &[Alert], graph: &Graph, since: DateTime<Utc>) -> Vec<usize> {
    let mut sets = Sets::default();
    for alert in alerts {
        for need in graph.id(&alert.service).into_iter().flat_map(|id| graph.needs(id)) {
            sets.join(&alert.service, graph.name(*need));
        }
    }
    let mut services: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| alert.first >= since) {
        services.entry(sets.of(&alert.service)).or_default().insert(&alert.service);
    }
    alerts.iter().map(|alert| services.get(&sets.of(&alert.service)).map_or(0, BTreeSet::len)).collect()
}

/// Disjoint sets of names, each known by one of them.
#[derive(Default)]
struct Sets {
    above: BTreeMap<String, String>,
}

impl Sets {
    fn of(&mut self, name: &str) -> String {
        let (mut top, mut below) = (name.to_owned(), Vec::new());
        while let Some(above) = self.above.get(&top) {
            below.push(std::mem::replace(&mut top, above.clone()));
        }
        // The next look is one step.
        below.pop();
        for name in below {
            self.above.insert(name, top.clone());
        }
        top
    }

    fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.of(one), self.of(other));
        if one != other {
            self.above.insert(one, other);
        }
    }
}
