//! A process that really has as much memory as it is told, with parts that it gives back when a lever is pulled; and a control
//! group in which the kernel ends it.

use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Holds what `want` says (`{"NAME": MiB}`), apart from what the lever of that name eases: a file `NAME.off`, or `PUT /NAME`.
const HOG: &str = r#"
import http.server, json, os, sys, threading, time
port, folder = int(sys.argv[1]), sys.argv[2]
path = lambda name: os.path.join(folder, name)
eased, held = {}, {}
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = json.dumps({"on": eased.get(self.path[1:], False)}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer()
    def do_PUT(self):
        eased[self.path[1:]] = json.loads(self.rfile.read(int(self.headers["content-length"])))["on"]
        self.answer()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
open(path("pid.new"), "w").write(str(os.getpid()))
os.rename(path("pid.new"), path("pid"))
while True:
    try:
        want = json.load(open(path("want")))
    except (OSError, ValueError):
        want = {}
    for name in set(want) | set(held):
        is_eased = eased.get(name, False) or os.path.exists(path(name + ".off"))
        mib = 0 if is_eased else want.get(name, 0)
        if len(held.get(name, b"")) != mib << 20:
            held.pop(name, None)
            held[name] = b"x" * (mib << 20)
    time.sleep(0.01)
"#;

/// The process; it ends when it is dropped.
pub struct Hog {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Hog {
    /// Starts it; its files are in the folder.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(folder: &Path, want: &[(&str, u64)]) -> Self {
        let port = super::process::free_port();
        set(folder, want);
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-S", "-c", HOG]).arg(port.to_string()).arg(folder).stdin(Stdio::null());
        Self { child: command.spawn().expect("python3 starts"), folder: folder.to_owned(), port }
    }

    /// It is to have so many MiB for each of its parts.
    pub fn want(&self, want: &[(&str, u64)]) {
        set(&self.folder, want);
    }

    /// The file with its pid.
    pub fn pid_file(&self) -> String {
        self.folder.join("pid").display().to_string()
    }

    /// The file that eases a part.
    pub fn lever_file(&self, part: &str) -> String {
        self.folder.join(format!("{part}.off")).display().to_string()
    }

    /// The address that eases a part.
    pub fn lever_url(&self, part: &str) -> String {
        format!("http://127.0.0.1:{}/{part}", self.port)
    }

    /// What it has now, MiB, rounded up.
    ///
    /// # Panics
    /// When it does not run.
    pub fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it runs");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib.div_ceil(1024)
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// When the kernel does not tell.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("our child").is_some()
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _noted = self.child.wait();
    }
}

fn set(folder: &Path, want: &[(&str, u64)]) {
    let want: serde_json::Map<_, _> = want.iter().map(|(part, mib)| ((*part).to_owned(), json!(mib))).collect();
    let new = folder.join("want.new");
    std::fs::write(&new, serde_json::to_vec(&want).expect("JSON")).expect("written");
    std::fs::rename(new, folder.join("want")).expect("renamed");
}

/// A control group with a limit; it is removed when it is dropped, once nothing is in it.
pub struct Group(PathBuf);

impl Group {
    /// Makes one of so many MiB.
    ///
    /// # Panics
    /// Where that is not permitted (it takes root): then no process can be ended by the kernel here.
    pub fn new(mib: u64) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("kintsugi-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst));
        let (first, second) = (Path::new("/sys/fs/cgroup/memory"), Path::new("/sys/fs/cgroup"));
        let (root, limit) = if first.exists() { (first, "memory.limit_in_bytes") } else { (second, "memory.max") };
        let folder = root.join(name);
        std::fs::create_dir(&folder).expect("a control group may be made (it takes root)");
        let group = Self(folder);
        std::fs::write(group.0.join(limit), (mib << 20).to_string()).expect("the group has a limit of memory");
        group
    }

    /// Its folder.
    pub fn folder(&self) -> String {
        self.0.display().to_string()
    }

    /// Puts a process into it.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn put(&self, pid: u32) {
        std::fs::write(self.0.join("cgroup.procs"), pid.to_string()).expect("the process is put into the group");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir(&self.0);
    }
}
