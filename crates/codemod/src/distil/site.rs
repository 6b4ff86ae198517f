//! Where two texts differ: the nodes that a rule could match, the smallest first. Pure.

use crate::distil::holes::is_receiver;
use crate::syntax::Term;

/// A node that a rule could match, and what stands there afterwards.
#[derive(Debug, Clone)]
pub(crate) struct Site<'a> {
    /// The node.
    pub(crate) before: &'a Term,
    /// What is there instead: one node, or several that follow each other.
    pub(crate) after: Vec<&'a Term>,
    /// What it stands in, the outermost first.
    pub(crate) above: Vec<&'a Term>,
    /// Statements that are new before it, and behind it.
    pub(crate) inserted: (Vec<&'a Term>, Vec<&'a Term>),
}

/// The candidates; none when the texts are alike, or differ in places that have only the whole file in common.
pub(crate) fn sites<'a>(before: &'a Term, after: &'a Term) -> Vec<Site<'a>> {
    let mut path = vec![(before, after)];
    let mut found = Vec::new();
    while let Some((b, a)) = path.last().copied() {
        let (old, new, next) = window(b, a);
        // The same change in several places is one rule: the first is looked at, and the trials tell whether it makes the others.
        if let ([old, ..], [new, ..]) = (old, new)
            && b.children.len() == a.children.len()
            && old.kind == new.kind
            && !old.children.is_empty()
            && !new.children.is_empty()
        {
            path.push((old, new));
            continue;
        }
        let above: Vec<&Term> = path.iter().map(|(b, _)| *b).collect();
        found.extend(of_window((b, a), old, new, next, &above));
        break;
    }
    while path.len() > 1 {
        let Some((b, a)) = path.pop() else { break };
        let above = path.iter().map(|(b, _)| *b).collect();
        found.push(Site { before: b, after: vec![a], above, inserted: Default::default() });
    }
    found
}

/// The children that differ, and where the first of them stands.
fn window<'a>(b: &'a Term, a: &'a Term) -> (&'a [Term], &'a [Term], usize) {
    let same = |(x, y): &(&Term, &Term)| x.hash == y.hash;
    let head = b.children.iter().zip(&a.children).take_while(same).count();
    let most = b.children.len().min(a.children.len()) - head;
    let tail = b.children.iter().rev().zip(a.children.iter().rev()).take_while(same).count().min(most);
    let of = |term: &'a Term| term.children.get(head..term.children.len() - tail).unwrap_or_default();
    (of(b), of(a), head)
}

fn of_window<'a>(
    (b, a): (&'a Term, &'a Term),
    old: &'a [Term],
    new: &'a [Term],
    at: usize,
    above: &[&'a Term],
) -> Vec<Site<'a>> {
    let above = above.to_vec();
    let fresh: Vec<&Term> = new.iter().collect();
    match old {
        [one] if b.is_list_of_statements() || new.len() == 1 => {
            vec![Site { before: one, after: fresh, above, inserted: Default::default() }]
        }
        // Only something new: the statement behind it is what is matched, or the one before it.
        [] if b.is_list_of_statements() => {
            let next = b.children.get(at).zip(a.children.get(at + new.len())).filter(|(next, _)| next.is_named);
            let next = next.map(|(before, same)| Site {
                before,
                after: fresh.iter().copied().chain([same]).collect(),
                above: above.clone(),
                inserted: (fresh.clone(), Vec::new()),
            });
            let previous = at.checked_sub(1).and_then(|at| b.children.get(at).zip(a.children.get(at)));
            let previous = previous.filter(|(previous, _)| previous.is_named).map(|(before, same)| Site {
                before,
                after: [same].into_iter().chain(fresh.iter().copied()).collect(),
                above,
                inserted: (Vec::new(), fresh.clone()),
            });
            next.into_iter().chain(previous).collect()
        }
        _ => Vec::new(),
    }
}

impl<'a> Site<'a> {
    /// The statement that it is, or stands in, with what it stands in itself; none where there is none.
    pub(crate) fn statement(&self) -> Option<(&'a Term, &'a Term)> {
        let chain: Vec<&'a Term> = self.above.iter().copied().chain([self.before]).collect();
        let at = chain.iter().rposition(|term| term.is_list_of_statements())?;
        Some((chain.get(at).copied()?, chain.get(at + 1).copied()?))
    }

    /// Whether the cure only adds to it, and more is called on it: alone it is as good as any other, and what is called on it
    /// says what it is. Then that belongs to the rule.
    pub(crate) fn is_told_by_what_follows(&self) -> bool {
        let [after] = self.after.as_slice() else { return false };
        let is_added_to = after.hash != self.before.hash && after.contains(self.before.hash);
        let is_called_on = self.above.last().is_some_and(|parent| is_receiver(parent, self.before));
        is_added_to && is_called_on
    }

    /// The statement before that one.
    pub(crate) fn previous(&self) -> Option<&'a Term> {
        let (list, statement) = self.statement()?;
        let at = list.children.iter().position(|child| child.range == statement.range)?;
        list.children.get(at.checked_sub(1)?).filter(|term| term.is_named)
    }
}
