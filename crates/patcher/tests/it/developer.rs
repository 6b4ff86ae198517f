//! Somebody else who pushes to the same branch.

use git2::{Oid, Repository, Signature};
use wire::CommitId;

/// Puts a commit on `main`, against whoever else does.
pub fn commit(repository: &Repository, files: &[(&str, Option<&str>, i32)], message: &str) -> CommitId {
    let who = Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
    loop {
        let head = repository.refname_to_id("refs/heads/main").expect("main");
        let parent = repository.find_commit(head).expect("the head");
        let tree = changed(repository, &parent, files);
        let tree = repository.find_tree(tree).expect("a tree");
        let commit = repository.commit(None, &who, &who, message, &tree, &[&parent]).expect("a commit");
        if repository.reference_matching("refs/heads/main", commit, true, head, "").is_ok() {
            return commit.to_string().parse().expect("a commit id");
        }
    }
}

fn changed(repository: &Repository, parent: &git2::Commit<'_>, files: &[(&str, Option<&str>, i32)]) -> Oid {
    let mut index = git2::Index::new().expect("an index");
    index.read_tree(&parent.tree().expect("a tree")).expect("the tree's entries");
    for (path, text, mode) in files {
        index.remove_path(std::path::Path::new(path)).expect("a path");
        if let Some(text) = text {
            let id = repository.blob(text.as_bytes()).expect("a blob");
            let zero = git2::IndexTime::new(0, 0);
            let entry = git2::IndexEntry {
                ctime: zero,
                mtime: zero,
                dev: 0,
                ino: 0,
                mode: *mode as u32,
                uid: 0,
                gid: 0,
                file_size: 0,
                id,
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            };
            index.add(&entry).expect("an entry");
        }
    }
    index.write_tree_to(repository).expect("a tree")
}
