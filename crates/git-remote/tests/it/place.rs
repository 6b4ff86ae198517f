//! A bare repository that is reached over ssh, and working repositories that reach it.

use git_remote::{Access, Remote, RemoteError};
use git2::{Oid, Repository, Signature};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use testkit::ssh::Sshd;

/// How long a host may be silent here, milliseconds; this machine may be busy.
pub(crate) const PATIENCE_MS: u64 = 20_000;
/// For hosts that are meant to be silent.
pub(crate) const IMPATIENCE_MS: u64 = 700;

pub(crate) struct Place {
    pub(crate) sshd: Sshd,
    pub(crate) remote: PathBuf,
    folder: TempDir,
}

impl Place {
    /// None where there is no `sshd`.
    pub(crate) fn new() -> Option<Self> {
        let sshd = Sshd::start()?;
        let (folder, remote) = bare();
        Some(Self { sshd, remote, folder })
    }

    pub(crate) fn url(&self) -> String {
        self.sshd.url(&self.remote)
    }

    /// With the key that may write.
    pub(crate) fn writer(&self) -> Remote {
        self.with(&self.sshd.writer).expect("a remote")
    }

    pub(crate) fn with(&self, key: &Path) -> Result<Remote, RemoteError> {
        open(&self.url(), "main", &self.access(key))
    }

    pub(crate) fn access(&self, key: &Path) -> Access {
        Access::new(key, &self.sshd.known_hosts, PATIENCE_MS)
    }

    pub(crate) fn work(&self, name: &str) -> Repository {
        work(self.folder.path(), name)
    }

    /// The head as the repository itself has it.
    pub(crate) fn head(&self) -> Oid {
        head(&self.remote)
    }
}

/// A bare repository with one commit on `main`.
pub(crate) fn bare() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("source")).expect("a folder");
    std::fs::write(folder.path().join("source/app.py"), "print(1)\n").expect("a file");
    let remote = folder.path().join("remote.git");
    testkit::repository::seed(&remote, &folder.path().join("source"));
    (folder, remote)
}

pub(crate) fn open(url: &str, branch: &str, access: &Access) -> Result<Remote, RemoteError> {
    Remote::new(&wire::target::Repository { url: url.to_owned(), branch: branch.to_owned() }, access)
}

pub(crate) fn work(folder: &Path, name: &str) -> Repository {
    Repository::init_bare(folder.join(name)).expect("a working repository")
}

pub(crate) fn head(remote: &Path) -> Oid {
    Oid::from_str(testkit::repository::head(remote).as_str()).expect("an id")
}

/// A commit on top of another, on no branch yet.
pub(crate) fn commit(at: &Repository, parent: Oid, message: &str) -> Oid {
    let who = Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
    let parent = at.find_commit(parent).expect("the parent");
    let blob = at.blob(message.as_bytes()).expect("a blob");
    let mut tree = at.treebuilder(Some(&parent.tree().expect("a tree"))).expect("a tree");
    tree.insert("note.txt", blob, 0o100_644).expect("an entry");
    let tree = at.find_tree(tree.write().expect("a tree")).expect("a tree");
    at.commit(None, &who, &who, message, &tree, &[&parent]).expect("a commit")
}
