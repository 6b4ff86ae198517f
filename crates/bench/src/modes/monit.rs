//! The same failures beside Monit: a cycle a second, and as its remedy a script that does what the playbook does.

use super::cases::files::{crowded, fill};
use super::cases::services::moody;
use super::{Beside, Results, folder, pause};
use crate::stats::Spread;
use anyhow::{Context, ensure};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use testkit::failure::disk::SmallDisk;
use testkit::failure::memory::Hog;
use testkit::failure::port::{Manner, Taker};
use testkit::failure::process::{command, free_port};
use testkit::failure::server::Reply;

const PROGRAM: &str = "/usr/bin/monit";
/// The longest wait for a cure.
const PATIENCE: Duration = Duration::from_secs(60);
/// Monit's own start, and its first cycle.
const WARM: Duration = Duration::from_millis(2_500);

/// One failure under Monit's eyes: milliseconds until it is cured.
type Once = fn(&Path, Duration) -> anyhow::Result<f64>;

/// What both can watch, by the name of our own row.
const FAILURES: [(&str, Once); 5] = [
    ("model server gone", gone),
    ("endpoint hangs, with a backup", hangs),
    ("disk full", full),
    ("out of memory", grown),
    ("port taken by a stale instance", taken),
];

/// What is said where it was not measured.
pub(super) fn missing() -> Vec<String> {
    let is_there = Path::new(PROGRAM).exists();
    let why = "Monit is not installed (apt-get install monit), so nothing was measured beside it";
    if is_there { Vec::new() } else { vec![why.to_owned()] }
}

/// Measures what both can watch.
pub(super) fn beside(runs: u32, only: Option<&str>, results: &Results, work: &Path) -> anyhow::Result<Vec<Beside>> {
    if !Path::new(PROGRAM).exists() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for (name, once) in FAILURES.into_iter().filter(|(name, _)| only.is_none_or(|only| name.contains(only))) {
        let mut took = Vec::new();
        for at in 0..runs {
            took.push(once(folder(work)?.path(), pause(at)).with_context(|| format!("{name} under Monit"))?);
        }
        let own = results.modes.iter().filter(|one| one.name == name).flat_map(|one| &one.runs);
        let own: Vec<f64> = own.map(|run| run.noticed_ms + run.cured_ms).collect();
        println!("{name} under Monit: {took:.0?}");
        all.push(Beside { name: name.to_owned(), n: took.len(), monit: Spread::of(&took), ours: Spread::of(&own) });
    }
    Ok(all)
}

/// A running Monit; ends when it is dropped.
struct Monit(Child);

impl Monit {
    fn start(folder: &Path, checks: &str) -> anyhow::Result<Self> {
        let at = folder.display();
        let text = format!(
            "set daemon 1\nset pidfile {at}/monit.pid\nset statefile {at}/monit.state\nset idfile {at}/monit.id\nset logfile {at}/monit.log\n{checks}\n"
        );
        let file = folder.join("monitrc");
        std::fs::write(&file, text)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        let mut monit = Command::new(PROGRAM);
        monit.args(["-I", "-c"]).arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = monit.spawn().context("Monit does not start")?;
        std::thread::sleep(WARM);
        let ended = child.try_wait()?;
        ensure!(ended.is_none(), "Monit ended at once: {}", std::fs::read_to_string(folder.join("monit.log"))?);
        Ok(Self(child))
    }
}

