//! The files and the arguments of a private server.

use crate::process::{as_user, give_to};
use crate::{SubstrateError, io};
use std::path::Path;
use std::process::Stdio;

pub(super) fn prepare(folder: &Path, user: &'static str) -> Result<(), SubstrateError> {
    for part in ["data", "socket", "log"] {
        let part = folder.join(part);
        std::fs::create_dir_all(&part).map_err(io("make", &part))?;
        give_to(&part, user)?;
    }
    Ok(())
}

pub(super) fn initialise(programs: &Path, folder: &Path, user: &str) -> Result<(), SubstrateError> {
    let data = folder.join("data");
    let output = as_user(Some(user))
        .arg(programs.join("initdb"))
        .args(["--no-sync", "--no-instructions", "--locale=C.UTF-8", "-E", "UTF8", "-A", "peer", "-D"])
        .arg(&data)
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(io("start", "initdb"))?;
    super::succeeded("initdb", &output)?;
    let access = data.join("pg_hba.conf");
    std::fs::write(&access, ACCESS).map_err(io("write", access))
}

/// Over the socket: members of the role `scratch` in the database of their own name without a password (that is how a
/// candidate in a sandbox gets in), and the superuser as the system's user. Over loopback: passwords.
const ACCESS: &str = "\
local sameuser +scratch trust\n\
local all all peer\n\
host all all 127.0.0.1/32 scram-sha-256\n";

pub(super) fn arguments(programs: &Path, folder: &Path, port: u16, durable: bool) -> Vec<String> {
    let path = |part: &str| folder.join(part).display().to_string();
    let mut arguments = vec![
        programs.join("postgres").display().to_string(),
        "-D".into(),
        path("data"),
        "-p".into(),
        port.to_string(),
        "-k".into(),
        path("socket"),
    ];
    let log = format!("log_directory={}", path("log"));
    let settings = [
        "listen_addresses=127.0.0.1",
        "shared_buffers=32MB",
        "max_connections=100",
        "logging_collector=on",
        "log_destination=jsonlog",
        "log_filename=postgresql-%Y%m%d-%H%M%S.log",
        "log_rotation_size=32MB",
        &log,
    ];
    let fast = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
    let settings = settings.into_iter().chain(fast.into_iter().filter(|_| !durable));
    arguments.extend(settings.flat_map(|setting| ["-c".to_owned(), setting.to_owned()]));
    arguments
}
