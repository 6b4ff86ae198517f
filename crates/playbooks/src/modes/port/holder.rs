//! Who holds a port.

use super::instances::Stale;
use std::fmt;
use wire::runtime::Process;

/// Who holds a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    Nobody,
    /// An instance of the target's own that is in use.
    Own(String),
    /// One that is not, and why.
    Stale(Process, Stale),
    /// Somebody else; also somebody who cannot be seen.
    Stranger(String),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Nobody => f.write_str("nobody holds it now"),
            Holder::Own(who) => write!(f, "{who}, an instance of its own, has it"),
            Holder::Stale(process, why) => {
                write!(f, "process {}, a stale instance of its own, holds it: {why}", process.pid)
            }
            Holder::Stranger(who) => write!(f, "{who}, which is not the target's, holds it"),
        }
    }
}
