//! Cycles of "may be a symptom of" are one, and what is deeper is found before what is not (Tarjan, 1972).

use crate::case::Id;
use crate::explain::Edge;

/// The strongly connected components, each sorted, causes before symptoms. Without recursion: a chain may be thousands long.
pub(crate) fn components(edges: &[Vec<Edge>]) -> Vec<Vec<Id>> {
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
