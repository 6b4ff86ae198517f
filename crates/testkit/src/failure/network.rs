//! A network that can really be cut: two namespaces joined by a cable, with a service and a name server at the far end. The near
//! one has no way out but the cable.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The far end.
const FAR: &str = "10.213.7.2";
/// The longest that a cable takes to be up.
const JOINS: Duration = Duration::from_secs(10);
const NEAR: &str = "10.213.7.1";
const NAMES: &str = "/run/netns";
/// So many were made by this process.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The two ends. They are removed when it is dropped.
pub struct Network {
    id: String,
    resolv: tempfile::NamedTempFile,
    /// Where the service listens.
    port: u16,
    has_names: Arc<AtomicBool>,
}

impl Network {
    /// Makes it.
    ///
    /// # Panics
    /// Where that is not permitted (it takes root and `ip`): then nothing about a cut network can be shown here.
    pub fn new() -> Self {
        let id = format!("{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst));
        sweep();
        let resolv = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(resolv.path(), format!("nameserver {FAR}\noptions timeout:1 attempts:1\n")).expect("written");
        let mut network = Self { id, resolv, port: 0, has_names: Arc::new(AtomicBool::new(true)) };
        let (near, far) = (network.name("near"), network.name("far"));
        ip(&["netns", "add", &near]);
        ip(&["netns", "add", &far]);
        ip(&["-n", &near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", &far]);
        for (end, address) in [(&near, NEAR), (&far, FAR)] {
            ip(&["-n", end, "address", "add", &format!("{address}/24"), "dev", "cable"]);
            ip(&["-n", end, "link", "set", "lo", "up"]);
            ip(&["-n", end, "link", "set", "cable", "up"]);
        }
        let (service, names) = inside(&far, || {
            let service = TcpListener::bind((FAR, 0)).expect("a listener at the far end");
            (service, UdpSocket::bind((FAR, 53)).expect("a name server at the far end"))
        });
        network.port = service.local_addr().expect("an address").port();
        let has_names = Arc::clone(&network.has_names);
        thread::spawn(move || service.incoming().for_each(drop));
        thread::spawn(move || serve_names(&names, &has_names));
        network.near(|| network.until_joined());
        network
    }

    /// A cable is not up the moment it is plugged in.
    fn until_joined(&self) {
        let far = self.by_address().parse().expect("an address");
        let until = Instant::now() + JOINS;
        while let Err(error) = TcpStream::connect_timeout(&far, JOINS) {
            assert!(Instant::now() < until, "the cable does not come up: {error}");
            thread::yield_now();
        }
    }

    /// The service at the far end, by its address.
    pub fn by_address(&self) -> String {
        format!("{FAR}:{}", self.port)
    }

    /// The same by a name.
    pub fn by_name(&self) -> String {
        format!("far.example:{}", self.port)
    }

    /// Does something at the near end, with the far end's name server.
    ///
    /// # Panics
    /// When it does.
    pub fn near<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let resolv = self.resolv.path();
        inside(&self.name("near"), || {
            unshare(CloneFlags::CLONE_NEWNS).expect("a mount namespace of its own");
            let none: Option<&str> = None;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).expect("private mounts");
            mount(Some(resolv), "/etc/resolv.conf", none, MsFlags::MS_BIND, none).expect("the name server");
            work()
        })
    }

    /// Pulls the cable at the near end (there is no way any more), or at the far end (nobody answers any more).
    pub fn cut(&self, at_near: bool) {
        ip(&["-n", &self.name(if at_near { "near" } else { "far" }), "link", "set", "cable", "down"]);
    }

    /// Plugs it in again.
    pub fn join(&self) {
        for end in ["near", "far"] {
            ip(&["-n", &self.name(end), "link", "set", "cable", "up"]);
        }
    }

    /// Whether the name server answers.
    pub fn set_names(&self, on: bool) {
        self.has_names.store(on, Ordering::SeqCst);
    }

    fn name(&self, end: &str) -> String {
        format!("kintsugi-{}-{end}", self.id)
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for end in ["near", "far"] {
            let _removed = Command::new("ip").args(["netns", "del", &self.name(end)]).stderr(Stdio::null()).status();
        }
    }
}

/// Runs on a thread within a namespace: what it starts there is within, too.
fn inside<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let within = scope.spawn(move || {
            let file = File::open(Path::new(NAMES).join(name)).expect("the namespace");
            setns(file, CloneFlags::CLONE_NEWNET).expect("it may be entered");
            work()
        });
        within.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Removes what a run that was killed left behind.
fn sweep() {
    for entry in std::fs::read_dir(NAMES).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("kintsugi-").and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
            let _removed = Command::new("ip").args(["netns", "del", &name]).stderr(Stdio::null()).status();
        }
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("`ip` (iproute2) is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a network cannot be made here (it takes root): ip {arguments:?}: {said}");
}

/// Every name is the far end (RFC 1035, section 4.1); for other types than A there is no record.
fn serve_names(socket: &UdpSocket, has_names: &AtomicBool) {
    let mut query = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut query) {
        let Some(question) = query.get(12..length).and_then(question) else { continue };
        if !has_names.load(Ordering::SeqCst) {
            continue;
        }
        let is_a = question.get(question.len() - 4..) == Some(&[0, 1, 0, 1]);
        let mut answer = query.get(..2).unwrap_or_default().to_vec();
        answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
        answer.extend(question);
        if is_a {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
            answer.extend(FAR.split('.').map(|part| part.parse::<u8>().expect("an address")));
        }
        let _sent = socket.send_to(&answer, from);
    }
}

/// The question's name, type and class.
fn question(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    bytes.get(..end + 5)
}
