//! What a playbook does next, from what was seen and what was tried. Pure.

use wire::runtime::{ActOutcome, Held, Invariant, Level, Remedy, Tried};

/// Where a healing stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// What was seen at first.
    pub first: &'a [Invariant],
    /// What is seen now.
    pub seen: &'a [Invariant],
    /// What can be tried now, in order.
    pub remedies: &'a [Remedy],
    /// What was tried.
    pub tried: &'a [Tried],
    /// What stands in place for the time being.
    pub held: &'a [Held],
    /// Whether its time is up.
    pub late: bool,
}

/// The next thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Try this.
    Try(Box<Remedy>),
    /// Nothing more: it ended so.
    End(ActOutcome),
}

/// The next thing to do. What was tried is not tried a second time, whether it helped or not; only what had eased it for the time
/// being, and was withdrawn since, may be put in place again.
pub fn next(standing: &Standing<'_>) -> Next {
    if standing.seen.iter().all(|invariant| invariant.holds == Some(true)) {
        return Next::End(if standing.held.is_empty() { ActOutcome::Healed } else { ActOutcome::Relieved });
    }
    match untried(standing).next() {
        Some(remedy) if !standing.late && is_known_ill(standing) => Next::Try(Box::new(remedy.clone())),
        _ => Next::End(at_the_end(standing)),
    }
}

/// What can be tried now and was not, in order.
pub(crate) fn untried<'a>(standing: &Standing<'a>) -> impl Iterator<Item = &'a Remedy> {
    let Standing { tried, held, .. } = *standing;
    let stands = |remedy: &Remedy| held.iter().any(|held| held.remedy.action == remedy.action);
    let was_withdrawn = move |tried: &Tried| tried.kept && !tried.remedy.lasts && !stands(&tried.remedy);
    let is_new =
        move |remedy: &&Remedy| tried.iter().filter(|tried| tried.remedy.action == remedy.action).all(was_withdrawn);
    standing.remedies.iter().filter(is_new)
}

/// What nobody can tell is no reason to do anything.
fn is_known_ill(standing: &Standing<'_>) -> bool {
    standing.seen.iter().any(|invariant| invariant.holds == Some(false))
}

fn at_the_end(standing: &Standing<'_>) -> ActOutcome {
    if !is_known_ill(standing) {
        return ActOutcome::Unverified;
    }
    let better = Level::of(standing.seen) < Level::of(standing.first);
    if better { ActOutcome::Better } else { ActOutcome::Unhealed }
}

/// Whether a try made it better: then it stands, else it is taken back. As bad as before is not better.
pub(crate) fn helped(before: Level, after: Level) -> bool {
    after < before
}

#[cfg(test)]
mod tests;
