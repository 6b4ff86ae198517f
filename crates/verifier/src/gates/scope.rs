//! Gate 1: a patch touches only what it may, stays small, parses, and adds nothing that is forbidden.

use super::syntax::Language;
use super::{passed, refused};
use serde_json::{Value, json};
use wire::target::{Patch, is_plain_path};
use wire::verification::{Gate, GateReport};

/// The mode of a regular file, with and without the right to execute.
const REGULAR: [u32; 2] = [0o100_644, 0o100_755];

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Modified,
    Added,
    Deleted,
    Renamed,
    Other,
}

/// One file that differs between the base and the candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub kind: Kind,
    /// Its git mode before.
    pub old_mode: u32,
    /// Its git mode after.
    pub new_mode: u32,
    /// Its text before; none when it was no text.
    pub old: Option<String>,
    /// Its text after; none when it is no text.
    pub new: Option<String>,
}

impl Change {
    /// Whether the file can be executed, after.
    pub fn executable(&self) -> bool {
        self.new_mode == 0o100_755
    }
}

/// The report for a diff that is too long, before it is looked at.
pub fn too_large(patch: &Patch, diff: &str) -> Option<GateReport> {
    let (size, most) = (diff.len(), patch.max_diff_bytes);
    let why = format!("the diff has {size} bytes; {most} are allowed");
    (size > most).then(|| refused(Gate::Scope, "too_large", why, json!({ "bytes": size, "allowed": most })))
}

/// The report for a diff that does not apply.
pub fn does_not_apply(why: &str) -> GateReport {
    refused(Gate::Scope, "does_not_apply", format!("the diff does not apply to its base: {why}"), Value::Null)
}

/// Judges what really changed.
pub fn judge(patch: &Patch, changes: &[Change]) -> GateReport {
    let files: Vec<&str> = changes.iter().map(|change| change.path.as_str()).take(20).collect();
    let no = |code: &str, why: String| refused(Gate::Scope, code, why, json!({ "files": files }));
    if changes.is_empty() {
        return no("empty", "the diff changes nothing".into());
    }
    for change in changes {
        if let Err((code, why)) = judge_one(patch, change) {
            return no(code, why);
        }
    }
    let why =
        format!("{} changed, within the allow-list; it parses, and nothing forbidden was added", files.join(", "));
    passed(Gate::Scope, why, json!({ "files": files }))
}

fn judge_one(patch: &Patch, change: &Change) -> Result<(), (&'static str, String)> {
    let path = &change.path;
    let outside = |why: &str| Err(("outside_scope", format!("{path:?} {why}")));
    if !is_plain_path(path) || !patch.files.contains(path) {
        return outside("is not among the files that a patch may touch");
    }
    if change.kind != Kind::Modified {
        return outside("is added, deleted, renamed or of another kind; a patch may only modify it");
    }
    if change.old_mode != change.new_mode || !REGULAR.contains(&change.new_mode) {
        return outside("has another mode or is not a regular file");
    }
    let (Some(old), Some(new)) = (&change.old, &change.new) else {
        return outside("is not a text");
    };
    judge_text(patch, path, old, new)
}

fn judge_text(patch: &Patch, path: &str, old: &str, new: &str) -> Result<(), (&'static str, String)> {
    let cannot = |error: super::syntax::SyntaxError| ("unverified", format!("{path:?} cannot be judged: {error}"));
    let language = Language::named(&patch.language).map_err(cannot)?;
    let (old, new) = (language.parse(old).map_err(cannot)?, language.parse(new).map_err(cannot)?);
    if let Some(line) = new.first_error() {
        return Err(("does_not_parse", format!("{path:?} does not parse as {} (line {line})", patch.language)));
    }
    if !new.has_content() {
        return Err(("emptied", format!("{path:?} is emptied: nothing but comments is left")));
    }
    for text in &patch.forbidden {
        let pattern = language.pattern(text).map_err(cannot)?;
        let (before, after) = (old.count(&pattern), new.count(&pattern));
        if after > before {
            let why = format!("{path:?} holds {text:?} {after} times, {before} before: a patch may not add it");
            return Err(("forbidden_construct", why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
