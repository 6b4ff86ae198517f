//! Jobs in namespaces of their own, by bubblewrap. What the sandbox consists of is decided by [`arguments`], which is pure.

use super::cgroup::Cgroup;
use super::disk::Quota;
use super::link::Link;
use super::spec::{DOUBLES, Enter, HOME, Inside, LINK, Overlay, PROGRAM};
use super::{Access, Address, Ended, Exit, Job, Kept, OUT, RunSandboxed, SandboxError, Started, hidden, process};
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The first port that is tried for a command that serves; the loopback is the sandbox's own.
const FIRST_PORT: u16 = 8080;
/// The size of the private `/tmp`, bytes.
const TMP_BYTES: &str = "1073741824";
/// What a program needs to find its libraries, its user and its own machine.
const ETC: [(&str, &str); 4] = [
    ("passwd", "sandbox:x:1000:1000::/tmp:/bin/sh\n"),
    ("group", "sandbox:x:1000:\n"),
    ("hosts", "127.0.0.1 localhost\n"),
    ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
];
/// Of the machine's own `/etc`: the libraries' cache, and what the compiler's names lead to.
const ETC_OF_MACHINE: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];
/// Of `/proc`, what speaks to the whole machine's kernel. A verifier that runs as root is root there too, also without any
/// capability: only a read-only mount keeps a candidate from writing it.
const PROC_OF_MACHINE: [&str; 13] = [
    "acpi",
    "asound",
    "bus",
    "driver",
    "dynamic_debug",
    "fs",
    "irq",
    "mtrr",
    "pressure",
    "scsi",
    "sys",
    "sysrq-trigger",
    "tty",
];
/// The folder of the throw-away layers in a job's scratch folder.
const LAYERS: &str = "layers";
/// The kernel's own folder in an overlay's work folder.
pub(crate) const LOCKED: &str = "work";
/// Top folders that are links into `/usr` on most machines.
const TOP: [&str; 4] = ["/bin", "/sbin", "/lib", "/lib64"];

/// Runs jobs with bubblewrap.
#[derive(Debug)]
pub struct Bubblewrap {
    /// This program, which knows the hidden subcommands.
    program: PathBuf,
}

impl Bubblewrap {
    /// With the program that knows the hidden subcommands.
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }

    fn prepare(&self, job: &Job, link: &Link, group: &Cgroup, port: Option<u16>) -> std::io::Result<Enter> {
        let etc = job.scratch.join("etc");
        std::fs::create_dir_all(&etc)?;
        for (name, text) in ETC {
            std::fs::write(etc.join(name), text)?;
        }
        let mut overlays = Vec::new();
        let mut shown = Vec::new();
        for place in &job.places {
            let from = std::path::absolute(&place.from)?;
            let (flag, from) = match &place.access {
                Access::ReadOnly => ("--ro-bind", from),
                Access::Writable => ("--bind", from),
                Access::ThrowAway(layer) => {
                    let overlay = layer_over(from, &job.scratch.join(LAYERS).join(layer))?;
                    let merged = overlay.merged.clone();
                    overlays.push(overlay);
                    ("--bind", merged)
                }
            };
            shown.extend([flag.to_owned(), text(&from), place.to.clone()]);
        }
        let top = TOP.map(|path| (path, std::fs::read_link(path).ok().map(|to| text(&to))));
        let exec = arguments(job, &self.program, [&etc, link.folder(), link.doubles()], port, &top, shown);
        Ok(Enter { overlays, limits: job.limits.clone(), doors: group.doors(), exec })
    }
}

fn layer_over(lower: PathBuf, layer: &Path) -> std::io::Result<Overlay> {
    let [upper, work, merged] = ["upper", "work", "merged"].map(|name| layer.join(name));
    for folder in [&upper, &work, &merged] {
        std::fs::create_dir_all(folder)?;
    }
    Ok(Overlay { lower, upper, work, merged })
}

/// The folder into which a layer's changes go; it may hold some before the first start.
pub(crate) fn upper_of(scratch: &Path, layer: &str) -> PathBuf {
    scratch.join(LAYERS).join(layer).join("upper")
}

