//! Bare repositories to be a remote.

use git2::{Repository, Signature};
use std::path::{Path, PathBuf};
use wire::CommitId;

/// Makes a bare repository whose branch `main` holds the files of a folder, in one commit.
///
/// # Panics
/// When it cannot be made.
pub fn seed(bare: &Path, from: &Path) -> CommitId {
    let repository = Repository::init_bare(bare).expect("a bare repository");
    repository.set_head("refs/heads/main").expect("a head");
    let mut index = git2::Index::new().expect("an index");
    for path in files(from) {
        let name = path.strip_prefix(from).expect("below the folder").to_string_lossy().into_owned();
        let blob = repository.blob_path(&path).expect("a blob");
        index.add(&entry(name, blob)).expect("an entry");
    }
    let tree = index.write_tree_to(&repository).expect("a tree");
    let tree = repository.find_tree(tree).expect("the tree");
    let who = Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
    let commit = repository.commit(Some("refs/heads/main"), &who, &who, "Begin", &tree, &[]).expect("a commit");
    commit.to_string().parse().expect("a commit id")
}

/// The head of `main`.
///
/// # Panics
/// When there is none.
pub fn head(bare: &Path) -> CommitId {
    let repository = Repository::open_bare(bare).expect("the repository");
    let head = repository.refname_to_id("refs/heads/main").expect("main");
    head.to_string().parse().expect("a commit id")
}

/// The messages of `main`'s commits, newest first.
///
/// # Panics
/// When they cannot be read.
pub fn log(bare: &Path) -> Vec<String> {
    let repository = Repository::open_bare(bare).expect("the repository");
    let mut walk = repository.revwalk().expect("a walk");
    walk.push_ref("refs/heads/main").expect("main");
    walk.map(|id| {
        let commit = repository.find_commit(id.expect("a commit")).expect("a commit");
        commit.message().unwrap_or_default().to_owned()
    })
    .collect()
}

/// A file of `main`'s head.
///
/// # Panics
/// When there is none.
pub fn read(bare: &Path, file: &str) -> String {
    let repository = Repository::open_bare(bare).expect("the repository");
    let tree = repository.revparse_single("refs/heads/main^{tree}").expect("a tree");
    let tree = tree.peel_to_tree().expect("a tree");
    let entry = tree.get_path(Path::new(file)).expect("the file");
    let blob = repository.find_blob(entry.id()).expect("a blob");
    String::from_utf8(blob.content().to_vec()).expect("a text")
}

/// The git-style diff that turns a file of `main`'s head into another text; an empty `to` of a missing file adds it.
///
/// # Panics
/// When the file is not there.
pub fn diff(bare: &Path, file: &str, to: &str) -> String {
    let repository = Repository::open_bare(bare).expect("the repository");
    let tree = repository.revparse_single("refs/heads/main^{tree}").expect("a tree");
    let tree = tree.peel_to_tree().expect("a tree");
    let mut index = git2::Index::new().expect("an index");
    index.read_tree(&tree).expect("the tree's entries");
    let blob = repository.blob(to.as_bytes()).expect("a blob");
    index.add(&entry(file.to_owned(), blob)).expect("an entry");
    let new = index.write_tree_to(&repository).expect("a tree");
    let new = repository.find_tree(new).expect("a tree");
    let diff = repository.diff_tree_to_tree(Some(&tree), Some(&new), None).expect("a diff");
    text_of(&diff)
}

/// A diff as git prints it.
///
/// # Panics
/// When it is no text.
pub fn text_of(diff: &git2::Diff<'_>) -> String {
    let mut text = Vec::new();
    diff.print(git2::DiffFormat::Patch, |_, _, line| {
        if matches!(line.origin(), '+' | '-' | ' ') {
            text.push(line.origin() as u8);
        }
        text.extend_from_slice(line.content());
        true
    })
    .expect("a diff's text");
    String::from_utf8(text).expect("a text")
}

fn entry(path: String, id: git2::Oid) -> git2::IndexEntry {
    let zero = git2::IndexTime::new(0, 0);
    git2::IndexEntry {
        ctime: zero,
        mtime: zero,
        dev: 0,
        ino: 0,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.into_bytes(),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if path.file_name().is_some_and(|name| name == "__pycache__" || name == "target") => {}
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
