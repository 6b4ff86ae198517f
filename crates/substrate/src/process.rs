//! A child that ends with us: by its pid, never by a name.

use crate::{SubstrateError, io};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long a server may take to end after its signal before it is killed.
const END: Duration = Duration::from_secs(8);

/// A child process of ours, ended when dropped.
#[derive(Debug)]
pub struct Owned {
    child: Child,
    recipe: Recipe,
}

/// How a child is started.
struct Recipe {
    argv: Vec<String>,
    user: Option<String>,
    /// Its whole environment; none means ours.
    env: Option<BTreeMap<String, String>>,
    log: PathBuf,
    signal: Signal,
}

/// Without the environment, which holds secrets.
impl std::fmt::Debug for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipe").field("argv", &self.argv).field("log", &self.log).finish_non_exhaustive()
    }
}

impl Owned {
    /// Starts a program as `user` (when we are root and it is given) with its output appended to a log file. `signal`
    /// ends it; it is sent too when this process dies.
    ///
    /// # Errors
    /// When the log cannot be written or the program not started.
    pub fn start(argv: &[String], user: Option<&str>, log: &Path, signal: Signal) -> Result<Self, SubstrateError> {
        let (argv, user, log) = (argv.to_vec(), user.map(str::to_owned), log.to_owned());
        Self::of(Recipe { argv, user, env: None, log, signal })
    }

    /// Starts a program with exactly this environment, else like [`Owned::start`]. SIGTERM ends it.
    ///
    /// # Errors
    /// When the log cannot be written or the program not started.
    pub fn start_with(argv: &[String], env: &BTreeMap<String, String>, log: &Path) -> Result<Self, SubstrateError> {
        let (argv, env, log) = (argv.to_vec(), Some(env.clone()), log.to_owned());
        Self::of(Recipe { argv, user: None, env, log, signal: Signal::SIGTERM })
    }

    fn of(recipe: Recipe) -> Result<Self, SubstrateError> {
        Ok(Self { child: recipe.spawn()?, recipe })
    }

    /// Starts it once more as it was started first, when it has ended. Answers whether it had.
    ///
    /// # Errors
    /// When the log cannot be written or the program not started.
    pub fn revive(&mut self) -> Result<bool, SubstrateError> {
        let ended = !self.is_running();
        if ended {
            self.child = self.recipe.spawn()?;
        }
        Ok(ended)
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.recipe.log
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends its signal and does not wait.
    pub fn ask_to_end(&mut self) {
        if self.is_running() {
            let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX));
            let _gone = kill(pid, self.recipe.signal);
        }
    }

    /// Kills it at once with SIGKILL, for tests of recovery.
    pub fn kill(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }

    /// Ends it: its signal, a bounded wait, then SIGKILL.
    pub fn end(&mut self) {
        self.ask_to_end();
        let until = Instant::now() + END;
        while self.is_running() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Recipe {
    fn spawn(&self) -> Result<Child, SubstrateError> {
        let log = &self.log;
        let output = std::fs::File::options().create(true).append(true).open(log).map_err(io("write", log))?;
        let errors = output.try_clone().map_err(io("write", log))?;
        let mut command = as_user(self.user.as_deref());
        if let Some(env) = &self.env {
            command.env_clear().envs(env);
        }
        command.arg(format!("--pdeathsig={}", self.signal.as_str().trim_start_matches("SIG")));
        command.args(&self.argv).stdin(Stdio::null()).stdout(output).stderr(errors);
        spawn_from_a_thread_that_stays(command).map_err(io("start", self.argv.first().map_or("", |program| program)))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.end();
    }
}

/// Gives a file or folder to the user that a server runs as when the caller is root.
pub(crate) fn give_to(path: &Path, user: &'static str) -> Result<(), SubstrateError> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let known = nix::unistd::User::from_name(user).ok().flatten();
    let known = known.ok_or(SubstrateError::Missing {
        program: "the user that the server's package makes",
        install: "apt-get install postgresql redis-server",
    })?;
    let given = nix::unistd::chown(path, Some(known.uid), Some(known.gid));
    given.map_err(|errno| io("change the owner of", path)(errno.into()))
}

/// `setpriv`, which is on every Debian: changes the user without a login, and asks for a signal when we die.
pub(crate) fn as_user(user: Option<&str>) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = user.filter(|_| nix::unistd::geteuid().is_root()) {
        command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--init-groups");
    }
    command
}

type Spawning = (Command, mpsc::Sender<std::io::Result<Child>>);

/// The kernel sends the death signal when the *thread* that started the child ends, so one that never does starts it.
fn spawn_from_a_thread_that_stays(command: Command) -> std::io::Result<Child> {
    static PARENT: OnceLock<Mutex<mpsc::Sender<Spawning>>> = OnceLock::new();
    let parent = PARENT.get_or_init(|| {
        let (ask, asked) = mpsc::channel::<Spawning>();
        std::thread::spawn(move || {
            while let Ok((mut command, tell)) = asked.recv() {
                let _told = tell.send(command.spawn());
            }
        });
        Mutex::new(ask)
    });
    let (tell, told) = mpsc::channel();
    let sent = parent.lock().unwrap_or_else(PoisonError::into_inner).send((command, tell));
    sent.map_err(|_| std::io::Error::other("the starting thread died"))?;
    told.recv().unwrap_or_else(|_| Err(std::io::Error::other("the starting thread died")))
}

/// Below the range from which Linux takes ports for outgoing connections and for port 0: one of those may be taken between the choice and the
/// use. `deployer` has the next ten thousand for its instances.
const PORTS: std::ops::Range<u32> = 10_000..20_000;
/// How far apart two processes with neighbouring pids begin.
const APART: u32 = 61;

/// A port of loopback that was free a moment ago. The same process gets another one each time, and processes that were started one after the other
/// look in different places, so that two that choose at once do not choose the same.
///
/// # Errors
/// When none can be bound.
pub fn free_port() -> Result<u16, SubstrateError> {
    static CHOSEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(APART);
    let mut last = None;
    for _ in PORTS {
        let step = first.wrapping_add(CHOSEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(PORTS.start + step % (PORTS.end - PORTS.start)).unwrap_or(u16::MAX);
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = Some(error),
        }
    }
    let none = std::io::Error::new(std::io::ErrorKind::AddrInUse, "no port from 10000 to 19999 is free");
    Err(io("bind", "127.0.0.1")(last.unwrap_or(none)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_or_while_it_is_taken_and_none_from_the_systems_own_range() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let port = free_port().expect("a free port");
            assert!((10_000..20_000).contains(&port) && seen.insert(port), "{port}");
        }
    }
}
