//! Reads what others claim about a change: the verifier's verdict, and what a diff really touches. Pure.

use crate::decide::refusal;
use wire::proposal::{Proposal, Refusal};
use wire::verification::{Gate, Verdict};
use wire::{Digest, FaultCode, TreeId};

/// One file between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Its path.
    pub path: String,
    /// Whether it is a regular file on both sides, with the same mode: nothing added, removed, renamed or linked.
    pub edited: bool,
}

/// The artefact of an admitted change.
///
/// # Errors
/// When the verdict is about another change or tree, or a gate did not pass or did not run. A claim without its gates is no
/// admission.
pub fn admitted(verdict: &Verdict, proposal: &Digest, tree: &TreeId) -> Result<Digest, Refusal> {
    let with_gates = |code: &str, why: String| Refusal { gates: verdict.gates.clone(), ..refusal(code, why) };
    if verdict.proposal != *proposal {
        return Err(with_gates("not_admitted", "the verdict is about another change".into()));
    }
    if let Some(gate) = verdict.gates.iter().find(|gate| !gate.passed) {
        return Err(with_gates(&gate.code, gate.why.clone()));
    }
    if !verdict.admitted || !Gate::all_passed(&verdict.gates) {
        return Err(with_gates("not_admitted", "the verifier did not admit it".into()));
    }
    if verdict.tree.as_ref() != Some(tree) {
        return Err(with_gates("tree_mismatch", "the verifier judged another tree than the one that was made".into()));
    }
    let artefact = verdict.artefact.clone();
    artefact.ok_or_else(|| with_gates("not_admitted", "the verdict names no artefact".into()))
}

/// Why a proposal must not be pushed, as far as it and the verdict alone can tell.
pub fn not_admitted(proposal: &Proposal, verdict: Option<&Verdict>) -> Option<Refusal> {
    let Some(verdict) = verdict else {
        return Some(refusal("not_admitted", "the verifier has no verdict on it"));
    };
    let because = |why: String| Some(Refusal { gates: verdict.gates.clone(), ..refusal("not_admitted", why) });
    match admitted(verdict, &proposal.digest, &proposal.tree) {
        Err(refusal) => because(refusal.why),
        Ok(artefact) if artefact != proposal.artefact => because("the verifier built another artefact".into()),
        Ok(_) => None,
    }
}

/// Whether a proposal's digest is that of its parts and of the fault that it is pushed for.
pub fn is_genuine(proposal: &Proposal, code: &FaultCode) -> bool {
    Proposal::digest_of(&proposal.target, code, &proposal.base, &proposal.diff) == proposal.digest
}

/// Whether a change stays within the allow-list.
///
/// # Errors
/// Names the first file that it must not touch, or touch so.
pub fn within(touched: &[Touched], allowed: &[String]) -> Result<(), Refusal> {
    if touched.is_empty() {
        return Err(refusal("no_match", "it changes nothing"));
    }
    for file in touched {
        let path = &file.path;
        if !allowed.contains(path) {
            return Err(refusal("outside_scope", format!("it changes {path}, which the target does not list")));
        }
        if !file.edited {
            let why = format!("it does more to {path} than to edit it: a mode, a link, a removal");
            return Err(refusal("outside_scope", why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
