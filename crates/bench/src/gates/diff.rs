//! The git-style diff of a candidate against the branch's head, made by git itself.

use super::corpus::Edit;
use anyhow::{Context, ensure};
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Tree};
use std::collections::BTreeMap;
use std::path::Path;

/// What becomes of a path.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Blob(Oid, FileMode),
    Gone,
}

/// The diff that makes these edits on a commit.
///
/// # Errors
/// When an edit names what is not there, or changes nothing at all.
pub(crate) fn of(bare: &Path, base: &str, edits: &[Edit]) -> anyhow::Result<String> {
    let repository = Repository::open_bare(bare)?;
    let old = repository.find_commit(Oid::from_str(base)?)?.tree()?;
    let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
    for edit in edits {
        let (path, fate) = fate(&repository, &old, &fates, edit)?;
        fates.insert(path.to_owned(), fate);
    }
    let mut update = TreeUpdateBuilder::new();
    for (path, fate) in &fates {
        match fate {
            Fate::Blob(blob, mode) => update.upsert(path.as_str(), *blob, *mode),
            Fate::Gone => update.remove(path.as_str()),
        };
    }
    let new = repository.find_tree(update.create_updated(&repository, &old)?)?;
    let diff = repository.diff_tree_to_tree(Some(&old), Some(&new), None)?;
    let text = testkit::repository::text_of(&diff);
    ensure!(!text.is_empty(), "it changes nothing");
    Ok(text)
}

fn fate<'e>(
    repository: &Repository,
    old: &Tree<'_>,
    fates: &BTreeMap<String, Fate>,
    edit: &'e Edit,
) -> anyhow::Result<(&'e str, Fate)> {
    let text_of = |path: &str| -> anyhow::Result<String> {
        let blob = match fates.get(path) {
            Some(Fate::Blob(blob, _)) => *blob,
            _ => old.get_path(Path::new(path)).with_context(|| format!("there is no file {path}"))?.id(),
        };
        Ok(String::from_utf8(repository.find_blob(blob)?.content().to_vec())?)
    };
    let blob = |text: &str| repository.blob(text.as_bytes());
    Ok(match edit {
        Edit::Write { path, text } => (path, Fate::Blob(blob(text)?, FileMode::Blob)),
        Edit::Append { path, text } => {
            let before = text_of(path).unwrap_or_default();
            (path, Fate::Blob(blob(&format!("{before}{text}"))?, FileMode::Blob))
        }
        Edit::Replace { path, from, with } => {
            let before = text_of(path)?;
            ensure!(before.contains(from.as_str()), "{path} does not hold {from:?}");
            (path, Fate::Blob(blob(&before.replacen(from.as_str(), with, 1))?, FileMode::Blob))
        }
        Edit::Delete { path } => (path, Fate::Gone),
        Edit::Mode { path, mode } => {
            let mode = if *mode == 0o100_755 { FileMode::BlobExecutable } else { FileMode::Blob };
            (path, Fate::Blob(blob(&text_of(path)?)?, mode))
        }
        Edit::Link { path, to } => (path, Fate::Blob(blob(to)?, FileMode::Link)),
    })
}
