//! Redis.

use crate::{Owned, SubstrateError, free_port, io, secret};
use nix::sys::signal::Signal;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long it may take to listen.
const READY_S: u64 = 10;

/// The user it runs as when the caller is root. Debian's package makes it.
const USER: &str = "redis";

/// A private server without persistence: what is in it may be lost.
#[derive(Debug)]
pub struct Redis {
    server: Owned,
    /// The port on loopback.
    pub port: u16,
    password: String,
}

impl Redis {
    /// Brings a server up in a folder.
    ///
    /// # Errors
    /// When Redis is not there, or does not come up.
    pub fn start(folder: &Path) -> Result<Self, SubstrateError> {
        let program = program()?;
        std::fs::create_dir_all(folder).map_err(io("make", folder))?;
        let (port, password) = (free_port()?, secret());
        let config = folder.join("redis.conf");
        let text = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave \"\"\nappendonly no\ndir {}\nmaxmemory 64mb\n",
            folder.display()
        );
        write_private(&config, &text)?;
        for path in [folder, &config] {
            crate::process::give_to(path, USER)?;
        }
        let log = folder.join("server.log");
        let argv = [program.display().to_string(), config.display().to_string()];
        let server = Owned::start(&argv, Some(USER), &log, Signal::SIGTERM)?;
        let mut redis = Self { server, port, password };
        let until = Instant::now() + Duration::from_secs(READY_S);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until || !redis.server.is_running() {
                return Err(SubstrateError::NotReady { program: "redis-server", seconds: READY_S, log });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(redis)
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// The server's pid.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// Where the program is.
///
/// # Errors
/// With how to get it.
pub fn program() -> Result<PathBuf, SubstrateError> {
    ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .ok_or(SubstrateError::Missing { program: "redis-server", install: "apt-get install redis-server" })
}

fn write_private(path: &Path, text: &str) -> Result<(), SubstrateError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(io("write", path))?;
    file.write_all(text.as_bytes()).map_err(io("write", path))
}
