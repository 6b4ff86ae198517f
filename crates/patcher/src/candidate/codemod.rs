//! A candidate of a structural rule.

use super::{Outcome, Source, of_files, refused};
use crate::decide::refusal;
use crate::failure::Failure;
use crate::repository::{File, Head, Work};
use codemod::{Codemod, CodemodError};
use serde_json::Value;
use wire::proposal::Refusal;
use wire::target::Target;

/// Applies a rule to the files that the target lists.
pub(crate) fn candidate(work: &Work, target: &Target, head: Head, rule: &Value) -> Outcome {
    let codemod = match Codemod::new(rule, &target.patch.language) {
        Ok(codemod) => codemod,
        Err(error) => return refuse_or_fail(error, "").map(Err),
    };
    let sources = match super::sources(work, target, &head)? {
        Ok(sources) => sources,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut changed = Vec::new();
    for Source { path, file, text } in &sources {
        match codemod.rewrite(text) {
            Ok(None) => {}
            Ok(Some(text)) => changed.push((path.as_str(), File { blob: work.blob(text.as_bytes())?, ..*file })),
            Err(error) => return refuse_or_fail(error, path).map(Err),
        }
    }
    if changed.is_empty() {
        let files = target.patch.files.join(", ");
        return refused("no_match", format!("the rule matches nothing that it would change in {files}"));
    }
    of_files(work, target, head, &changed)
}

/// An engine that failed is a failure, never "no fix found".
fn refuse_or_fail(error: CodemodError, path: &str) -> Result<Refusal, Failure> {
    let told = if path.is_empty() { error.to_string() } else { format!("{path}: {error}") };
    match error.refusal() {
        Some(code) => Ok(refusal(code, told)),
        None => Err(Failure::Engine(told)),
    }
}
