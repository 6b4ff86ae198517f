//! What a playbook would do, told before it is done, and whether what is about to be done is what was approved.

use crate::diary::{Diary, Page};
use crate::engine::{self, Standing};
use crate::playbook::Playbook;
use wire::runtime::{Intent, Invariant, Remedy};

/// What was seen of a resource, and what would be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intended {
    /// What was seen.
    pub seen: Vec<Invariant>,
    /// What is wrong.
    pub diagnosis: String,
    /// What would be tried, in order, as far as it is known now; nothing where it is not known to be ill.
    pub remedies: Vec<Remedy>,
    /// Whether something that was done for the cause stands.
    pub kept: bool,
    /// What a person has to know or to do.
    pub advice: Vec<String>,
}

/// Looks, and says what [`crate::heal()`] would do for a cause. Changes nothing.
pub async fn intend<P: Playbook>(playbook: &P, diary: &Diary, cause: &str) -> Intended {
    playbook.is_for(cause);
    let seen = playbook.look().await;
    let (invariants, remedies) = (playbook.invariants(&seen), playbook.remedies(&seen));
    let page = diary.page();
    let tried = if page.cause.as_deref() == Some(cause) { page.tried.as_slice() } else { &[] };
    let standing =
        Standing { first: &invariants, seen: &invariants, remedies: &remedies, tried, held: &page.held, late: false };
    let is_ill = matches!(engine::next(&standing), engine::Next::Try(_));
    let remedies = if is_ill { engine::untried(&standing).cloned().collect() } else { Vec::new() };
    let kept = tried.iter().any(|tried| tried.kept);
    let (diagnosis, advice) = (playbook.diagnose(&seen), playbook.advice(&seen));
    Intended { seen: invariants, diagnosis, remedies, kept, advice }
}

/// Whether this may be done next. Before the first of what was approved everything must be as it was when it was approved; after that
/// each remedy must be one of it, as what is seen then is its own doing. Pure.
pub(crate) fn is_allowed(approved: Option<&Intent>, page: &Page, standing: &Standing<'_>, next: &Remedy) -> bool {
    let Some(intent) = approved else { return true };
    if page.approved.as_ref() == Some(&intent.digest) {
        return intent.has(next);
    }
    let remedies: Vec<Remedy> = engine::untried(standing).cloned().collect();
    intent.is_for(standing.seen, &remedies)
}
