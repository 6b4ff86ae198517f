//! Revert a commit of an incident: restore what it changed, unless somebody built on it.

use crate::decide::{Since, Stand, refusal, to_restore};
use crate::land::Landing;
use crate::message::Message;
use crate::repository::{Changed, Entry, File, Head, Past, RepositoryError, Work};
use wire::paths::trailer;
use wire::proposal::{Refusal, Revert};
use wire::target::Target;
use wire::{Authority, Epoch, IncidentId};

/// A revert.
pub(crate) struct RevertOf(pub(crate) Revert);

impl Landing for RevertOf {
    fn authority(&self) -> Option<(IncidentId, Authority)> {
        Some((self.0.incident, self.0.authority))
    }

    fn epoch(&self) -> Epoch {
        self.0.authority.epoch
    }

    fn made(&self, past: &Past) -> bool {
        past.says(trailer::INCIDENT, &self.0.incident) && past.says(trailer::REVERT, &self.0.commit)
    }

    fn stand(&self, work: &Work, _: &Target, head: &Head) -> Result<Stand, RepositoryError> {
        let commit = &self.0.commit;
        let refused = |code, why: String| Ok(Stand::Refused(refusal(code, why)));
        let Some(made) = work.ancestor(&head.commit, commit)? else {
            return refused("not_on_branch", format!("the branch does not hold {commit}"));
        };
        let ours = made.past.says(trailer::INCIDENT, &self.0.incident);
        let Some(before) = made.before.filter(|_| ours) else {
            return refused("not_ours", format!("{commit} was not made for the incident {}", self.0.incident));
        };
        let changed = work.changed(&before, &made.past.tree)?;
        if !changed.iter().all(|file| file.touched.edited) {
            return refused("not_ours", format!("{commit} does more than to edit files"));
        }
        let restore = match since_then(work, head, &changed)? {
            Err(refusal) => return Ok(Stand::Refused(refusal)),
            Ok(restore) if restore.is_empty() => return Ok(Stand::Standing),
            Ok(restore) => restore,
        };
        let files = before_it(work, head, &changed, &restore)?;
        Ok(Stand::Ready(work.with(&head.tree, &files)?))
    }

    fn message(&self) -> Message {
        let Revert { incident, code, commit, why, authority, .. } = &self.0;
        let short: String = commit.as_str().chars().take(12).collect();
        Message::new(&format!("[REVERT:{code}] take back {short}"))
            .paragraph(&format!("This restores what {commit} changed. Why: {why}"))
            .trailer(trailer::INCIDENT, incident)
            .trailer(trailer::REVERT, commit)
            .trailer(trailer::EPOCH, authority.epoch)
    }
}

/// Which of the files that a commit changed are to be restored; refused when a later commit touched one of them.
pub(crate) fn since_then(
    work: &Work,
    head: &Head,
    changed: &[Changed],
) -> Result<Result<Vec<String>, Refusal>, RepositoryError> {
    let mut since = Vec::new();
    for file in changed {
        since.push((file.touched.path.clone(), what_became(work, head, file)?));
    }
    Ok(to_restore(&since).map(|restore| restore.into_iter().map(str::to_owned).collect()))
}

/// These files as they were before the commit.
pub(crate) fn before_it<'c>(
    work: &Work,
    head: &Head,
    changed: &'c [Changed],
    restore: &[String],
) -> Result<Vec<(&'c str, File)>, RepositoryError> {
    let mut files = Vec::new();
    for file in changed.iter().filter(|file| restore.contains(&file.touched.path)) {
        if let Entry::File(now) = work.entry(&head.tree, &file.touched.path)? {
            files.push((file.touched.path.as_str(), File { blob: file.before, ..now }));
        }
    }
    Ok(files)
}

fn what_became(work: &Work, head: &Head, file: &Changed) -> Result<Since, RepositoryError> {
    Ok(match work.entry(&head.tree, &file.touched.path)? {
        Entry::File(now) if now.blob == file.before => Since::AsBefore,
        Entry::File(now) if now.blob == file.after => Since::AsLeft,
        _ => Since::Changed,
    })
}
