//! Where a server's files can stand: another user must be able to reach the folder when the caller is root.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// `wanted`, or, when the caller is root and a folder above it is closed to others, a folder of its own under `/var/tmp`
/// that is the same for the same `wanted`.
pub fn folder_for(wanted: &Path) -> PathBuf {
    // A Unix socket's path has at most 107 bytes; `.s.PGSQL.65535.lock` and a folder name need 30 of them.
    let short = wanted.as_os_str().len() < 75;
    if short && (!nix::unistd::geteuid().is_root() || open_to_others(wanted)) {
        return wanted.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    wanted.hash(&mut hasher);
    PathBuf::from(format!("/var/tmp/kintsugi-{:016x}", hasher.finish()))
}

fn open_to_others(path: &Path) -> bool {
    path.ancestors()
        .skip(1)
        .filter_map(|folder| std::fs::metadata(folder).ok())
        .all(|metadata| metadata.permissions().mode() & 0o001 != 0)
}
