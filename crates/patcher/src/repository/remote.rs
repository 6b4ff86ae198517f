//! A bare repository on this machine as the remote, with a real compare-and-swap.
//!
//! libgit2's own push to such a remote is none: it reads the branch when it connects, and later overwrites whatever is
//! there. Two processes that push at once both succeed, and one commit is lost. So the objects are written into the remote
//! and the branch is moved under its lock file, which git itself honours too, and only if it still stands where it stood.

use super::error::{At, RepositoryError};
use git2::{ErrorCode, Oid, Reference, Repository};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What became of moving a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swap {
    /// It is where it was to go.
    Done,
    /// Somebody else moved it, or moves it now. Nothing was changed.
    Lost,
}

/// See the module.
#[derive(Debug)]
pub(super) struct FileRemote {
    url: String,
    path: PathBuf,
    reference: String,
}

impl FileRemote {
    /// The remote of a target.
    pub(super) fn new(remote: &wire::target::Repository) -> Result<Self, RepositoryError> {
        let path = local_path(&remote.url)?;
        let reference = format!("refs/heads/{}", remote.branch);
        if !Reference::is_valid_name(&reference) {
            return Err(RepositoryError::BadBranch(remote.branch.clone()));
        }
        Ok(Self { url: remote.url.clone(), path, reference })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The branch's full name.
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    /// Moves the branch from one commit to another whose new objects are in `from_here`.
    pub(super) fn swap(&self, from_here: &Repository, from: Oid, to: Oid) -> Result<Swap, RepositoryError> {
        let remote = Repository::open(&self.path).at("open the remote")?;
        if !remote.is_bare() {
            return Err(RepositoryError::NotBare);
        }
        send(from_here, &remote, from, to)?;
        match remote.reference_matching(&self.reference, to, true, from, "kintsugi") {
            Ok(_) => Ok(Swap::Done),
            Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::Locked) => Ok(Swap::Lost),
            Err(error) => Err(error).at("move the branch"),
        }
    }
}

/// Writes what `to` has and `from` has not into the remote, as one pack.
fn send(here: &Repository, remote: &Repository, from: Oid, to: Oid) -> Result<(), RepositoryError> {
    let mut walk = here.revwalk().at("walk")?;
    walk.push(to).and_then(|()| walk.hide(from)).at("walk")?;
    let mut pack = here.packbuilder().at("pack")?;
    pack.set_threads(1);
    pack.insert_walk(&mut walk).at("pack the new objects")?;
    let database = remote.odb().at("open the remote's objects")?;
    let mut writer = database.packwriter().at("write into the remote")?;
    let mut written = Ok(());
    let packed = pack.foreach(|bytes| {
        written = writer.write_all(bytes);
        written.is_ok()
    });
    packed.at("write into the remote")?;
    writer.commit().at("write into the remote")?;
    Ok(())
}

/// The folder that a URL names: a path, or `file://` and a path.
fn local_path(url: &str) -> Result<PathBuf, RepositoryError> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("file", url));
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    if authority.contains('@') {
        return Err(RepositoryError::CredentialInUrl);
    }
    if scheme != "file" {
        return Err(RepositoryError::UnsupportedRemote(scheme.chars().take(16).collect()));
    }
    // `host:path` is ssh; a path with a colon in its first part must be written with `./` or `/`.
    if !url.contains("://") && rest.split('/').next().is_some_and(|first| first.contains(':')) {
        return Err(RepositoryError::UnsupportedRemote("ssh".into()));
    }
    Ok(Path::new(rest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[track_caller]
    fn check(url: &str, expected: Result<&str, &str>) {
        let got = local_path(url).map(|path| path.display().to_string()).map_err(|error| error.to_string());
        match expected {
            Ok(path) => assert_eq!(got.as_deref(), Ok(path), "for {url}"),
            Err(told) => assert!(got.as_ref().is_err_and(|text| text.contains(told)), "for {url}: {got:?}"),
        }
    }

    #[test]
    fn only_a_folder_of_this_machine_is_a_remote_so_far() {
        check("/var/x.git", Ok("/var/x.git"));
        check("file:///var/x.git", Ok("/var/x.git"));
        check("../x.git", Ok("../x.git"));
        check("./a:b.git", Ok("./a:b.git"));
        check("https://host/x.git", Err("https"));
        check("git@host:x.git", Err("ssh"));
    }

    #[test]
    fn a_credential_in_the_url_is_refused_and_not_told() {
        for url in ["https://user:hunter2@host/x.git", "https://hunter2@host", "ssh://hunter2@host/x"] {
            check(url, Err("credential"));
            assert!(!format!("{:?}", local_path(url)).contains("hunter2"));
        }
    }
}
