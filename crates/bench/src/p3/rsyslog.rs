//! A peer: rsyslog follows a file and sends the lines with the marker on over TCP.

use super::arrivals::{Arrivals, numbers};
use crate::child::{self, Killed};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The way of a line until rsyslog's word of it is here.
pub(super) const SENT: &str = "sent";

/// A running rsyslog; it ends when dropped.
#[derive(Debug)]
pub(super) struct Rsyslog {
    _child: Killed,
}

impl Rsyslog {
    /// None where it is not installed.
    pub(super) fn start(file: &Path, folder: &Path, arrivals: Arrivals) -> anyhow::Result<Option<Self>> {
        let Some(program) = child::find("rsyslogd") else { return Ok(None) };
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let settings = folder.join("rsyslog.conf");
        std::fs::write(&settings, configuration(file, folder, listener.local_addr()?.port()))?;
        let mut command = Command::new(program);
        command.arg("-n").arg("-f").arg(&settings).arg("-i").arg(folder.join("rsyslog.pid"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (mut reader, mut line) = (BufReader::new(socket), Vec::new());
                while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                    let at = Instant::now();
                    numbers(&line).into_iter().for_each(|line| arrivals.note((SENT, line), at));
                    line.clear();
                }
            }
        });
        Ok(Some(Self { _child: Killed(child) }))
    }
}

fn configuration(file: &Path, folder: &Path, port: u16) -> String {
    let (file, folder) = (file.display(), folder.display());
    format!(
        r#"global(workDirectory="{folder}")
module(load="imfile" mode="inotify")
template(name="bare" type="string" string="%msg%\n")
ruleset(name="on") {{
  if $msg contains "BENCH_FAULT" then action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="bare")
}}
input(type="imfile" file="{file}" tag="bench" ruleset="on")
"#
    )
}
