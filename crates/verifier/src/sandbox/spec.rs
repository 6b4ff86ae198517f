//! What the two hidden subcommands are told. Both are this same program, so the form is nobody else's business.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use wire::target::{Limits, Output};

/// For `sandbox-enter`, in a file: what is prepared in a mount namespace of its own before bubblewrap takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enter {
    pub(crate) overlays: Vec<Overlay>,
    pub(crate) limits: Limits,
    /// The files into which it writes itself to be in the sandbox's control groups.
    pub(crate) doors: Vec<PathBuf>,
    /// The argument vector of bubblewrap.
    pub(crate) exec: Vec<String>,
}

/// A throw-away layer over a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overlay {
    pub(crate) lower: PathBuf,
    pub(crate) upper: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) merged: PathBuf,
}

/// For `sandbox-inside`, as one argument: what runs beside and after the command, in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inside {
    pub(crate) command: Vec<String>,
    /// The port the command serves on; reached through [`LINK_SOCKET`].
    pub(crate) serve: Option<u16>,
    pub(crate) forwards: Vec<(u16, String)>,
    /// Ports that are listened on while the verifier plays a service: while its socket is in [`DOUBLES`].
    pub(crate) doubles: Vec<u16>,
    pub(crate) collect: Vec<Output>,
}

/// The folder of this program in the sandbox.
pub(crate) const HOME: &str = "/run/kintsugi";
/// This program in the sandbox.
pub(crate) const PROGRAM: &str = "/run/kintsugi/verifier";
/// The folder shared with the verifier outside.
pub(crate) const LINK: &str = "/run/kintsugi/link";
/// In [`LINK`]: the socket that leads to the command's port.
pub(crate) const LINK_SOCKET: &str = "serve.sock";
/// In [`LINK`]: made as soon as the sandbox stands, so that a failing sandbox is not taken for a failing command.
pub(crate) const LINK_STARTED: &str = "started";
/// The folder of the doubles' sockets; the command can use them, and not replace them.
pub(crate) const DOUBLES: &str = "/run/kintsugi/doubles";

/// The socket of a double in [`DOUBLES`], and in [`LINK`] the mark that its port is listened on.
pub(crate) fn double_of(port: u16) -> String {
    format!("double-{port}")
}
