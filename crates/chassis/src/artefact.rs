//! The artefact store's layout and the digest of an artefact: what the verifier built is what the deployer runs, and both
//! say so with the same algorithm.
//!
//! An artefact is a folder `<store>/<digest>`, moved there in one rename, so a folder under that name is complete.

use sha2::Digest as _;
use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use wire::Digest;

/// How many files and folders an artefact may hold.
const MAX_ENTRIES: usize = 20_000;
/// Read at once. Large, because the hash is fast only over long runs.
const CHUNK: usize = 1 << 20;

/// Where an artefact lies in a store.
pub fn folder(store: &Path, digest: &Digest) -> PathBuf {
    store.join(digest.as_str())
}

/// The digest of a folder: over every path beneath it in byte order, whether it is a folder, a file or an executable file,
/// and the content. Owners, times and the other mode bits do not count. Blocks; call it on a blocking thread.
///
/// # Errors
/// When something cannot be read, is neither file nor folder (a symlink points out of what was verified), has a name that
/// is not UTF-8, or there are too many.
pub fn digest(folder: &Path) -> std::io::Result<Digest> {
    let mut entries = Vec::new();
    collect(folder, "", &mut entries)?;
    entries.sort();
    let mut parts: Vec<Vec<u8>> = Vec::with_capacity(entries.len() * 3);
    for (path, kind) in entries {
        let content = if kind == Kind::Folder { Vec::new() } else { content(&folder.join(&path))? };
        parts.extend([path.into_bytes(), kind.as_bytes().to_vec(), content]);
    }
    Ok(Digest::of_parts(parts.iter().map(Vec::as_slice)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Folder,
    File,
    Executable,
}

impl Kind {
    fn of(metadata: &Metadata) -> Option<Self> {
        match metadata {
            m if m.is_dir() => Some(Kind::Folder),
            m if m.is_file() && m.permissions().mode() & 0o111 != 0 => Some(Kind::Executable),
            m if m.is_file() => Some(Kind::File),
            _ => None,
        }
    }

    fn as_bytes(self) -> &'static [u8] {
        match self {
            Kind::Folder => b"folder",
            Kind::File => b"file",
            Kind::Executable => b"executable",
        }
    }
}

fn collect(root: &Path, beneath: &str, entries: &mut Vec<(String, Kind)>) -> std::io::Result<()> {
    let refuse = |what: String| Err(Error::new(ErrorKind::InvalidData, what));
    for entry in std::fs::read_dir(root.join(beneath))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            return refuse(format!("a name in {beneath:?} is not UTF-8"));
        };
        let path = if beneath.is_empty() { name } else { format!("{beneath}/{name}") };
        // `symlink_metadata` and not `metadata`: a link is refused, never followed.
        let metadata = root.join(&path).symlink_metadata()?;
        let Some(kind) = Kind::of(&metadata) else {
            return refuse(format!("{path:?} is neither a file nor a folder"));
        };
        entries.push((path.clone(), kind));
        if entries.len() > MAX_ENTRIES {
            return refuse(format!("an artefact holds more than {MAX_ENTRIES} files and folders"));
        }
        if kind == Kind::Folder {
            collect(root, &path, entries)?;
        }
    }
    Ok(())
}

fn content(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(hasher.finalize().to_vec());
        }
        hasher.update(chunk.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str, u32)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, content, mode) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(&path, content).expect("a file");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).expect("a mode");
        }
        folder
    }

    #[test]
    fn equal_folders_have_equal_digests_whatever_the_order_and_the_umask() {
        let one = folder_with(&[("b/app", "x", 0o755), ("a", "y", 0o644)]);
        let two = folder_with(&[("a", "y", 0o600), ("b/app", "x", 0o700)]);
        assert_eq!(digest(one.path()).expect("a digest"), digest(two.path()).expect("a digest"));
    }

    #[test]
    fn content_name_and_executable_bit_each_change_the_digest() {
        let base = digest(folder_with(&[("app", "x", 0o755)]).path()).expect("a digest");
        for other in [("app", "y", 0o755), ("ap", "x", 0o755), ("app", "x", 0o644), ("d/app", "x", 0o755)] {
            assert_ne!(base, digest(folder_with(&[other]).path()).expect("a digest"), "{other:?}");
        }
    }

    #[test]
    fn a_symlink_is_refused() {
        let folder = folder_with(&[("app", "x", 0o755)]);
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).expect("a link");
        assert_eq!(digest(folder.path()).expect_err("refused").kind(), ErrorKind::InvalidData);
    }
}
