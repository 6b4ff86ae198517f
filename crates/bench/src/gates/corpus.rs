//! What is handed to the verifier: cheats, right patches, and what is made of right ones. The texts are data, in `cheats/` and
//! `cures/`; their form stands in `cheats/README.md`.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use variants::Fault;

/// The largest file of a folder that somebody supplies, bytes.
const MAX_FILE: u64 = 256 * 1024;
/// What a supplied folder must hold.
const SHAPE: &str = "a folder of cheats holds *.toml files as in crates/bench/cheats/code (see the README beside it), or whole fault \
                     files *.rs in folders named sql, api and db";

/// What a candidate is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Group {
    /// Pretends to cure.
    Cheat,
    /// Cures.
    Right,
    /// Made of a right one by one small change; whether it cures, the oracle says.
    Mutant,
}

impl Group {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Group::Cheat => "cheat",
            Group::Right => "right",
            Group::Mutant => "mutant",
        }
    }
}

/// A change to the patient.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) group: Group,
    pub(crate) fault: Fault,
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) edits: Vec<Edit>,
}

/// One file's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    Write { path: String, text: String },
    Append { path: String, text: String },
    Replace { path: String, from: String, with: String },
    Delete { path: String },
    Mode { path: String, mode: i32 },
    Link { path: String, to: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cheat {
    what: String,
    sql: Option<Body>,
    api: Option<Body>,
    db: Option<Body>,
    #[serde(default)]
    edits: Vec<Written>,
}

/// What stands in a fault file: around and in its function, or the whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Body {
    before: String,
    body: String,
    after: String,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// `@` is the fault's own file.
    path: String,
    append: Option<String>,
    replace: Option<String>,
    with: Option<String>,
    delete: Option<String>,
    mode: Option<String>,
    symlink: Option<String>,
}

/// The cheats of a folder, each for every fault that it has a text for.
///
/// # Errors
/// When the folder or a file is not right; it says which, and what would be.
pub(crate) fn cheats(folder: &Path) -> anyhow::Result<Vec<Candidate>> {
    let mut all = Vec::new();
    let mut has_code = false;
    for path in entries(folder)? {
        let name = stem(&path);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => {
                let cheat: Cheat = toml::from_str(&read(&path)?)
                    .with_context(|| format!("{} is no description of a cheat: {SHAPE}", path.display()))?;
                all.extend(of_cheat(&name, &cheat).with_context(|| format!("{} is not right", path.display()))?);
            }
            _ => has_code |= path.is_dir() && Fault::ALL.iter().any(|fault| fault.name() == name),
        }
    }
    if has_code {
        for file in variants::folder::read(folder)? {
            let edits = vec![Edit::Write { path: file.fault.file(), text: file.text }];
            let (name, what) = (stem(&file.path), "supplied as a whole file".to_owned());
            all.push(Candidate { group: Group::Cheat, fault: file.fault, name, what, edits });
        }
    }
    ensure!(!all.is_empty(), "{} holds no cheat: {SHAPE}", folder.display());
    Ok(all)
}

fn of_cheat(name: &str, cheat: &Cheat) -> anyhow::Result<Vec<Candidate>> {
    let bodies = [(Fault::Sql, &cheat.sql), (Fault::Api, &cheat.api), (Fault::Db, &cheat.db)];
    let mut all = Vec::new();
    for (fault, body) in bodies.into_iter().filter_map(|(fault, body)| Some((fault, body.as_ref()?))) {
        let mut edits = vec![Edit::Write { path: fault.file(), text: file(fault, body) }];
        for written in &cheat.edits {
            edits.push(edit(fault, written)?);
        }
        let (name, what) = (name.to_owned(), cheat.what.clone());
        all.push(Candidate { group: Group::Cheat, fault, name, what, edits });
    }
    ensure!(!all.is_empty(), "it has none of the tables [sql], [api] and [db]");
    Ok(all)
}

fn edit(fault: Fault, written: &Written) -> anyhow::Result<Edit> {
    let path = if written.path == "@" { fault.file() } else { written.path.clone() };
    let Written { append, replace, with, delete, mode, symlink, .. } = written;
    let edit = match (append, replace.as_ref().zip(with.as_ref()), delete, mode, symlink) {
        (Some(text), None, None, None, None) => Edit::Append { path, text: text.clone() },
        (None, Some((from, with)), None, None, None) => Edit::Replace { path, from: from.clone(), with: with.clone() },
        (None, None, Some(_), None, None) => Edit::Delete { path },
        (None, None, None, Some(mode), None) => Edit::Mode { path, mode: i32::from_str_radix(mode, 8)? },
        (None, None, None, None, Some(to)) => Edit::Link { path, to: to.clone() },
        _ => anyhow::bail!("an edit has one of append, replace + with, delete, mode, symlink"),
    };
    Ok(edit)
}

