//! From "may be a symptom of" to the deepest cause: cycles are one, and the deepest is reached first (Tarjan, 1972).

use crate::case::{Case, Id};
use crate::explain::Edge;

/// Of each alert the one that leads its group.
pub(crate) fn leads(case: &Case<'_>, edges: &[Vec<Edge>]) -> Vec<Id> {
    let mut leads: Vec<Id> = case.ids().collect();
    for component in components(edges) {
        let of = |id: &Id| edges.get(*id).into_iter().flatten();
        let out = component.iter().flat_map(of).filter(|edge| component.binary_search(&edge.to).is_err()).min();
        // Causes come before their symptoms, so what a way out leads to is known.
        let lead = match out {
            Some(edge) => leads.get(edge.to).copied(),
            None => case.foremost(component.iter().copied()),
        };
        for id in &component {
            leads.get_mut(*id).zip(lead).into_iter().for_each(|(place, lead)| *place = lead);
        }
    }
    leads
}

/// The strongly connected components, each sorted, causes before symptoms. Without recursion: a chain may be thousands long.
fn components(edges: &[Vec<Edge>]) -> Vec<Vec<Id>> {
    let mut search = Search { edges, order: vec![None; edges.len()], low: vec![0; edges.len()], ..Search::default() };
    for id in 0..edges.len() {
        search.from(id);
    }
    search.found
}

#[derive(Default)]
struct Search<'a> {
    edges: &'a [Vec<Edge>],
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<bool>,
    stack: Vec<Id>,
    count: usize,
    found: Vec<Vec<Id>>,
}

#[expect(clippy::indexing_slicing, reason = "every vector has a place for each alert, and an id is such a place")]
impl Search<'_> {
    fn from(&mut self, start: Id) {
        self.open.resize(self.edges.len(), false);
        if self.order[start].is_some() {
            return;
        }
        let mut work = vec![(start, 0)];
        while let Some((id, next)) = work.pop() {
            if next == 0 {
                self.enter(id);
            }
            match self.edges[id].get(next) {
                Some(edge) => {
                    work.push((id, next + 1));
                    match self.order[edge.to] {
                        None => work.push((edge.to, 0)),
                        Some(order) if self.open[edge.to] => self.low[id] = self.low[id].min(order),
                        Some(_) => {}
                    }
                }
                None => {
                    self.leave(id);
                    if let Some((above, _)) = work.last() {
                        self.low[*above] = self.low[*above].min(self.low[id]);
                    }
                }
            }
        }
    }

    fn enter(&mut self, id: Id) {
        (self.order[id], self.low[id], self.open[id]) = (Some(self.count), self.count, true);
        self.count += 1;
        self.stack.push(id);
    }

    fn leave(&mut self, id: Id) {
        if self.order[id] != Some(self.low[id]) {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.open[member] = false;
            component.push(member);
            if member == id {
                break;
            }
        }
        component.sort_unstable();
        self.found.push(component);
    }
}
