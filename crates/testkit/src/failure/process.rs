//! A small server that is a process of its own, so that it can really be gone, hang from its start on, or be slow to come up.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use wire::runtime::Process;

/// Answers every `GET` with what it is. `hang` in its folder: it accepts and never answers; `slow`: it listens only after the
/// seconds that stand there; `broken`: it ends at once. Each start adds a line to `starts`.
const SERVER: &str = r#"
import http.server, json, os, sys, time
port, folder = int(sys.argv[1]), sys.argv[2]
there = lambda name: os.path.exists(os.path.join(folder, name))
open(os.path.join(folder, "starts"), "a").write(str(os.getpid()) + "\n")
if there("broken"):
    sys.exit("broken")
if there("slow"):
    time.sleep(float(open(os.path.join(folder, "slow")).read()))
hangs = there("hang")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if hangs:
            time.sleep(3600)
        own = {"pid": os.getpid(), "session": os.getsid(0), "environment": sorted(os.environ)}
        body = json.dumps(own).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer.daemon_threads = True
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"#;

/// The command that starts it on a port, with the folder of its moods.
pub fn command(port: u16, folder: &Path) -> Vec<String> {
    let words = ["/usr/bin/python3", "-S", "-c", SERVER];
    let mut command: Vec<String> = words.map(str::to_owned).to_vec();
    command.extend([port.to_string(), folder.display().to_string()]);
    command
}

/// A port of loopback that is free now.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    crate::listener().0.local_addr().expect("an address").port()
}

/// Ends the process that a pid file names when it is dropped, so that a test leaves none behind.
#[derive(Debug)]
pub struct EndsWithTest(pub PathBuf);

impl Drop for EndsWithTest {
    fn drop(&mut self) {
        let noted = std::fs::read(&self.0).ok().and_then(|text| serde_json::from_slice::<Process>(&text).ok());
        if let Some(noted) = noted.filter(|noted| started(noted.pid) == Some(noted.started)) {
            let _sent = kill(Pid::from_raw(noted.pid), Signal::SIGKILL);
        }
    }
}

/// When a process was started, in the kernel's ticks; none where it does not run.
pub fn started(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let is_there = !matches!(fields.next()?, "Z" | "X");
    fields.nth(18)?.parse().ok().filter(|_| is_there)
}
