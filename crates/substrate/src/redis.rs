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

/// A server without persistence – what is in it may be lost – that ends with us, or one that somebody else runs.
pub struct Redis {
    server: Option<Owned>,
    url: String,
    /// Of the private server.
    port: u16,
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
        let url = format!("redis://:{password}@127.0.0.1:{port}");
        let mut redis = Self { server: Some(server), url, port };
        redis.wait()?;
        Ok(redis)
    }

    /// Starts the private server again when it has ended; what was in it is lost. Answers whether it had.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn revive(&mut self) -> Result<bool, SubstrateError> {
        let ended = self.server.as_mut().map_or(Ok(false), Owned::revive)?;
        if ended {
            self.wait()?;
        }
        Ok(ended)
    }

    fn wait(&mut self) -> Result<(), SubstrateError> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let until = Instant::now() + Duration::from_secs(READY_S);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > until || !server.is_running() {
                let log = server.log().to_owned();
                return Err(SubstrateError::NotReady { program: "redis-server", seconds: READY_S, log });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// A server that somebody else runs. It is used, never started or ended.
    pub fn of(url: String) -> Self {
        Self { server: None, url, port: 0 }
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The private server's pid.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Owned::pid)
    }
}

/// Without the URL, which holds a password.
impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("server", &self.server).finish_non_exhaustive()
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
