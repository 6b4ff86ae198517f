//! Who needs whom.

use std::collections::{BTreeMap, BTreeSet};

/// Services and what they need. There may be cycles, and names that nobody describes.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// In their order, so that ids compare as names do.
    names: Vec<String>,
    ids: BTreeMap<String, usize>,
    needs: Vec<Vec<usize>>,
    needed_by: Vec<Vec<usize>>,
}

impl Graph {
    /// Of each service with the names of what it needs.
    pub fn of<'a, D>(services: impl IntoIterator<Item = (&'a str, D)>) -> Self
    where
        D: IntoIterator<Item = &'a str>,
    {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (service, needs) in services {
            let own: BTreeSet<&str> = needs.into_iter().filter(|name| *name != service).collect();
            for name in &own {
                all.entry(name).or_default();
            }
            all.entry(service).or_default().extend(own);
        }
        let ids: BTreeMap<String, usize> = all.keys().enumerate().map(|(id, name)| ((*name).to_owned(), id)).collect();
        let needs: Vec<Vec<usize>> =
            all.values().map(|needs| needs.iter().filter_map(|name| ids.get(*name).copied()).collect()).collect();
        let mut needed_by = vec![Vec::new(); needs.len()];
        for (id, needs) in needs.iter().enumerate() {
            for need in needs {
                needed_by.get_mut(*need).into_iter().for_each(|by: &mut Vec<usize>| by.push(id));
            }
        }
        Self { names: all.keys().map(|name| (*name).to_owned()).collect(), ids, needs, needed_by }
    }

    pub(crate) fn id(&self, name: &str) -> Option<usize> {
        self.ids.get(name).copied()
    }

    pub(crate) fn name(&self, id: usize) -> &str {
        self.names.get(id).map_or("", String::as_str)
    }

    pub(crate) fn needs(&self, id: usize) -> &[usize] {
        self.needs.get(id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn needed_by(&self, id: usize) -> &[usize] {
        self.needed_by.get(id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}
