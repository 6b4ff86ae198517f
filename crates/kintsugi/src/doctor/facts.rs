//! What is so on this machine. Reads and asks, changes nothing.

use super::holders;
use crate::stack::{about::About, local, ports};
use nix::sys::resource::{Resource, getrlimit};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The facts.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Programs that are there, with their version.
    pub programs: BTreeMap<String, String>,
    /// What `rustc --version` says, when cargo is there too.
    pub rustc: Option<String>,
    /// Whether the sandbox's namespaces can be made.
    pub sandbox: Result<(), String>,
    /// Whether a security module keeps users from namespaces.
    pub apparmor_restricts: bool,
    /// Whether the kernel's setting does.
    pub sysctl_forbids: bool,
    /// Whether all crates are on this machine.
    pub crates: Result<(), String>,
    /// Services whose program is not there.
    pub not_built: Vec<String>,
    /// The documented ports.
    pub ports: Vec<Port>,
    /// Where the stack's files are.
    pub disk_free_mib: Option<u64>,
    /// Memory that can be had.
    pub memory_free_mib: Option<u64>,
    /// The limit of open files.
    pub open_files: u64,
    /// The folder of the model's weights.
    pub model: Option<String>,
    /// Whether this is root.
    pub root: bool,
}

/// A documented port.
#[derive(Debug, Clone)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Whose it is.
    pub name: String,
    /// Who listens there.
    pub holder: Option<Holder>,
}

/// Who listens on a port.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Its pid, when it can be seen.
    pub pid: Option<u32>,
    /// For people.
    pub who: String,
    /// Whether it belongs to the stack of this folder.
    pub ours: bool,
}

impl Facts {
    /// Looks at everything.
    pub fn gather(home: &Path) -> Self {
        let reads_zero = |path: &str| std::fs::read_to_string(path).is_ok_and(|text| text.trim() == "0");
        Self {
            programs: programs(),
            rustc: version_of("cargo", "--version").and_then(|_| version_of("rustc", "--version")),
            sandbox: sandbox(),
            apparmor_restricts: Path::new("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").exists()
                && !reads_zero("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            sysctl_forbids: reads_zero("/proc/sys/kernel/unprivileged_userns_clone"),
            crates: crates(),
            not_built: not_built(),
            ports: documented_ports(home),
            disk_free_mib: disk(home),
            memory_free_mib: memory(),
            open_files: getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft),
            model: crate::stack::services::model(home).map(|path| path.display().to_string()),
            root: nix::unistd::geteuid().is_root(),
        }
    }
}

/// The first line of what a program says, or none when it is not there.
fn version_of(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(std::process::Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or("there").trim().to_owned())
}

fn programs() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for program in ["git", "cc", "make", "psql", "setpriv", "bwrap", "python3", "node", "chromium"] {
        found.extend(version_of(program, "--version").map(|told| (program.to_owned(), told)));
    }
    if let Some(chrome) = ["google-chrome", "chromium-browser"].iter().find_map(|name| version_of(name, "--version")) {
        found.entry("chromium".to_owned()).or_insert(chrome);
    }
    found.extend(ssh().map(|told| ("ssh".to_owned(), told)));
    // Debian keeps these away from the PATH.
    let sshd = Path::new("/usr/sbin/sshd");
    if sshd.exists() {
        found.insert("sshd".to_owned(), sshd.display().to_string());
    }
    if let Ok(folder) = substrate::postgres::programs() {
        found.insert("initdb".to_owned(), folder.display().to_string());
        let client = folder.join("psql");
        if client.exists() {
            found.entry("psql".to_owned()).or_insert_with(|| client.display().to_string());
        }
    }
    if let Ok(program) = substrate::redis::program() {
        let told = version_of(&program.display().to_string(), "--version");
        found.insert("redis-server".to_owned(), told.unwrap_or_else(|| program.display().to_string()));
    }
    found
}

/// It tells its version in its own way, and where others complain.
fn ssh() -> Option<String> {
    let output = Command::new("ssh").arg("-V").stdin(std::process::Stdio::null()).output().ok()?;
    Some(first_line(&output.stderr, "there"))
}

/// Makes the namespaces that the sandbox needs, for a moment.
fn sandbox() -> Result<(), String> {
    let mut command = Command::new("bwrap");
    command.args([
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "true",
    ]);
    match command.stdin(std::process::Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("bwrap is not there to try it".to_owned()),
        Err(error) => Err(format!("bwrap cannot be started: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(first_line(&output.stderr, "bwrap failed without a word")),
    }
}

fn crates() -> Result<(), String> {
    for manifest in std::iter::once(PathBuf::from("Cargo.toml")).chain(targets_manifests()) {
        if !manifest.exists() {
            return Err(format!("{} is not here: run this in a checkout of Kintsugi", manifest.display()));
        }
        let mut command = Command::new("cargo");
        command.args(["metadata", "--offline", "--locked", "--format-version", "1", "--manifest-path"]).arg(&manifest);
        let output = command.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
        if !output.status.success() {
            return Err(first_line(&output.stderr, "cargo metadata failed without a word"));
        }
    }
    Ok(())
}

/// The manifests of the watched targets that cargo builds.
fn targets_manifests() -> Vec<PathBuf> {
    let targets = local::load(Path::new(".")).unwrap_or_default().targets;
    targets.into_iter().map(|target| target.source.join("Cargo.toml")).filter(|path| path.exists()).collect()
}

fn first_line(bytes: &[u8], otherwise: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or(otherwise).trim().to_owned()
}

fn not_built() -> Vec<String> {
    let own = std::env::current_exe().ok();
    let folder = own.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let services = ports::Ports::services().map(|service| service.to_string());
    let companions = local::load(Path::new(".")).unwrap_or_default().targets.into_iter().flat_map(|one| one.companions);
    let programs = services.chain(companions.map(|companion| companion.program));
    programs.filter(|name| !folder.join(name).exists()).collect()
}

fn documented_ports(home: &Path) -> Vec<Port> {
    let stack = About::read(home).map(|about| about.pid);
    let services = ports::DOCUMENTED.iter().map(|(service, port)| (service.to_string(), *port));
    let companions = local::load(Path::new(".")).unwrap_or_default().targets.into_iter().flat_map(|one| one.companions);
    let companions = companions.map(|companion| (companion.name, companion.port));
    let all = services.chain(companions);
    all.map(|(name, number)| Port { number, name, holder: holders::of(number, stack) }).collect()
}

fn disk(home: &Path) -> Option<u64> {
    let there = home.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let told = nix::sys::statvfs::statvfs(there).ok()?;
    Some(told.blocks_available().checked_mul(told.fragment_size())? >> 20)
}

fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? >> 10)
}
