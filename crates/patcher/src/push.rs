//! Push an admitted proposal: exactly its tree, on exactly its base.

use crate::decide::{Stand, in_time, refusal};
use crate::failure::Failure;
use crate::judge;
use crate::land::Landing;
use crate::message::{Message, is_trace_parent};
use crate::patcher::Patcher;
use crate::repository::{Head, Past, RepositoryError, Work};
use chassis::operations::Reporter;
use std::sync::Arc;
use wire::paths::trailer;
use wire::proposal::{Push, PushOutcome};
use wire::target::Target;
use wire::{Authority, Epoch, IncidentId};

/// A push.
pub(crate) struct PushOf(pub(crate) Push);

impl Patcher {
    /// Pushes a proposal that the verifier stands behind. Neither the caller nor this service is believed.
    pub(crate) async fn push(
        &self,
        target: Arc<Target>,
        push: PushOf,
        reporter: &Reporter,
    ) -> Result<PushOutcome, Failure> {
        let (incident, authority, proposal) = (push.0.incident, push.0.authority, &push.0.proposal);
        if !judge::is_genuine(proposal, &push.0.code) {
            let why = "the proposal's digest is not that of its target, fault, base and diff";
            return Ok(PushOutcome::Refused(refusal("digest_mismatch", why)));
        }
        self.known.authority(incident, authority);
        in_time(authority.epoch, Some(authority.fence), self.known.seen(Some(incident)))?;
        let verdict =
            self.verifier.verdict(&proposal.digest).await.map_err(|error| Failure::Verdict(Box::new(error)))?;
        let not_admitted = judge::not_admitted(proposal, verdict.as_ref());
        self.land(target, push, not_admitted, reporter).await
    }
}

impl Landing for PushOf {
    fn authority(&self) -> Option<(IncidentId, Authority)> {
        Some((self.0.incident, self.0.authority))
    }

    fn epoch(&self) -> Epoch {
        self.0.authority.epoch
    }

    fn made(&self, past: &Past) -> bool {
        let Push { incident, proposal, .. } = &self.0;
        past.says(trailer::INCIDENT, incident)
            && past.says(trailer::PROPOSAL, &proposal.digest)
            && past.tree == proposal.tree
    }

    fn stand(&self, work: &Work, target: &Target, head: &Head) -> Result<Stand, RepositoryError> {
        let proposal = &self.0.proposal;
        if head.commit != proposal.base {
            let why = format!("the branch stands at {}, not at the proposal's base {}", head.commit, proposal.base);
            return Ok(Stand::Refused(refusal("base_moved", why)));
        }
        let Some(tree) = work.apply(&head.tree, &proposal.diff)? else {
            return Ok(Stand::Refused(refusal("does_not_apply", "the diff does not apply to its base")));
        };
        let touched: Vec<_> = work.changed(&head.tree, &tree)?.into_iter().map(|changed| changed.touched).collect();
        if let Err(refusal) = judge::within(&touched, &target.patch.files) {
            return Ok(Stand::Refused(refusal));
        }
        if tree != proposal.tree {
            return Ok(Stand::Refused(refusal("tree_mismatch", "the diff makes another tree than the one admitted")));
        }
        Ok(Stand::Ready(tree))
    }

    fn message(&self) -> Message {
        let Push { incident, code, proposal, authority, trace_parent } = &self.0;
        let gates = proposal.gates.len();
        let what = format!(
            "The fault {code} was met in {}. This change to {} was made by: {}.",
            proposal.target,
            proposal.files.join(", "),
            proposal.origin
        );
        let why = format!(
            "The verifier admitted it after {gates} gates, the replay of the failing request among them, and built the \
             artefact {}; that very artefact is rolled out.",
            proposal.artefact
        );
        let trace = trace_parent.as_deref().filter(|text| is_trace_parent(text)).unwrap_or_default();
        Message::new(&format!("[FAULT:{code}] {}", proposal.origin))
            .paragraph(&what)
            .paragraph(&why)
            .trailer(trailer::INCIDENT, incident)
            .trailer(trailer::PROPOSAL, &proposal.digest)
            .trailer(trailer::FAULT, code)
            .trailer(trailer::ORIGIN, &proposal.origin)
            .trailer(trailer::EPOCH, authority.epoch)
            .trailer(trailer::TRACE, trace)
    }
}
