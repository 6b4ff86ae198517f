//! Gate 1: a patch touches only what it may, stays small, parses, and adds nothing that is forbidden. Whether it weakens
//! what is there, [`super::weakening`] judges.

use super::check::{Checks, Judge, Judged, Refusal};
use super::syntax::{Language, Parsed, SyntaxError};
use super::{passed, refused};
use serde_json::json;
use wire::target::{Patch, is_plain_path};
use wire::verification::{Gate, GateReport};

/// How many files are named in the evidence.
const SHOWN: usize = 20;
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

/// A file's text before and after, parsed.
#[derive(Debug)]
pub struct Text<'a> {
    /// Its path.
    pub path: &'a str,
    /// Before.
    pub old: Parsed,
    /// After.
    pub new: Parsed,
}

/// What the diff really changed.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What a patch may touch.
    pub patch: &'a Patch,
    /// What the log lines of the target's faults bear.
    pub markers: Vec<&'a str>,
    /// How long the diff is.
    pub diff_bytes: usize,
    /// What differs; or why the diff does not apply.
    pub changes: Result<&'a [Change], &'a str>,
    /// The texts that differ.
    pub texts: Result<Vec<Text<'a>>, Refusal>,
}

impl<'a> Evidence<'a> {
    /// Parses what differs.
    pub fn new(
        patch: &'a Patch,
        markers: Vec<&'a str>,
        diff_bytes: usize,
        changes: Result<&'a [Change], &'a str>,
    ) -> Self {
        let texts = changes.unwrap_or_default().iter().filter_map(|change| parsed(patch, change)).collect();
        Self { patch, markers, diff_bytes, changes, texts }
    }

    /// The texts.
    ///
    /// # Errors
    /// When they cannot be judged.
    pub fn texts(&self) -> Result<&[Text<'a>], Refusal> {
        self.texts.as_deref().map_err(Clone::clone)
    }

    fn changes(&self) -> &'a [Change] {
        self.changes.unwrap_or_default()
    }
}

fn parsed<'a>(patch: &Patch, change: &'a Change) -> Option<Result<Text<'a>, Refusal>> {
    let (old, new) = (change.old.as_deref()?, change.new.as_deref()?);
    let parse = || {
        let language = Language::named(&patch.language)?;
        Ok(Text { path: &change.path, old: language.parse(old)?, new: language.parse(new)? })
    };
    Some(parse().map_err(|error| cannot(&change.path, &error)))
}

fn cannot(path: &str, error: &SyntaxError) -> Refusal {
    Refusal::unverified(format!("{path:?} cannot be judged: {error}"))
}

/// The gate's report.
pub fn report(checks: &Checks, evidence: &Evidence<'_>) -> GateReport {
    let files: Vec<&str> = evidence.changes().iter().map(|change| change.path.as_str()).take(SHOWN).collect();
    let told = json!({ "files": files, "bytes": evidence.diff_bytes });
    match checks.walk(|judge| if let Judge::Scope(judge) = judge { Some(judge(evidence)) } else { None }) {
        Err(refusal) => refused(Gate::Scope, refusal, told),
        Ok(()) => {
            let files = files.join(", ");
            let why =
                format!("{files} changed, within the allow-list; it parses, and nothing in it is forbidden or weaker");
            passed(Gate::Scope, why, told)
        }
    }
}

/// The diff is short enough.
pub fn size(evidence: &Evidence<'_>) -> Judged {
    let (size, most) = (evidence.diff_bytes, evidence.patch.max_diff_bytes);
    let why = || format!("the diff has {size} bytes; {most} are allowed");
    if size > most { Err(Refusal::new("too_large", why())) } else { Ok(()) }
}

/// The diff applies to its base.
pub fn applies(evidence: &Evidence<'_>) -> Judged {
    let refused = |why| Refusal::new("does_not_apply", format!("the diff does not apply to its base: {why}"));
    evidence.changes.map(|_| ()).map_err(refused)
}

/// The diff changes something.
pub fn changes(evidence: &Evidence<'_>) -> Judged {
    if evidence.changes().is_empty() { Err(Refusal::new("empty", "the diff changes nothing")) } else { Ok(()) }
}

/// Each file is one that a patch may touch.
pub fn allow_list(evidence: &Evidence<'_>) -> Judged {
    let fits = |change: &Change| is_plain_path(&change.path) && evidence.patch.files.contains(&change.path);
    outside(evidence, fits, "is not among the files that a patch may touch")
}

/// Each file was a regular file and still is, with the same rights.
pub fn regular_file(evidence: &Evidence<'_>) -> Judged {
    let modified = |change: &Change| change.kind == Kind::Modified;
    outside(evidence, modified, "is added, deleted, renamed or of another kind; a patch may only modify it")?;
    let regular = |change: &Change| change.old_mode == change.new_mode && REGULAR.contains(&change.new_mode);
    outside(evidence, regular, "has another mode or is not a regular file")
}

/// Each file was a text and still is.
pub fn text(evidence: &Evidence<'_>) -> Judged {
    outside(evidence, |change| change.old.is_some() && change.new.is_some(), "is not a text")
}

fn outside(evidence: &Evidence<'_>, fits: impl Fn(&Change) -> bool, why: &str) -> Judged {
    match evidence.changes().iter().find(|change| !fits(change)) {
        Some(change) => Err(Refusal::new("outside_scope", format!("{:?} {why}", change.path))),
        None => Ok(()),
    }
}

/// Each file parses.
pub fn parses(evidence: &Evidence<'_>) -> Judged {
    let language = &evidence.patch.language;
    for Text { path, new, .. } in evidence.texts()? {
        if let Some(line) = new.first_error() {
            let why = format!("{path:?} does not parse as {language} (line {line})");
            return Err(Refusal::new("does_not_parse", why));
        }
    }
    Ok(())
}

/// Something but comments is left of each file.
pub fn emptied(evidence: &Evidence<'_>) -> Judged {
    match evidence.texts()?.iter().find(|text| !text.new.has_content()) {
        Some(Text { path, .. }) => {
            Err(Refusal::new("emptied", format!("{path:?} is emptied: nothing but comments is left")))
        }
        None => Ok(()),
    }
}

/// Nothing that is forbidden was added.
pub fn forbidden(evidence: &Evidence<'_>) -> Judged {
    for Text { path, old, new } in evidence.texts()? {
        for pattern in &evidence.patch.forbidden {
            let matcher = new.language().pattern(pattern).map_err(|error| cannot(path, &error))?;
            let (before, after) = (old.count(&matcher), new.count(&matcher));
            if after > before {
                let why = format!("{path:?} holds {pattern:?} {after} times, {before} before: a patch may not add it");
                return Err(Refusal::new("forbidden_construct", why));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
