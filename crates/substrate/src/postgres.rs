//! PostgreSQL.

mod private;

use crate::elsewhere::Elsewhere;
use crate::process::as_user;
use crate::{Owned, SubstrateError, free_port, io};
use nix::sys::signal::Signal;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to answer after its start; recovery after a crash is part of it.
const READY_S: u64 = 30;

/// How long a connection to a server of somebody else may take, seconds.
const CONNECT_S: &str = "5";

/// A server: a private one that ends with us, or one that somebody else runs.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Owned>,
    programs: PathBuf,
    access: Access,
    socket: PathBuf,
    log: PathBuf,
    /// The port; also part of the socket's name.
    pub port: u16,
}

/// How the superuser gets in.
#[derive(Debug)]
enum Access {
    /// Over the socket, as the system's user.
    Socket,
    /// Over TCP, with a password.
    Password(Elsewhere),
}

impl Postgres {
    /// Brings a server up in a folder, which is made and initialised when it is empty. `durable` waits for the disk at
    /// each commit; without it a crash of the machine loses data.
    ///
    /// # Errors
    /// When PostgreSQL is not there, or does not come up.
    pub fn start(folder: &Path, durable: bool) -> Result<Self, SubstrateError> {
        let programs = programs()?;
        private::prepare(folder, USER)?;
        let data = folder.join("data");
        if !data.join("PG_VERSION").exists() {
            private::initialise(&programs, folder, USER)?;
        }
        let port = free_port()?;
        let log = folder.join("server.log");
        let server =
            Owned::start(&private::arguments(&programs, folder, port, durable), Some(USER), &log, Signal::SIGINT)?;
        let (socket, own_log) = (folder.join("socket"), folder.join("log"));
        let mut postgres = Self { server: Some(server), programs, access: Access::Socket, socket, log: own_log, port };
        postgres.wait(&log)?;
        Ok(postgres)
    }

    /// A server that somebody else runs on this machine, as its superuser reaches it. It is used, never started or ended.
    ///
    /// # Errors
    /// When it does not answer or `psql` is not there.
    pub fn of(elsewhere: Elsewhere) -> Result<Self, SubstrateError> {
        let (programs, port) = (programs()?, elsewhere.port);
        let nowhere = PathBuf::new();
        let access = Access::Password(elsewhere);
        let mut postgres = Self { server: None, programs, access, socket: nowhere.clone(), log: nowhere, port };
        let show = |what: &str| postgres.sql("postgres", &format!("SHOW {what}"));
        let socket = show("unix_socket_directories")?.split(',').next().map(|folder| PathBuf::from(folder.trim()));
        let log = Path::new(&show("data_directory")?).join(show("log_directory")?);
        (postgres.socket, postgres.log) = (socket.unwrap_or_default(), log);
        Ok(postgres)
    }

    /// Why its statement log cannot be read as evidence, if it cannot.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn log_problem(&self) -> Result<Option<String>, SubstrateError> {
        let json = self.sql("postgres", "SHOW log_destination")?.contains("jsonlog");
        let collected = self.sql("postgres", "SHOW logging_collector")? == "on";
        if !json || !collected {
            let mend = "ALTER SYSTEM SET log_destination = 'jsonlog'; ALTER SYSTEM SET logging_collector = on;";
            return Ok(Some(format!("it writes no JSON log: run `{mend}` and restart it")));
        }
        let unreadable = std::fs::read_dir(&self.log).err();
        Ok(unreadable.map(|error| format!("its log folder {} cannot be read: {error}", self.log.display())))
    }

    /// Starts the private server again when it has ended, with all that is in its folder. Answers whether it had.
    ///
    /// # Errors
    /// When it does not come up; what is left of the one that ended may still hold its memory, so try again.
    pub fn revive(&mut self) -> Result<bool, SubstrateError> {
        let Some(server) = &mut self.server else { return Ok(false) };
        let (ended, log) = (server.revive()?, server.log().to_owned());
        if ended {
            self.wait(&log)?;
        }
        Ok(ended)
    }

    fn wait(&mut self, log: &Path) -> Result<(), SubstrateError> {
        let until = Instant::now() + Duration::from_secs(READY_S);
        while self.sql("postgres", "SELECT 1").is_err() {
            if Instant::now() > until || !self.server.as_mut().is_some_and(Owned::is_running) {
                return Err(SubstrateError::NotReady { program: "postgres", seconds: READY_S, log: log.to_owned() });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The folder with the Unix socket `.s.PGSQL.<port>`.
    pub fn socket_folder(&self) -> PathBuf {
        self.socket.clone()
    }

    /// The folder with the server's log in JSON (`*.json`).
    pub fn log_folder(&self) -> PathBuf {
        self.log.clone()
    }

    /// The private server's pid.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Owned::pid)
    }

    /// The URL of a role over TCP.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        let host = match &self.access {
            Access::Socket => "127.0.0.1",
            Access::Password(elsewhere) => &elsewhere.host,
        };
        format!("postgres://{role}:{password}@{host}:{}/{database}", self.port)
    }

    /// Runs SQL as the superuser. The text goes through standard input, so that no secret is in `ps`.
    ///
    /// # Errors
    /// With what `psql` said.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, SubstrateError> {
        let failed = |output: String| SubstrateError::Failed { program: "psql".into(), output };
        let mut child = self
            .psql()
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", "-d", database, "-p"])
            .arg(self.port.to_string())
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

impl Postgres {
    fn psql(&self) -> Command {
        let program = self.programs.join("psql");
        match &self.access {
            Access::Socket => {
                let mut command = as_user(Some(USER));
                command.arg(program).arg("-h").arg(&self.socket);
                command
            }
            Access::Password(elsewhere) => {
                let mut command = Command::new(program);
                command.args(["-w", "-h", &elsewhere.host, "-U", &elsewhere.user]);
                command.env("PGPASSWORD", &elsewhere.password).env("PGCONNECT_TIMEOUT", CONNECT_S);
                command
            }
        }
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
