//! A start that is really slow: one of its phases waits for an answer that does not come.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A target that starts: `schema`, then `warm`, which waits for a byte of somebody else, then `serve`. While the file of the
/// lever `skip` is there, `warm` goes on in the background. Killed when it is dropped.
pub struct Start {
    child: Child,
}

impl Start {
    /// Begins to start, with the report, and the lever's file, in a folder.
    pub fn begin(folder: &Path, upstream: SocketAddr) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-S", "-c", START]).arg(folder).arg(upstream.port().to_string()).stdin(Stdio::null());
        Self { child: command.spawn().expect("a process") }
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }
}

impl Drop for Start {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Somebody who takes connections, and answers only when it is asked to.
pub fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("its address");
    (listener, at)
}

const START: &str = r#"
import datetime, json, os, socket, sys, threading, time
folder, port = sys.argv[1], int(sys.argv[2])
def report(phase, state):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    with open(os.path.join(folder, "boot.jsonl"), "a") as file:
        file.write(json.dumps({"phase": phase, "state": state, "at": now}) + "\n")
def warm():
    socket.create_connection(("127.0.0.1", port)).recv(1)
    report("warm", "ended")
report("schema", "begun")
report("schema", "ended")
report("warm", "begun")
waiting = threading.Thread(target=warm, daemon=True)
waiting.start()
while waiting.is_alive():
    if os.path.exists(os.path.join(folder, "skip")):
        report("warm", "left")
        break
    waiting.join(0.005)
report("serve", "begun")
report("serve", "ended")
while True:
    time.sleep(1)
"#;