impl Drop for Monit {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

fn script(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// From now until it is cured, milliseconds.
fn until(cured: impl Fn() -> bool) -> anyhow::Result<f64> {
    let begun = Instant::now();
    while !cured() {
        ensure!(begun.elapsed() < PATIENCE, "not cured within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

fn gone(folder: &Path, pause: Duration) -> anyhow::Result<f64> {
    let port = free_port();
    let words = command(port, folder);
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let pid_file = folder.join("pid");
    let start = format!("setsid {} >/dev/null 2>&1 &\necho $! > {}", quoted.join(" "), pid_file.display());
    let start = script(folder, "start", &start)?;
    ensure!(Command::new(&start).status()?.success(), "the server does not start");
    let is_up = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    until(is_up)?;
    let checks = format!(
        "check process model with pidfile {}\n  start program = \"{}\"\n  if failed host 127.0.0.1 port {port} protocol http request \"/api/tags\" with timeout 1 seconds then restart",
        pid_file.display(),
        start.display()
    );
    let monit = Monit::start(folder, &checks)?;
    std::thread::sleep(pause);
    end(&pid_file)?;
    let took = until(is_up);
    drop(monit);
    end(&pid_file)?;
    took
}

/// Kills the process that a pid file names, and waits until it is gone.
fn end(pid_file: &Path) -> anyhow::Result<()> {
    let pid: i32 = std::fs::read_to_string(pid_file)?.trim().parse()?;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL)?;
    until(|| testkit::failure::process::started(pid).is_none()).map(drop)
}

fn hangs(folder: &Path, pause: Duration) -> anyhow::Result<f64> {
    let ((primary, mood), (backup, _)) = (moody(), moody());
    let registry = folder.join("registry.json");
    std::fs::write(&registry, format!(r#"{{"at":"{}"}}"#, primary.base()))?;
    let text =
        format!("printf '{{\"at\":\"{}\"}}' > {at}.new && mv {at}.new {at}", backup.base(), at = registry.display());
    let switch = script(folder, "switch", &text)?;
    let (_, port) = primary.base().rsplit_once(':').map(|(a, b)| (a.to_owned(), b.to_owned())).context("a port")?;
    let checks = format!(
        "check host primary with address 127.0.0.1\n  if failed port {port} protocol http request \"/health\" with timeout 1 seconds for 3 cycles then exec \"{}\"",
        switch.display()
    );
    let monit = Monit::start(folder, &checks)?;
    std::thread::sleep(pause);
    *mood.lock().unwrap_or_else(PoisonError::into_inner) = Reply::Nothing;
    let took = until(|| std::fs::read_to_string(&registry).is_ok_and(|text| text.contains(&backup.base())));
    drop(monit);
    took
}

/// The script frees before it compresses: on a full disk gzip cannot write.
fn full(folder: &Path, pause: Duration) -> anyhow::Result<f64> {
    let small = SmallDisk::of(64 << 20);
    let disk = crowded(small.path(), folder)?;
    let (root, store) = (small.path().display(), folder.join("store").display().to_string());
    let text = format!(
        "rm -f {root}/tmp/*\nls -t {root}/snapshots | tail -n +3 | while read name; do cp -p {root}/snapshots/$name {store}/ && rm {root}/snapshots/$name; done\nfind {root}/logs -name '*.log' -mtime +7 -exec gzip {{}} +"
    );
    let clean = script(folder, "clean", &text)?;
    let checks =
        format!("check filesystem disk with path {root}\n  if space free < 12 MB then exec \"{}\"", clean.display());
    let monit = Monit::start(folder, &checks)?;
    std::thread::sleep(pause);
    fill(small.path());
    let took = until(|| small.free() >= disk.min_free_bytes);
    drop(monit);
    took
}

fn grown(folder: &Path, pause: Duration) -> anyhow::Result<f64> {
    let hog = Hog::start(folder, &[]);
    let ease = script(folder, "ease", &format!("touch {}", hog.lever_file("caches")))?;
    let pid_file = hog.pid_file();
    let checks =
        format!("check process hog with pidfile {pid_file}\n  if memory > 60 MB then exec \"{}\"", ease.display());
    let monit = Monit::start(folder, &checks)?;
    std::thread::sleep(pause);
    hog.want(&[("caches", 120)]);
    let grows = until(|| hog.resident_mib() > 60)?;
    let took = until(|| hog.resident_mib() <= 60);
    drop(monit);
    Ok(grows + took?)
}

/// The instance is given as long to answer as the playbook gives it. Nobody is at the port before, so the script is run each cycle.
fn taken(folder: &Path, pause: Duration) -> anyhow::Result<f64> {
    let (port, old) = (free_port().min(65_000), folder.join("pids/old.pid"));
    let text = format!("pid=$(sed -n 's/.*\"pid\":\\([0-9]*\\).*/\\1/p' {} 2>/dev/null) && kill $pid", old.display());
    let end = script(folder, "end", &text)?;
    let checks = format!(
        "check host target with address 127.0.0.1\n  if failed port {port} protocol http with timeout 3 seconds then exec \"{}\" repeat every 1 cycles",
        end.display()
    );
    let monit = Monit::start(folder, &checks)?;
    std::thread::sleep(pause);
    let _stale = Taker::instance(Manner::Hangs, port, &old, &serde_json::json!({ "port": port }));
    let _target = Taker::target(port, folder);
    let complaint = folder.join("complaint");
    let complains = until(|| complaint.exists())?;
    let took = until(|| !complaint.exists());
    drop(monit);
    Ok(complains + took?)
}