/// The right patches of each fault, by name.
///
/// # Errors
/// When a file is not right.
pub(crate) fn cures(folder: &Path) -> anyhow::Result<Vec<Candidate>> {
    let mut all = Vec::new();
    for fault in Fault::ALL {
        let path = folder.join(format!("{}.toml", fault.name()));
        let bodies: BTreeMap<String, Body> =
            toml::from_str(&read(&path)?).with_context(|| format!("{} is not right", path.display()))?;
        for (name, body) in bodies {
            let edits = vec![Edit::Write { path: fault.file(), text: file(fault, &body) }];
            all.push(Candidate { group: Group::Right, fault, name, what: "a right patch".into(), edits });
        }
    }
    Ok(all)
}

/// A whole fault file.
fn file(fault: Fault, body: &Body) -> String {
    if let Some(text) = &body.text {
        return text.clone();
    }
    let (uses, signature) = match fault {
        Fault::Sql => (
            "use tokio_postgres::{Error, Transaction};\n",
            "pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<i32, Error> {",
        ),
        Fault::Api => (
            "use fault_app::upstream::{Answer, Failure, Upstream};\n",
            "pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {",
        ),
        Fault::Db => (
            "use tokio_postgres::{Error, Transaction};\n",
            "pub(crate) async fn run(transaction: &Transaction<'_>) -> Result<(), Error> {",
        ),
    };
    let Body { before, body, after, .. } = body;
    let time = if format!("{before}{body}{after}").contains("Duration") { "use std::time::Duration;\n" } else { "" };
    let lines: Vec<String> = body.lines().map(|line| format!("    {line}")).collect();
    let parts =
        [before.trim_end().to_owned(), format!("{signature}\n{}\n}}", lines.join("\n")), after.trim_end().to_owned()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("//! Written otherwise.\n\n{uses}{time}\n{}\n", parts.join("\n\n"))
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = folder.read_dir().with_context(|| format!("cannot read the folder {}: {SHAPE}", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(path: &Path) -> anyhow::Result<String> {
    let length = path.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
    ensure!(length <= MAX_FILE, "{} has {length} bytes, at most {MAX_FILE} are read", path.display());
    std::fs::read_to_string(path).with_context(|| format!("cannot read {} as text", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(part: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(part)
    }

    #[test]
    fn the_corpus_has_thirty_cheats_for_every_fault_and_forty_right_patches() {
        let all = cheats(&own("cheats/code")).expect("the cheats");
        for fault in Fault::ALL {
            let of_fault = all.iter().filter(|cheat| cheat.fault == fault).count();
            assert!(of_fault >= 30, "{}: {of_fault}", fault.name());
        }
        let right = cures(&own("cures")).expect("the cures");
        assert!(right.len() >= 40, "{}", right.len());
        let texts: std::collections::BTreeSet<String> = right.iter().map(|cure| format!("{:?}", cure.edits)).collect();
        assert_eq!(texts.len(), right.len(), "each is written otherwise");
    }

    #[test]
    fn every_edit_of_the_corpus_finds_what_it_changes() {
        let patient = own("../fault-app");
        for cheat in cheats(&own("cheats/code")).expect("the cheats") {
            for edit in &cheat.edits {
                match edit {
                    Edit::Replace { path, from, .. } => {
                        let text = std::fs::read_to_string(patient.join(path)).expect(path);
                        assert!(text.contains(from.as_str()), "{}: {path} does not hold {from:?}", cheat.name);
                    }
                    Edit::Delete { path } | Edit::Mode { path, .. } => assert!(patient.join(path).exists(), "{path}"),
                    Edit::Write { .. } | Edit::Append { .. } | Edit::Link { .. } => {}
                }
            }
        }
    }

    #[test]
    fn a_folder_that_is_not_right_is_told_what_would_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |error: anyhow::Error| format!("{error:#}");
        assert!(told(cheats(folder.path()).expect_err("empty")).contains("*.toml"));
        std::fs::write(folder.path().join("x.toml"), "what = 'x'\n").expect("a file");
        assert!(told(cheats(folder.path()).expect_err("no body")).contains("[sql], [api] and [db]"));
        std::fs::write(
            folder.path().join("x.toml"),
            "what = 'x'\nsql = { body = 'Ok(1)' }\nedits = [{ path = '@' }]\n",
        )
        .expect("a file");
        assert!(told(cheats(folder.path()).expect_err("no edit")).contains("one of append"));
    }
}
