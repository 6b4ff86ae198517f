//! A target's remote on the local stack: a bare repository that begins with a folder of this checkout.

use anyhow::Context;
use git2::{IndexEntry, IndexTime, Oid, Repository, Signature};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The largest file that is taken over, bytes.
const MAX_FILE: u64 = 4 << 20;

/// What was found or made.
#[derive(Debug, PartialEq, Eq)]
pub enum Seeded {
    /// It holds this source already, perhaps with commits on top.
    Found,
    /// It was made.
    Made,
    /// The source here is another than it began with, so it was made anew.
    Remade,
}

/// Makes the bare repository of a source folder, unless it began with the same tree.
///
/// # Errors
/// When the folder cannot be read or the repository not be written.
pub fn seed(bare: &Path, source: &Path) -> anyhow::Result<Seeded> {
    let context = || format!("cannot make the remote {} from {}", bare.display(), source.display());
    if !bare.exists() {
        begin(bare, source).with_context(context)?;
        return Ok(Seeded::Made);
    }
    let repository = Repository::open_bare(bare).with_context(context)?;
    let tree = tree_of(&repository, source).with_context(context)?;
    if first_tree(&repository).is_some_and(|first| first == tree) {
        return Ok(Seeded::Found);
    }
    drop(repository);
    std::fs::remove_dir_all(bare).with_context(context)?;
    begin(bare, source).with_context(context)?;
    Ok(Seeded::Remade)
}

fn begin(bare: &Path, source: &Path) -> anyhow::Result<()> {
    let repository = Repository::init_bare(bare)?;
    repository.set_head("refs/heads/main")?;
    let tree = repository.find_tree(tree_of(&repository, source)?)?;
    let who = Signature::now("Kintsugi local stack", "local-stack@kintsugi.invalid")?;
    repository.commit(Some("refs/heads/main"), &who, &who, "Take over the source of this checkout\n", &tree, &[])?;
    Ok(())
}

fn first_tree(repository: &Repository) -> Option<Oid> {
    let mut walk = repository.revwalk().ok()?;
    walk.push_ref("refs/heads/main").ok()?;
    let first = walk.last()?.ok()?;
    repository.find_commit(first).ok().map(|commit| commit.tree_id())
}

fn tree_of(repository: &Repository, source: &Path) -> anyhow::Result<Oid> {
    let mut index = git2::Index::new()?;
    for path in files(source)? {
        let mode = std::fs::metadata(&path)?.permissions().mode();
        let name = path.strip_prefix(source)?.to_str().context("a file's name is not UTF-8")?;
        let id = repository.blob_path(&path)?;
        index.add(&entry(name, id, if mode & 0o100 == 0 { 0o100_644 } else { 0o100_755 }))?;
    }
    Ok(index.write_tree_to(repository)?)
}

fn entry(name: &str, id: Oid, mode: u32) -> IndexEntry {
    let zero = IndexTime::new(0, 0);
    IndexEntry {
        ctime: zero,
        mtime: zero,
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: name.as_bytes().to_vec(),
    }
}

/// The regular files below a folder without build folders, caches and what is hidden; `.cargo` is source.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind, name) = (entry.path(), entry.file_type()?, entry.file_name());
        let name = name.to_string_lossy();
        let skipped = matches!(&*name, "target" | "__pycache__" | "node_modules") || name.starts_with('.');
        if kind.is_dir() && (!skipped || name == ".cargo") {
            found.extend(files(&path)?);
        } else if kind.is_file() && entry.metadata()?.len() <= MAX_FILE {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
