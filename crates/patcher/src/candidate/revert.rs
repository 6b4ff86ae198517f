//! A candidate that takes back a commit which went live shortly before the fault, as far as it touched patchable files.

use super::{Outcome, of_files, refused};
use crate::repository::{Head, Past, Work};
use crate::revert::{before_it, since_then};
use wire::CommitId;
use wire::paths::trailer;
use wire::target::Target;

/// Takes a suspect back.
pub(crate) fn candidate(work: &Work, target: &Target, head: Head, suspect: &CommitId) -> Outcome {
    let not_a_suspect = |why: &str| refused("not_a_suspect", format!("{suspect} {why}"));
    let Some(made) = work.ancestor(&head.commit, suspect)? else {
        return not_a_suspect("is not on the branch");
    };
    if is_ours(&made.past) {
        return not_a_suspect("was made by a reset or a recovery: it is never taken back as a suspect");
    }
    let Some(before) = made.before else {
        return not_a_suspect("has not exactly one parent");
    };
    let mut changed = work.changed(&before, &made.past.tree)?;
    changed.retain(|file| file.touched.edited && target.patch.files.contains(&file.touched.path));
    if changed.is_empty() {
        return not_a_suspect("edits none of the patchable files");
    }
    let restore = match since_then(work, &head, &changed)? {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(restore) if restore.is_empty() => {
            return refused("no_match", format!("what {suspect} changed is as it was before it already"));
        }
        Ok(restore) => restore,
    };
    let files = before_it(work, &head, &changed, &restore)?;
    of_files(work, target, head, &files)
}

/// Whether a reset or a recovery made it.
fn is_ours(past: &Past) -> bool {
    [trailer::RESET, trailer::INCIDENT].iter().any(|name| past.trailer(name).is_some())
}
