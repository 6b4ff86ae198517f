//! The subcommands with which this program enters its own sandbox. They are not for people.

use super::{enter, inside};
use std::ffi::OsString;
use std::path::PathBuf;

/// Enters the mount namespace, then becomes bubblewrap.
pub(crate) const ENTER: &str = "sandbox-enter";
/// Runs in the sandbox, beside the command.
pub(crate) const INSIDE: &str = "sandbox-inside";
/// The exit code when the sandbox itself failed.
pub(crate) const FAILED: i32 = 125;

/// Runs a hidden subcommand, if the arguments ask for one; answers its exit code. Must be called before any thread is
/// started: a process with threads cannot enter a user namespace.
pub fn dispatch(arguments: impl IntoIterator<Item = OsString>) -> Option<i32> {
    let mut arguments = arguments.into_iter().skip(1);
    let (name, what) = (arguments.next()?, arguments.next());
    let result = match (name.to_str()?, what) {
        (ENTER, Some(file)) => enter::enter(&PathBuf::from(file)).map(|never| match never {}),
        (INSIDE, Some(spec)) => inside::run(&spec.to_string_lossy()),
        _ => return None,
    };
    Some(result.unwrap_or_else(|error| {
        eprintln!("sandbox: {error:#}");
        FAILED
    }))
}
