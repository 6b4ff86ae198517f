//! Reset: the original fault files are written back, and the branch learns of the new epoch.
//!
//! A commit is made even when no file differs: the epoch must outlive this process, or a late push of the old epoch would
//! land after a restart.

use crate::decide::{Stand, refusal};
use crate::land::Landing;
use crate::message::Message;
use crate::repository::{Entry, File, Head, Past, RepositoryError, Work};
use wire::paths::trailer;
use wire::proposal::Reset;
use wire::target::Target;
use wire::{Authority, Epoch, IncidentId};

/// A reset.
pub(crate) struct ResetOf(pub(crate) Reset);

impl Landing for ResetOf {
    fn authority(&self) -> Option<(IncidentId, Authority)> {
        None
    }

    fn epoch(&self) -> Epoch {
        self.0.epoch
    }

    fn made(&self, past: &Past) -> bool {
        past.says(trailer::RESET, &self.0.epoch)
    }

    fn stand(&self, work: &Work, target: &Target, head: &Head) -> Result<Stand, RepositoryError> {
        if target.reset.is_empty() {
            return Ok(Stand::Standing);
        }
        let refused = |code, why: String| Ok(Stand::Refused(refusal(code, why)));
        let mut files = Vec::new();
        for entry in &target.reset {
            let original = match work.entry(&head.tree, &entry.template)? {
                Entry::File(original) => original,
                Entry::Missing => return refused("no_template", format!("there is no {}", entry.template)),
                Entry::NotRegular => return refused("not_a_file", format!("{} is no regular file", entry.template)),
            };
            let executable = match work.entry(&head.tree, &entry.file)? {
                Entry::File(now) => now.executable,
                Entry::Missing => false,
                Entry::NotRegular => return refused("not_a_file", format!("{} is no regular file", entry.file)),
            };
            files.push((entry.file.as_str(), File { blob: original.blob, executable }));
        }
        Ok(Stand::Ready(work.with(&head.tree, &files)?))
    }

    fn message(&self) -> Message {
        let Reset { target, epoch } = &self.0;
        Message::new(&format!("[RESET] restore the original fault files of {target}"))
            .paragraph(&format!(
                "Epoch {epoch} begins: the fault files are what their templates say, and work of an earlier epoch is \
                 refused from here on."
            ))
            .trailer(trailer::RESET, epoch)
    }
}
