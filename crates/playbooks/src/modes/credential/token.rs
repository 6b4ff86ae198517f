//! A token in a file. It does not print, and whoever reads the file sees all of the old one or all of the new one.

use crate::error::ActError;
use crate::files;
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;
use wire::Digest;

/// The longest token that is read, bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// Its owner alone may read and write it.
const OWNERS: u32 = 0o600;

/// A token.
pub(super) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }
}

impl Token {
    /// None where there is none, and where what is there cannot be sent.
    pub(super) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let can_be_sent = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        can_be_sent.then(|| Self(text.to_owned()))
    }

    /// None also where what is there cannot be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        Self::of(&bytes(path).ok()??)
    }

    /// Of a file's content.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        Self::new(std::str::from_utf8(bytes).ok()?)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// Replaces the file, see [`write()`].
    pub(super) fn write(&self, path: &Path) -> Result<(), ActError> {
        write(path, self.0.as_bytes())
    }
}

/// What a file holds, whatever it is; none where there is no file.
pub(super) fn bytes(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    files::read(path, MAX_BYTES)
}

/// Replaces a file as a whole. Its owner stays, as far as that is permitted; nobody else may read it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), ActError> {
    replace(path, content).map_err(ActError::io("write", path))
}

fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(content)?;
    new.as_file().set_permissions(std::fs::Permissions::from_mode(OWNERS))?;
    if let Ok(old) = std::fs::metadata(path) {
        fchown(new.as_file(), Some(old.uid()), Some(old.gid()))?;
    }
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

pub(super) fn remove(path: &Path) -> Result<(), ActError> {
    files::remove(path).map_err(ActError::io("remove", path))
}
