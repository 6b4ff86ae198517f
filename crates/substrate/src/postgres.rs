//! PostgreSQL.

use crate::process::{as_user, give_to};
use crate::{Owned, SubstrateError, free_port, io};
use nix::sys::signal::Signal;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to answer after its start; recovery after a crash is part of it.
const READY_S: u64 = 30;

/// A private server.
#[derive(Debug)]
pub struct Postgres {
    server: Owned,
    programs: PathBuf,
    folder: PathBuf,
    /// The port on loopback; also part of the socket's name.
    pub port: u16,
}

impl Postgres {
    /// Brings a server up in a folder, which is made and initialised when it is empty. `durable` waits for the disk at
    /// each commit; without it a crash of the machine loses data.
    ///
    /// # Errors
    /// When PostgreSQL is not there, or does not come up.
    pub fn start(folder: &Path, durable: bool) -> Result<Self, SubstrateError> {
        let programs = programs()?;
        prepare(folder)?;
        let data = folder.join("data");
        if !data.join("PG_VERSION").exists() {
            initialise(&programs, folder)?;
        }
        let port = free_port()?;
        let log = folder.join("server.log");
        let server = Owned::start(&arguments(&programs, folder, port, durable), Some(USER), &log, Signal::SIGINT)?;
        let mut postgres = Self { server, programs, folder: folder.to_owned(), port };
        postgres.wait(&log)?;
        Ok(postgres)
    }

    fn wait(&mut self, log: &Path) -> Result<(), SubstrateError> {
        let until = Instant::now() + Duration::from_secs(READY_S);
        while self.sql("postgres", "SELECT 1").is_err() {
            if Instant::now() > until || !self.server.is_running() {
                return Err(SubstrateError::NotReady { program: "postgres", seconds: READY_S, log: log.to_owned() });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The folder with the Unix socket `.s.PGSQL.<port>`.
    pub fn socket_folder(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The folder with the server's log in JSON (`*.json`).
    pub fn log_folder(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The server's pid.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The URL of a role over loopback.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL as the superuser, over the socket. The text goes through standard input, so that no secret is in `ps`.
    ///
    /// # Errors
    /// With what `psql` said.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, SubstrateError> {
        let failed = |output: String| SubstrateError::Failed { program: "psql".into(), output };
        let mut child = as_user(Some(USER))
            .arg(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", "-d", database, "-p"])
            .arg(self.port.to_string())
            .arg("-h")
            .arg(self.socket_folder())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io("start", "psql"))?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(sql.as_bytes()).map_err(io("write to", "psql"))?;
        }
        let output = child.wait_with_output().map_err(io("wait for", "psql"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(failed(tail(&output.stderr)))
    }
}

/// The user it runs as when the caller is root: it refuses root. Debian's package makes it.
const USER: &str = "postgres";

/// The folder of the newest installed version's programs.
///
/// # Errors
/// With how to get them.
pub fn programs() -> Result<PathBuf, SubstrateError> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    found.sort();
    let missing =
        SubstrateError::Missing { program: "PostgreSQL (15 or newer)", install: "apt-get install postgresql" };
    found.pop().map(|(_, bin)| bin).ok_or(missing)
}

fn prepare(folder: &Path) -> Result<(), SubstrateError> {
    for part in ["data", "socket", "log"] {
        let part = folder.join(part);
        std::fs::create_dir_all(&part).map_err(io("make", &part))?;
        give_to(&part, USER)?;
    }
    Ok(())
}

fn initialise(programs: &Path, folder: &Path) -> Result<(), SubstrateError> {
    let data = folder.join("data");
    let output = as_user(Some(USER))
        .arg(programs.join("initdb"))
        .args(["--no-sync", "--no-instructions", "--locale=C.UTF-8", "-E", "UTF8", "-A", "peer", "-D"])
        .arg(&data)
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(io("start", "initdb"))?;
    succeeded("initdb", &output)?;
    let access = data.join("pg_hba.conf");
    std::fs::write(&access, ACCESS).map_err(io("write", access))
}

/// Over the socket: members of the role `scratch` in the database of their own name without a password (that is how a
/// candidate in a sandbox gets in), and the superuser as the system's user. Over loopback: passwords.
const ACCESS: &str = "\
local sameuser +scratch trust\n\
local all all peer\n\
host all all 127.0.0.1/32 scram-sha-256\n";

fn arguments(programs: &Path, folder: &Path, port: u16, durable: bool) -> Vec<String> {
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

fn succeeded(program: &str, output: &Output) -> Result<(), SubstrateError> {
    if output.status.success() {
        return Ok(());
    }
    Err(SubstrateError::Failed { program: program.to_owned(), output: tail(&output.stderr) })
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.trim().lines().rev().take(6).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
