//! What a person is asked about.

use super::Incident;
use crate::Digest;
use crate::plan::Remedy;

impl Incident {
    /// The digest of what was proposed, be it a change of code or what a playbook would do: an approval is for exactly this.
    pub fn proposed(&self) -> Option<&Digest> {
        let change = self.proposal.as_ref().map(|proposal| &proposal.digest);
        change.or_else(|| self.intent.as_ref().map(|intent| &intent.digest))
    }

    /// Whether the option that is being tried is a playbook.
    pub fn tries_a_playbook(&self) -> bool {
        let options = self.plan.iter().flat_map(|plan| &plan.options);
        let tried = (0..).zip(options).find(|(index, _)| self.option == Some(*index));
        tried.is_some_and(|(_, option)| matches!(option.remedy, Remedy::Playbook { .. }))
    }
}
