//! Checking an artefact before it runs: each file against the manifest, the manifest against the digest. Files that are not
//! in the manifest (what a running instance wrote beside its own) were not verified and are not looked at.

use sha2::Digest as _;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use wire::artefact::{ArtefactFile, MANIFEST, Manifest};
use wire::{Digest, target::is_plain_path};

/// Read at once: the hash is fast over long runs only.
const CHUNK: usize = 1 << 20;
/// The largest manifest, bytes.
const MAX_MANIFEST: u64 = 16 << 20;

/// Why an artefact is not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsound {
    #[error("the artefact {0} is not in the store")]
    Missing(Digest),
    #[error("cannot read {path} of the artefact")]
    Unreadable {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the artefact's manifest is not one")]
    Manifest(#[source] serde_json::Error),
    #[error("the artefact's manifest has another digest")]
    Digest,
    #[error("{0} of the artefact is not what was verified")]
    Differs(String),
}

/// Where an artefact lies.
pub(crate) fn folder(store: &Path, digest: &Digest) -> PathBuf {
    store.join(digest.as_str())
}

/// Checks an artefact. Blocks.
pub(crate) fn check(store: &Path, digest: &Digest) -> Result<(), Unsound> {
    let folder = folder(store, digest);
    if !folder.is_dir() {
        return Err(Unsound::Missing(digest.clone()));
    }
    let unreadable = |source| Unsound::Unreadable { path: MANIFEST.to_owned(), source };
    let mut text = Vec::new();
    let manifest = File::open(folder.join(MANIFEST)).map_err(unreadable)?;
    manifest.take(MAX_MANIFEST).read_to_end(&mut text).map_err(unreadable)?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(Unsound::Manifest)?;
    if manifest.digest() != *digest {
        return Err(Unsound::Digest);
    }
    manifest.files.iter().try_for_each(|file| check_file(&folder, file))
}

fn check_file(folder: &Path, wanted: &ArtefactFile) -> Result<(), Unsound> {
    let differs = || Unsound::Differs(wanted.path.clone());
    let unreadable = |source| Unsound::Unreadable { path: wanted.path.clone(), source };
    if !is_plain_path(&wanted.path) {
        return Err(differs());
    }
    let path = folder.join(&wanted.path);
    // Of the entry itself: a link would be followed to something that can change.
    let metadata = path.symlink_metadata().map_err(unreadable)?;
    let executable = metadata.permissions().mode() & 0o111 != 0;
    if !metadata.is_file() || metadata.len() != wanted.size || executable != wanted.executable {
        return Err(differs());
    }
    if content(&path).map_err(unreadable)? != wanted.sha256.as_str() {
        return Err(differs());
    }
    Ok(())
}

fn content(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artefact(store: &Path) -> Digest {
        let file = ArtefactFile { path: "bin/app".into(), executable: true, size: 4, sha256: Digest::of("code") };
        let manifest = Manifest { files: vec![file] };
        let digest = manifest.digest();
        let folder = folder(store, &digest);
        std::fs::create_dir_all(folder.join("bin")).expect("a folder");
        std::fs::write(folder.join("bin/app"), "code").expect("a file");
        set_mode(&folder.join("bin/app"), 0o555);
        std::fs::write(folder.join(MANIFEST), serde_json::to_vec(&manifest).expect("JSON")).expect("a manifest");
        digest
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    #[track_caller]
    fn refused(damage: impl Fn(&Path)) {
        let store = tempfile::tempdir().expect("a folder");
        let digest = artefact(store.path());
        assert!(check(store.path(), &digest).is_ok());
        damage(&folder(store.path(), &digest));
        assert!(check(store.path(), &digest).is_err());
    }

    #[test]
    fn an_artefact_that_differs_in_any_way_is_refused() {
        refused(|folder| std::fs::remove_dir_all(folder).expect("removed"));
        refused(|folder| std::fs::remove_file(folder.join("bin/app")).expect("removed"));
        refused(|folder| std::fs::remove_file(folder.join(MANIFEST)).expect("removed"));
        refused(|folder| std::fs::write(folder.join(MANIFEST), r#"{"files":[]}"#).expect("written"));
        refused(|folder| set_mode(&folder.join("bin/app"), 0o444));
        refused(|folder| {
            set_mode(&folder.join("bin/app"), 0o755);
            std::fs::write(folder.join("bin/app"), "c0de").expect("written");
        });
        refused(|folder| {
            std::fs::rename(folder.join("bin/app"), folder.join("app")).expect("moved");
            std::os::unix::fs::symlink("../app", folder.join("bin/app")).expect("a link");
        });
    }
}
