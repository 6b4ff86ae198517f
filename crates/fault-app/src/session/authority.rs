//! Who issues tokens, and renews the credential that they are got with (OAuth 2, RFC 6749 section 6).

use crate::request::fresh;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a token lives: less than an upload takes, with a fifth of it to spare for a renewal.
pub(super) const LIFE: Duration = Duration::from_millis(250);
/// The files of the credential and of what renews it, in the run folder.
const FILES: [&str; 2] = ["session", "session-refresh"];

/// The authority of one process.
#[derive(Default)]
pub(crate) struct Authority {
    /// Where the credential is kept; without it nothing is ever revoked, as nobody could renew it.
    folder: Option<PathBuf>,
    /// The credential that is not taken any more.
    revoked: Mutex<Option<String>>,
}

impl Authority {
    /// With the run folder, where there is one. A credential that is missing is issued.
    pub(crate) fn new(folder: Option<PathBuf>) -> Result<Self, String> {
        for path in folder.iter().flat_map(|folder| FILES.map(|name| folder.join(name))) {
            if read(&path).is_none() {
                issue(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
        }
        Ok(Self { folder, revoked: Mutex::default() })
    }

    /// Whether a credential is taken.
    pub(crate) fn takes(&self, credential: &str) -> bool {
        !credential.is_empty()
            && self.revoked.lock().unwrap_or_else(PoisonError::into_inner).as_deref() != Some(credential)
    }

    /// Whether this application's own is.
    pub(crate) fn takes_own(&self) -> bool {
        self.folder.is_none() || self.own(0).is_some_and(|own| self.takes(&own))
    }

    /// From now on this application's own is not taken any more.
    pub(super) fn revoke_own(&self) {
        if let Some(own) = self.own(0) {
            *self.revoked.lock().unwrap_or_else(PoisonError::into_inner) = Some(own);
        }
    }

    /// A new credential for whoever has what renews it.
    pub(crate) fn renew(&self, refresh: &str) -> Option<String> {
        self.own(1).filter(|own| own == refresh).map(|_| fresh())
    }

    fn own(&self, file: usize) -> Option<String> {
        read(&self.folder.as_ref()?.join(FILES.get(file)?))
    }
}

/// Readable by its owner only.
fn issue(path: &Path) -> std::io::Result<()> {
    let mut file = fs::File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(fresh().as_bytes())
}

fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