/// The kernel leaves a folder without permissions in an overlay's work folder; without privileges it could not be removed.
pub(crate) fn unlock(folder: &Path) {
    let _may_not_be_there = std::fs::set_permissions(folder, Permissions::from_mode(0o700));
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The argument vector of bubblewrap: an empty world, then what the job may see of the machine.
fn arguments(
    job: &Job,
    program: &Path,
    [etc, link, doubles]: [&Path; 3],
    port: Option<u16>,
    top: &[(&str, Option<String>)],
    shown: Vec<String>,
) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |words: &[&str]| all.extend(words.iter().map(|word| (*word).to_owned()));
    add(&["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]);
    add(&["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]);
    add(&["--ro-bind", "/usr", "/usr"]);
    for (path, target) in top {
        match target {
            Some(target) => add(&["--symlink", target, path]),
            None => add(&["--ro-bind-try", path, path]),
        }
    }
    for path in ETC_OF_MACHINE {
        add(&["--ro-bind-try", path, path]);
    }
    for (name, _) in ETC {
        add(&["--ro-bind", &text(&etc.join(name)), &format!("/etc/{name}")]);
    }
    add(&["--proc", "/proc", "--dev", "/dev", "--size", TMP_BYTES, "--tmpfs", "/tmp", "--dir", HOME]);
    for name in PROC_OF_MACHINE {
        let path = format!("/proc/{name}");
        add(&["--ro-bind-try", &path, &path]);
    }
    add(&shown.iter().map(String::as_str).collect::<Vec<_>>());
    add(&["--ro-bind", &text(program), PROGRAM, "--bind", &text(link), LINK]);
    if !job.doubles.is_empty() {
        // A socket can be used on a read-only mount, but not replaced.
        add(&["--ro-bind", &text(doubles), DOUBLES]);
    }
    let env = environment(job, port);
    for (name, value) in &env {
        add(&["--setenv", name, value]);
    }
    let (command, doubles, collect) = (job.command.clone(), job.doubles.clone(), job.collect.clone());
    let forwards = job.forwards.iter().filter(|(port, _)| !doubles.contains(port)).cloned().collect();
    let inside = Inside { command, serve: port, forwards, doubles, collect };
    // A struct of texts and numbers has a JSON form.
    let inside = serde_json::to_string(&inside).unwrap_or_default();
    add(&["--remount-ro", "/", "--chdir", &job.folder, "--", PROGRAM, hidden::INSIDE, &inside]);
    all
}

/// What it may write in all: its layers, and what is collected. The warm folders of the branch's own commits are not counted.
fn quota(job: &Job) -> Quota {
    let out = job.places.iter().filter(|place| place.to == OUT).map(|place| place.from.clone());
    let folders = std::iter::once(job.scratch.join(LAYERS)).chain(out).collect();
    Quota { folders, most_mib: job.limits.disk_mib }
}

/// What the target declares, the port, and what any program expects.
fn environment(job: &Job, port: Option<u16>) -> BTreeMap<String, String> {
    let mut env = job.env.clone();
    env.entry("PATH".into()).or_insert_with(|| "/usr/local/bin:/usr/bin:/bin".into());
    env.entry("HOME".into()).or_insert_with(|| "/tmp".into());
    if let (Some(name), Some(port)) = (&job.serve, port) {
        env.insert(name.clone(), port.to_string());
    }
    env
}

impl RunSandboxed for Bubblewrap {
    fn start(&self, job: &Job, limit: Duration) -> Result<Started, SandboxError> {
        let taken =
            |port: &u16| job.doubles.contains(port) || job.forwards.iter().any(|(forwarded, _)| forwarded == port);
        let port = job.serve.as_ref().and_then(|_| (FIRST_PORT..).find(|port| !taken(port)));
        let link = Link::below(&job.scratch).map_err(SandboxError::of("make a folder to share"))?;
        let group = Cgroup::make(&link.name(), &job.limits);
        let prepare = || {
            let spec = self.prepare(job, &link, &group, port)?;
            let file = job.scratch.join(format!("{}.json", job.name));
            std::fs::write(&file, serde_json::to_vec(&spec)?)?;
            let locked = spec.overlays.into_iter().map(|overlay| overlay.work.join(LOCKED)).collect();
            Ok((file, locked))
        };
        let (file, locked): (_, Vec<PathBuf>) = prepare().map_err(SandboxError::of("prepare the sandbox"))?;
        let mut command = tokio::process::Command::new(&self.program);
        // bubblewrap itself is found by the path; nothing else of this process' environment goes on.
        command.arg(hidden::ENTER).arg(file).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        let (address, doubles) = (port.map(|_| Address::Socket(link.socket())), link.stands(&job.doubles));
        let stop = CancellationToken::new();
        let ended = process::start(command, limit, stop.clone(), quota(job))?;
        Ok(Started { address, doubles, stop, ended: Box::pin(judge(ended, link, group, locked)) })
    }
}

/// Tells a sandbox that did not stand from a command that failed.
async fn judge(
    ended: Kept<Result<Ended, SandboxError>>,
    link: Link,
    group: Cgroup,
    locked: Vec<PathBuf>,
) -> Result<Ended, SandboxError> {
    let mut ended = ended.await?;
    for reached in group.reached() {
        ended.stderr.push_str(&format!("sandbox: {reached}\n"));
    }
    locked.iter().for_each(|folder| unlock(folder));
    let stood = link.stood();
    match ended.exit {
        Exit::TimedOut | Exit::Stopped | Exit::OverDisk(_) | Exit::NoRoom => Ok(ended),
        _ if stood => Ok(ended),
        _ => {
            let words = ended.stderr.trim();
            let why = if words.is_empty() { ended.exit.to_string() } else { words.chars().take(600).collect() };
            Err(SandboxError::Unavailable { why })
        }
    }
}

#[cfg(test)]
mod tests;
