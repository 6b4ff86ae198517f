//! What an admitted patch of a language model teaches: the rule into which it can be distilled, so that the next fault of its
//! kind needs no model. A patch that teaches nothing is as good as any other.

mod healthy;

use crate::failure::Failure;
use crate::patcher::Patcher;
use crate::propose::Case;
use crate::repository::{Entry, Work};
use codemod::{NotDistilled, distil};
use std::time::Duration;
use wire::TreeId;
use wire::plan::Distilled;
use wire::proposal::{Proposal, ProposeOutcome};

/// How long a recovery waits for a rule.
const LIMIT: Duration = Duration::from_secs(30);
/// How many healthy files a rule is tried on, and how large one may be, bytes.
const MAX_HEALTHY: usize = 200;
const MAX_FILE: usize = 64 * 1024;

/// The file before and after the patch, and others of its language that nobody changes: the target's, then unrelated ones.
struct Texts {
    before: String,
    after: String,
    healthy: Vec<String>,
}

impl Patcher {
    /// Adds to an admitted proposal what it teaches.
    pub(crate) async fn taught(&self, case: &Case<'_>, outcome: ProposeOutcome) -> Result<ProposeOutcome, Failure> {
        let ProposeOutcome::Admitted(mut proposal) = outcome else { return Ok(outcome) };
        match self.distilled(case, &proposal).await? {
            Ok(distilled) => {
                let (cured, healthy) = (distilled.cured, distilled.healthy);
                case.reporter.note(format!(
                    "the patch was distilled into a rule: it cures {cured} made variants and fires on none of {healthy} healthy files"
                ));
                proposal.distilled = Some(Box::new(distilled));
            }
            Err(why) => case.reporter.note(format!("the patch was not distilled into a rule: {why}")),
        }
        Ok(ProposeOutcome::Admitted(proposal))
    }

    async fn distilled(&self, case: &Case<'_>, proposal: &Proposal) -> Result<Result<Distilled, String>, Failure> {
        let [path] = proposal.files.as_slice() else { return Ok(Err("it changes several files".to_owned())) };
        let (path, base, tree) = (path.clone(), proposal.base.clone(), proposal.tree.clone());
        let unrelated = self.healthy.clone();
        let read = self.shelf.work(&case.target, move |work, target| {
            let before = work.tree_of(&base)?;
            let texts = (text(work, &before, &path)?, text(work, &tree, &path)?);
            let (Some(before_text), Some(after)) = texts else { return Ok(None) };
            let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
            // Where faults are patched there may be another of the kind: that file is not healthy.
            let is_healthy = |other: &str| !target.patch.files.iter().any(|file| file == other);
            let mut healthy = work.texts(&before, ending, (MAX_HEALTHY, MAX_FILE), is_healthy)?;
            let most = MAX_HEALTHY.saturating_sub(healthy.len());
            healthy.extend(healthy::texts(&unrelated, ending, (most, MAX_FILE)));
            Ok(Some(Texts { before: before_text, after, healthy }))
        });
        let Some(Texts { before, after, healthy }) = read.await? else {
            return Ok(Err("the file is no text".to_owned()));
        };
        let (language, provenance) = (case.target.patch.language.clone(), proposal.origin.clone());
        let job = tokio::task::spawn_blocking(move || {
            let healthy: Vec<&str> = healthy.iter().map(String::as_str).collect();
            distil(&language, &before, &after, &healthy, &provenance)
        });
        Ok(match tokio::time::timeout(LIMIT, job).await {
            Ok(Ok(distilled)) => distilled.map_err(|why: NotDistilled| why.to_string()),
            Ok(Err(_)) => Err("the engine crashed".to_owned()),
            Err(_) => Err(format!("it took longer than {LIMIT:?}")),
        })
    }
}

fn text(work: &Work, tree: &TreeId, path: &str) -> Result<Option<String>, Failure> {
    match work.entry(tree, path)? {
        Entry::File(file) => Ok(String::from_utf8(work.read(file.blob)?).ok()),
        Entry::Missing | Entry::NotRegular => Ok(None),
    }
}
