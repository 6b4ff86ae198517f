//! Files that are there as a whole or not at all.

use crate::error::ActError;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The most entries of a folder that are looked at.
const MAX_FILES: usize = 10_000;

/// Replaces a file: whoever reads it sees the old or the new one, and after a power cut one of both is there. Its mode stays; a
/// new one can be read by its owner only. Missing folders are made.
///
/// # Errors
/// When it cannot be written; then the old one stands.
pub fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(content)?;
    if let Ok(old) = std::fs::metadata(path) {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Reads a regular file of at most so many bytes; none where there is none.
pub(crate) fn read(path: &Path, at_most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(at_most.saturating_add(1)).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= at_most);
    if fits { Ok(Some(bytes)) } else { Err(std::io::Error::other(format!("it is longer than {at_most} bytes"))) }
}

/// The path of a file of this name in a folder: one plain part, which leads nowhere else.
pub(crate) fn beneath(folder: &Path, name: &str) -> Result<PathBuf, ActError> {
    let plain = wire::target::is_plain_path(name) && !name.contains('/');
    if plain { Ok(folder.join(name)) } else { Err(ActError::Refused(format!("{name:?} is no plain file name"))) }
}

/// The names of a folder's regular files, the newest first. Links are left out.
pub(crate) fn newest_first(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(MAX_FILES) {
        let entry = entry?;
        let about = entry.metadata()?;
        if let (true, Ok(name)) = (about.is_file(), entry.file_name().into_string()) {
            files.push((about.modified()?, name));
        }
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    Ok(files.into_iter().map(|(_, name)| name).collect())
}
