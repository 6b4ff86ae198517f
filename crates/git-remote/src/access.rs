//! How remotes over ssh are reached: what a service's settings say of it.

use crate::error::RemoteError;
use crate::remote::Remote;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wire::TargetName;
use wire::target::Catalogue;

/// The settings `ssh_key`, `ssh_known_hosts` and `ssh_silence_ms` of a service. Empty paths: no remote over ssh can be used.
#[derive(Debug, Clone, Default)]
pub struct Access {
    key: PathBuf,
    known_hosts: PathBuf,
    silence: Duration,
}

/// The files of a key and of known hosts, absolute, in a form that ssh's options can say.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) key: PathBuf,
    pub(crate) known_hosts: PathBuf,
}

impl Access {
    /// From the settings. Only the paths are looked at, when a remote needs them; the key is never read.
    pub fn new(key: &Path, known_hosts: &Path, silence_ms: u64) -> Self {
        let (key, known_hosts) = (key.to_owned(), known_hosts.to_owned());
        Self { key, known_hosts, silence: Duration::from_millis(silence_ms.max(1)) }
    }

    /// How long a host may be silent.
    pub(crate) fn silence(&self) -> Duration {
        self.silence
    }

    /// The files.
    pub(crate) fn files(&self) -> Result<Files, RemoteError> {
        let key = usable("ssh_key", "a private key that may use the remote", &self.key)?;
        let known_hosts = usable("ssh_known_hosts", "its host's key, as ssh-keyscan prints it", &self.known_hosts)?;
        Ok(Files { key, known_hosts })
    }
}

fn usable(setting: &str, of: &str, path: &Path) -> Result<PathBuf, RemoteError> {
    let refused = |why: &str| RemoteError::NoAccess(format!("the setting `{setting}` {why}"));
    if path.as_os_str().is_empty() {
        return Err(refused(&format!("is not set: name the file of {of}")));
    }
    let path = std::path::absolute(path).map_err(|_| refused("names no file"))?;
    if !path.is_file() {
        return Err(refused(&format!("names {}, which is no file", path.display())));
    }
    // ssh cannot be told these in any way of quoting.
    let said = path.to_str().filter(|text| !text.contains(['"', '\\', '$']) && !text.chars().any(char::is_control));
    said.is_some().then_some(path).ok_or_else(|| refused("names a file whose path holds a quote, `\\`, `$` or worse"))
}

/// A target whose remote must not even be tried.
#[derive(Debug, thiserror::Error)]
#[error("the target {target} cannot be used")]
pub struct Refused {
    /// The target.
    pub target: TargetName,
    /// Why.
    #[source]
    pub why: RemoteError,
}

/// Looks at the remotes of all targets before anything is asked of them, at a service's start.
///
/// # Errors
/// At the first URL with a credential in it, and at the first remote over ssh for which a setting lacks. What else cannot be used
/// is logged: it fails its own target's work only.
pub fn check_all(catalogue: &Catalogue, access: &Access) -> Result<(), Refused> {
    for target in catalogue.values() {
        match Remote::new(&target.repository, access) {
            Ok(_) => {}
            Err(why @ (RemoteError::CredentialInUrl | RemoteError::NoAccess(_))) => {
                return Err(Refused { target: target.name.clone(), why });
            }
            Err(error) => tracing::warn!(target_name = %target.name, %error, "this target's remote cannot be used"),
        }
    }
    Ok(())
}
