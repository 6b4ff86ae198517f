//! The folders that a sandbox shares with us: one for its own socket and its marks, one for the sockets of its doubles.

use super::Stand;
use super::spec::{LINK_SOCKET, LINK_STARTED, double_of};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// See the module.
pub(super) struct Link {
    folder: TempDir,
    open: File,
    doubles: TempDir,
    doubles_open: Arc<File>,
}

impl Link {
    pub(super) fn below(scratch: &Path) -> io::Result<Self> {
        let (folder, doubles) =
            (TempDir::with_prefix_in("link-", scratch)?, TempDir::with_prefix_in("doubles-", scratch)?);
        let (open, doubles_open) = (File::open(folder.path())?, Arc::new(File::open(doubles.path())?));
        Ok(Self { folder, open, doubles, doubles_open })
    }

    /// For the sandbox's own socket and marks.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A name that no other sandbox of this machine has.
    pub(super) fn name(&self) -> String {
        let last = self.folder.path().file_name().map(|name| name.to_string_lossy().into_owned());
        format!("kintsugi-{}-{}", std::process::id(), last.unwrap_or_default())
    }

    /// For the sockets of the doubles.
    pub(super) fn doubles(&self) -> &Path {
        self.doubles.path()
    }

    pub(super) fn socket(&self) -> PathBuf {
        through(&self.open, LINK_SOCKET)
    }

    pub(super) fn stands(&self, ports: &[u16]) -> Vec<Stand> {
        let stand = |port: &u16| {
            let (name, folder) = (double_of(*port), Arc::clone(&self.doubles_open));
            Stand::Socket { socket: through(&folder, &name), mark: self.folder().join(name), folder }
        };
        ports.iter().map(stand).collect()
    }

    /// Whether the sandbox stood.
    pub(super) fn stood(&self) -> bool {
        self.folder().join(LINK_STARTED).exists()
    }
}

/// A socket's path is at most 107 bytes long, so it goes through the open folder, wherever that is.
fn through(folder: &File, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
}
