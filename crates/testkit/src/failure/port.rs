//! A port that is really taken, by another process; and a target that wants it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that listens, or wants to. Killed when it is dropped.
pub struct Taker {
    child: Child,
}

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Answers each request with its pid.
    Answers,
    /// Takes connections and never answers.
    Hangs,
    /// As `Hangs`, and does not end when it is told to.
    Clings,
}

impl Taker {
    /// A stranger at a port: it is in nobody's pid files.
    pub fn stranger(port: u16) -> Self {
        Self::of(Manner::Answers, port, None)
    }

    /// An instance with a pid file, which says what stands in `says` beside its pid and start time.
    pub fn instance(manner: Manner, port: u16, pid_file: &Path, says: &serde_json::Value) -> Self {
        Self::of(manner, port, Some((pid_file, says)))
    }

    /// A target that goes where its registry says, writes its pid file, and complains while it cannot bind. It follows the
    /// registry while it runs.
    pub fn target(preferred: u16, folder: &Path) -> Self {
        Self::started(&["target", &preferred.to_string(), &folder.display().to_string()])
    }

    /// Its pid.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    fn of(manner: Manner, port: u16, file: Option<(&Path, &serde_json::Value)>) -> Self {
        let manner = format!("{manner:?}").to_lowercase();
        let taker = Self::started(&[&manner, &port.to_string()]);
        if let Some((path, says)) = file {
            let mut says = says.clone();
            let fields = says.as_object_mut().expect("an object");
            fields.insert("pid".into(), taker.pid().into());
            fields.insert("started".into(), super::process::started(taker.pid()).expect("its start time").into());
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, says.to_string()).expect("written");
        }
        taker
    }

    fn started(arguments: &[&str]) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-S", "-c", TAKER]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let mut said = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut said).expect("what it says");
        assert_eq!(said.trim(), "ready", "another process does not come up: {arguments:?}");
        Self { child }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

const TAKER: &str = r#"
import json, os, select, signal, socket, sys, time
manner, port = sys.argv[1], int(sys.argv[2])
def bound(port):
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
    except OSError:
        return None
    taken.listen()
    return taken
def answer(listener):
    if not select.select([listener], [], [], 0.01)[0]:
        return
    caller = listener.accept()[0]
    body = str(os.getpid()).encode()
    caller.recv(1000)
    caller.sendall(b"HTTP/1.0 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    caller.close()
if manner != "target":
    if manner == "clings":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    listener = bound(port)
    print("ready" if listener else "taken", flush=True)
    while True:
        answer(listener) if manner == "answers" else time.sleep(1)
folder = sys.argv[3]
def path(name):
    return os.path.join(folder, name)
def wanted():
    try:
        return int(json.load(open(path("registry.json")))["at"].split(":")[1])
    except (OSError, ValueError):
        return port
def write(name, what):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    json.dump(what, open(path(name + ".new"), "w"))
    os.rename(path(name + ".new"), path(name))
stat = open("/proc/self/stat").read()
started = int(stat[stat.rindex(")") + 2:].split()[19])
print("ready", flush=True)
listener, at = None, None
while True:
    if listener and wanted() == at:
        answer(listener)
        continue
    if listener:
        listener.close()
    at = wanted()
    listener = bound(at)
    write("pids/target.pid", {"pid": os.getpid(), "started": started, "port": at})
    if listener:
        if os.path.exists(path("complaint")):
            os.remove(path("complaint"))
    else:
        write("complaint", {"port": at})
        time.sleep(0.01)
"#;
