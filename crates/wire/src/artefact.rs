//! What `verifier` stores and `deployer` runs: the folder `<artefacts>/<digest>/` holds the built files and, beside them,
//! [`MANIFEST`]. Whoever runs it checks each file against the manifest and the manifest against the digest.

use crate::Digest;
use serde::{Deserialize, Serialize};

/// The manifest's file name within the artefact's folder.
pub const MANIFEST: &str = ".kintsugi-manifest.json";

/// The files of an artefact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Each file but the manifest itself, in any order.
    pub files: Vec<ArtefactFile>,
}

/// One file of an artefact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtefactFile {
    /// Relative to the artefact's folder, `/` between its parts.
    pub path: String,
    /// Whether it can be executed; the rest of the mode is fixed (read-only).
    pub executable: bool,
    /// Its size, bytes.
    pub size: u64,
    /// The digest of its content.
    pub sha256: Digest,
}

impl Manifest {
    /// The artefact's digest: over path, mode and content of each file, sorted by path.
    pub fn digest(&self) -> Digest {
        let mut files: Vec<&ArtefactFile> = self.files.iter().collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let parts = files.into_iter().flat_map(|file| {
            let mode: &[u8] = if file.executable { b"755" } else { b"644" };
            [file.path.as_bytes(), mode, file.sha256.as_str().as_bytes()]
        });
        Digest::of_parts(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, executable: bool, content: &str) -> ArtefactFile {
        let size = content.len() as u64;
        ArtefactFile { path: path.into(), executable, size, sha256: Digest::of(content) }
    }

    #[test]
    fn the_digest_depends_on_path_mode_and_content_but_not_on_the_order() {
        let (a, b) = (file("bin/app", true, "x"), file("data", false, "y"));
        let digest = Manifest { files: vec![a.clone(), b.clone()] }.digest();
        assert_eq!(digest, Manifest { files: vec![b.clone(), a.clone()] }.digest());
        for other in [file("bin/app2", true, "x"), file("bin/app", false, "x"), file("bin/app", true, "z")] {
            assert_ne!(digest, Manifest { files: vec![other, b.clone()] }.digest());
        }
        assert_ne!(digest, Manifest { files: vec![a] }.digest());
    }
}
