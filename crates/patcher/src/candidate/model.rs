//! A candidate of what a language model wrote. Nothing of it is believed: it is data of a form.

use super::{Outcome, Source, of_files, refused};
use crate::decide::refusal;
use crate::repository::{File, Head, Work};
use serde::Deserialize;
use wire::proposal::Refusal;
use wire::target::Target;

/// The largest file that it may write, bytes.
pub(crate) const MAX_FILE: usize = 256 * 1024;

/// What it is asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Written {
    /// What it thinks is wrong; told to nobody but itself, in the next round.
    pub(crate) explanation: String,
    /// The files that it changes, whole.
    pub(crate) files: Vec<WrittenFile>,
}

/// One file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WrittenFile {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// Makes a candidate of it on the head that it was shown.
pub(crate) fn candidate(work: &Work, target: &Target, head: Head, sources: &[Source], written: &Written) -> Outcome {
    let texts = match check(sources, written) {
        Ok(texts) => texts,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut changed = Vec::new();
    for (source, text) in &texts {
        if *text != source.text {
            changed.push((source.path.as_str(), File { blob: work.blob(text.as_bytes())?, ..source.file }));
        }
    }
    if changed.is_empty() {
        return refused("no_match", "the model changed nothing".into());
    }
    of_files(work, target, head, &changed)
}

/// Which file becomes what.
///
/// # Errors
/// `malformed`, with what would be right.
pub(crate) fn check<'s>(sources: &'s [Source], written: &Written) -> Result<Vec<(&'s Source, String)>, Refusal> {
    let malformed = |why: String| Err(refusal("malformed", why));
    if written.files.is_empty() {
        return malformed("the model named no file: at least one is to be changed".into());
    }
    let mut texts: Vec<(&Source, String)> = Vec::new();
    for WrittenFile { path, content } in &written.files {
        let Some(source) = sources.iter().find(|source| source.path == *path) else {
            return malformed("the model named a file that is not one of those that it may change".into());
        };
        let path = &source.path;
        if texts.iter().any(|(other, _)| other.path == *path) {
            return malformed(format!("the model wrote {path} twice"));
        }
        if content.trim().is_empty() || content.len() > MAX_FILE {
            return malformed(format!("what the model wrote for {path} is empty or longer than {MAX_FILE} bytes"));
        }
        if content.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
            return malformed(format!("what the model wrote for {path} is no plain text"));
        }
        if wire::redact::redact(content) != content.as_str() {
            return malformed(format!("what the model wrote for {path} holds what looks like a secret"));
        }
        texts.push((source, ended_alike(&source.text, content)));
    }
    Ok(texts)
}

/// The last line break is often forgotten; it is no part of a cure.
fn ended_alike(before: &str, after: &str) -> String {
    let missing = before.ends_with('\n') && !after.ends_with('\n');
    format!("{after}{}", if missing { "\n" } else { "" })
}

#[cfg(test)]
mod tests;
