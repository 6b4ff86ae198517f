//! What every candidate is, however it was made: a change of allow-listed files on a head, and a diff that says all of it.

pub(crate) mod codemod;
pub(crate) mod model;
pub(crate) mod revert;

use crate::decide::refusal;
use crate::failure::Failure;
use crate::judge;
use crate::repository::{Entry, File, Head, Work};
use wire::TreeId;
use wire::proposal::Refusal;
use wire::target::Target;

/// The largest source file that is read, bytes.
const MAX_SOURCE: usize = 1 << 20;

/// A candidate that nobody judged yet.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) head: Head,
    pub(crate) tree: TreeId,
    pub(crate) diff: String,
    pub(crate) files: Vec<String>,
}

/// A candidate, or why there is none; a failure is neither.
pub(crate) type Outcome<T = Candidate> = Result<Result<T, Refusal>, Failure>;

/// An allow-listed file as it is.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) file: File,
    pub(crate) text: String,
}

/// The allow-listed files of a head; one that is not there is left out.
pub(crate) fn sources(work: &Work, target: &Target, head: &Head) -> Outcome<Vec<Source>> {
    let mut sources = Vec::new();
    for path in &target.patch.files {
        let file = match work.entry(&head.tree, path)? {
            Entry::File(file) => file,
            Entry::Missing => continue,
            Entry::NotRegular => return refused("not_a_file", format!("{path} is no regular file: it is not touched")),
        };
        if work.size(file.blob)? > MAX_SOURCE {
            return refused("too_large", format!("{path} is larger than {MAX_SOURCE} bytes"));
        }
        let Ok(text) = String::from_utf8(work.read(file.blob)?) else {
            return refused("not_a_text", format!("{path} is not UTF-8"));
        };
        sources.push(Source { path: path.clone(), file, text });
    }
    Ok(Ok(sources))
}

/// A candidate of changed files, each with its new content.
pub(crate) fn of_files(work: &Work, target: &Target, head: Head, changed: &[(&str, File)]) -> Outcome {
    let tree = work.with(&head.tree, changed)?;
    let diff = work.diff(&head.tree, &tree)?;
    if diff.len() > target.patch.max_diff_bytes {
        let why = format!("the diff has {} bytes; {} are allowed", diff.len(), target.patch.max_diff_bytes);
        return refused("too_large", why);
    }
    // What is verified and pushed is the diff: it must say all that was done.
    if work.apply(&head.tree, &diff)?.as_ref() != Some(&tree) {
        return Err(Failure::Engine("the diff does not lead to the tree it was made of".into()));
    }
    let files = changed.iter().map(|(path, _)| (*path).to_owned()).collect();
    Ok(Ok(Candidate { head, tree, diff, files }))
}

/// A candidate of a diff that somebody else made.
pub(crate) fn of_diff(work: &Work, target: &Target, head: Head, diff: &str) -> Outcome {
    let Some(tree) = work.apply(&head.tree, diff)? else {
        return refused("does_not_apply", "the reduced diff does not apply to its base".into());
    };
    let changed = work.changed(&head.tree, &tree)?;
    let touched: Vec<_> = changed.iter().map(|file| file.touched.clone()).collect();
    if let Err(refusal) = judge::within(&touched, &target.patch.files) {
        return Ok(Err(refusal));
    }
    let mut files = Vec::new();
    for changed in &changed {
        if let Entry::File(file) = work.entry(&tree, &changed.touched.path)? {
            files.push((changed.touched.path.as_str(), file));
        }
    }
    of_files(work, target, head, &files)
}

pub(crate) fn refused<T>(code: &str, why: String) -> Outcome<T> {
    Ok(Err(refusal(code, why)))
}
