//! The contenders as the row sees them: a process, where it listens, and how it is told to publish.

use super::frame_data;
use crate::child;
use anyhow::Context;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to answer.
const READY: Duration = Duration::from_secs(10);
/// Debian's module.
const NCHAN: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// A server; it ends when dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    /// The process that serves.
    pub(super) pid: u32,
    child: Child,
    order: Order,
}

#[derive(Debug)]
enum Order {
    Pipe(ChildStdin),
    /// A connection for `POST`, and how many messages were posted.
    Post(TcpStream, i64),
}

impl Server {
    /// One of this crate's own.
    pub(super) fn own(name: &'static str, part: &str) -> anyhow::Result<Self> {
        let mut command = child::own(&[part])?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take().context("no input")?, child.stdout.take().context("no output")?);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("{name} said {line:?}"))?;
        Ok(Self { name, address, pid: child.id(), child, order: Order::Pipe(input) })
    }

    /// nginx with nchan; none where they are not installed.
    pub(super) fn nchan(name: &'static str, folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(nginx) = child::find("nginx").filter(|_| Path::new(NCHAN).exists()) else { return Ok(None) };
        let port = substrate::free_port()?;
        let settings = folder.join("nginx.conf");
        std::fs::write(&settings, configuration(port, folder))?;
        let child = Command::new(nginx)
            .arg("-c")
            .arg(&settings)
            .arg("-p")
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let until = Instant::now() + READY;
        let socket = loop {
            match TcpStream::connect(address) {
                Ok(socket) => break socket,
                Err(error) => anyhow::ensure!(Instant::now() < until, "nginx does not listen: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut answers = socket.try_clone()?;
        // Read and forgotten: publishing does not wait for them.
        std::thread::spawn(move || while answers.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {});
        let pid = worker(child.id()).context("nginx has no worker")?;
        Ok(Some(Self { name, address, pid, child, order: Order::Post(socket, 0) }))
    }

    /// Has so many frames published and does not wait.
    pub(super) fn publish(&mut self, frames: usize) -> anyhow::Result<()> {
        match &mut self.order {
            Order::Pipe(input) => writeln!(input, "P {frames}")?,
            Order::Post(socket, count) => {
                let mut requests = Vec::new();
                for _ in 0..frames {
                    *count += 1;
                    let body = frame_data(*count);
                    write!(
                        requests,
                        "POST /publish HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    )?;
                }
                socket.write_all(&requests)?;
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A master that is asked ends its workers, too.
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX));
        let _gone = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let until = Instant::now() + READY;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn worker(master: u32) -> Option<u32> {
    let until = Instant::now() + READY;
    while Instant::now() < until {
        let children = std::fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap_or_default();
        if let Some(pid) = children.split_whitespace().next().and_then(|pid| pid.parse().ok()) {
            return Some(pid);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

fn configuration(port: u16, folder: &Path) -> String {
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let folder = folder.display();
    format!(
        "{user} daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/nginx.pid;
error_log {folder}/nginx.log; load_module {NCHAN};
events {{ worker_connections 15000; }}
http {{
  access_log off; keepalive_requests 1000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /stream {{ nchan_subscriber eventsource; nchan_channel_id all; nchan_subscriber_first_message newest; }}
    location = /publish {{ nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 100; nchan_message_timeout 60s; }}
  }}
}}
"
    )
}
