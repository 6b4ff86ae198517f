//! `sandbox-inside`: beside the command in the sandbox it carries bytes between its sockets and the outside; after the
//! command it collects the outputs. Its exit code is the command's.

use super::spec::{DOUBLES, Inside, LINK, LINK_SOCKET, LINK_STARTED, double_of};
use super::{OUT, SOURCE, collect, forward};
use anyhow::Context;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a shell says when a command cannot be found or run.
const NOT_RUN: i32 = 127;

pub(crate) fn run(spec: &str) -> anyhow::Result<i32> {
    let spec: Inside = serde_json::from_str(spec).context("cannot understand what to run")?;
    // The command has the same user: it must not reach into this process and end it with a code of its choice.
    nix::sys::prctl::set_dumpable(false).context("cannot close this process")?;
    let link = Path::new(LINK);
    for (port, socket) in spec.forwards {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on the declared port {port}"))?;
        forward::to_socket(listener, socket.into());
    }
    for port in spec.doubles {
        forward::to_double(port, Path::new(DOUBLES).join(double_of(port)), link.join(double_of(port)));
    }
    if let Some(port) = spec.serve {
        let listener = UnixListener::bind(link.join(LINK_SOCKET)).context("cannot listen for the verifier")?;
        forward::to_port(listener, port);
    }
    std::fs::write(link.join(LINK_STARTED), "").context("cannot say that the sandbox stands")?;
    let code = spec.command.split_first().map_or(0, |(program, arguments)| command(program, arguments));
    if code == 0 {
        collect::collect(&spec.collect, Path::new(SOURCE), Path::new(OUT))?;
    }
    Ok(code)
}

fn command(program: &str, arguments: &[String]) -> i32 {
    match Command::new(program).args(arguments).stdin(Stdio::null()).status() {
        Ok(status) => status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(NOT_RUN),
        Err(error) => {
            eprintln!("cannot run {program}: {error}");
            NOT_RUN
        }
    }
}
