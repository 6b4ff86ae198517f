//! What lies in an artefact's folder: each file by its content. Links are not followed.

use super::{StoreError, failed};
use sha2::Digest as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use wire::Digest;
use wire::artefact::{ArtefactFile, MANIFEST, Manifest};
use wire::target::is_plain_path;

/// How many files an artefact may have.
const MAX_FILES: usize = 10_000;
/// How many bytes it may have.
const MAX_BYTES: u64 = 2 << 30;

/// The manifest of what lies in a folder. Links are not followed but refused.
pub(super) fn manifest_of(folder: &Path) -> Result<Manifest, StoreError> {
    let mut manifest = Manifest::default();
    let (mut bytes, mut folders) = (0, vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(failed(&next))? {
            let path = entry.map_err(failed(&next))?.path();
            let about = fs::symlink_metadata(&path).map_err(failed(&path))?;
            let name = path.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
            let name = name.ok_or_else(|| StoreError::Refused("an output's name is not a text".into()))?;
            if about.is_dir() {
                folders.push(path);
            } else if !about.is_file() {
                return Err(StoreError::Refused(format!("the output {name} is a link or a special file")));
            } else if name != MANIFEST {
                bytes += about.len();
                let executable = about.permissions().mode() & 0o111 != 0;
                let sha256 = digest_of(&path).map_err(failed(&path))?;
                manifest.files.push(ArtefactFile { path: name, executable, size: about.len(), sha256 });
            }
            if manifest.files.len() + folders.len() > MAX_FILES || bytes > MAX_BYTES {
                return Err(StoreError::Refused("the outputs are too many or too large".into()));
            }
        }
    }
    if manifest.files.is_empty() {
        return Err(StoreError::Refused("there are no outputs".into()));
    }
    Ok(manifest)
}

/// Whether a file is what the manifest says.
pub(super) fn stands(folder: &Path, file: &ArtefactFile) -> io::Result<bool> {
    let path = folder.join(&file.path);
    let about = fs::symlink_metadata(&path)?;
    let executable = about.permissions().mode() & 0o111 != 0;
    Ok(is_plain_path(&file.path)
        && about.is_file()
        && (about.len(), executable) == (file.size, file.executable)
        && digest_of(&path)? == file.sha256)
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut chunk = vec![0; 256 << 10];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => hasher.update(chunk.get(..count).unwrap_or_default()),
        }
    }
    Digest::try_from(hex::encode(hasher.finalize())).map_err(io::Error::other)
}
