//! `sandbox-enter`: a mount namespace of its own, the overlays, the limits; then it becomes bubblewrap. An overlay cannot
//! be had from bubblewrap itself in the versions that distributions ship.

use super::spec::{Enter, Overlay};
use anyhow::Context;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{getegid, geteuid};
use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use wire::target::Limits;

/// Comes back only with an error.
pub(crate) fn enter(file: &Path) -> anyhow::Result<Infallible> {
    let text = std::fs::read(file).context("cannot read what to run")?;
    let spec: Enter = serde_json::from_slice(&text).context("cannot understand what to run")?;
    let alone = own_namespaces()?;
    for overlay in &spec.overlays {
        mount_overlay(overlay, alone)?;
    }
    for door in &spec.doors {
        std::fs::write(door, "0").with_context(|| format!("cannot join the control group of {}", door.display()))?;
    }
    limit(&spec.limits)?;
    let (program, arguments) = spec.exec.split_first().context("there is nothing to run")?;
    let error = std::process::Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {program}"))
}

/// Answers whether it took a user namespace, which it needs when it is not root.
fn own_namespaces() -> anyhow::Result<bool> {
    let (user, group) = (geteuid(), getegid());
    if user.is_root() {
        unshare(CloneFlags::CLONE_NEWNS).context("cannot make a mount namespace")?;
    } else {
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
            .context("cannot make a user and a mount namespace")?;
        std::fs::write("/proc/self/setgroups", "deny").context("cannot fix the groups")?;
        std::fs::write("/proc/self/uid_map", format!("0 {user} 1")).context("cannot map the user")?;
        std::fs::write("/proc/self/gid_map", format!("0 {group} 1")).context("cannot map the group")?;
    }
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .context("cannot make the mounts private")?;
    // bubblewrap says the same as soon as it runs; a verifier that is killed before then must leave nothing either.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).context("cannot end with the verifier")?;
    Ok(!user.is_root())
}

fn mount_overlay(overlay: &Overlay, user_namespace: bool) -> anyhow::Result<()> {
    let mut options = OsString::new();
    for (name, path) in [("lowerdir=", &overlay.lower), (",upperdir=", &overlay.upper), (",workdir=", &overlay.work)] {
        options.push(name);
        options.push(escaped(path));
    }
    // Without privileges the kernel keeps an overlay's own marks in user.* attributes only.
    options.push(if user_namespace { ",userxattr" } else { "" });
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("overlay"), &overlay.merged, Some("overlay"), flags, Some(options.as_os_str()))
        .with_context(|| format!("cannot lay an overlay over {}", overlay.lower.display()))
}

/// A path as an overlay's option: separators are escaped.
fn escaped(path: &Path) -> OsString {
    let mut bytes = Vec::new();
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'\\' | b':' | b',') {
            bytes.push(b'\\');
        }
        bytes.push(*byte);
    }
    OsString::from_vec(bytes)
}

fn limit(limits: &Limits) -> anyhow::Result<()> {
    let mib = |amount: u64| amount.saturating_mul(1 << 20);
    let wanted = [
        (Resource::RLIMIT_AS, mib(limits.memory_mib)),
        (Resource::RLIMIT_CPU, limits.cpu_s),
        (Resource::RLIMIT_FSIZE, mib(limits.file_mib)),
        // It does not bind root, whom the control group binds.
        (Resource::RLIMIT_NPROC, limits.processes),
        (Resource::RLIMIT_CORE, 0),
    ];
    for (resource, amount) in wanted {
        let (_, hard) = nix::sys::resource::getrlimit(resource).context("cannot read a limit")?;
        let amount = amount.min(hard);
        setrlimit(resource, amount, amount).with_context(|| format!("cannot set {resource:?} to {amount}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_of_mount_options_are_escaped() {
        assert_eq!(escaped(Path::new("/a:b/c,d\\e")), OsString::from("/a\\:b/c\\,d\\\\e"));
    }
}
