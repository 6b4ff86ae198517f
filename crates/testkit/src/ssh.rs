//! A real `sshd` on loopback, with a host key and users' keys of its own, to serve git repositories of this machine.

use nix::sys::signal::Signal;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use substrate::Owned;
use tempfile::TempDir;

/// Where Debian and others put it.
const PROGRAM: &str = "/usr/sbin/sshd";
/// How long it may take to listen.
const START: Duration = Duration::from_secs(20);
/// What a key that may only read is allowed to run, and what a hosting service says otherwise.
const READ_ONLY: &str = "#!/bin/sh
case \"$SSH_ORIGINAL_COMMAND\" in
  \"git-upload-pack '\"*) exec git shell -c \"$SSH_ORIGINAL_COMMAND\" ;;
  *) echo 'ERROR: The key you are authenticating with has been marked as read only.' >&2; exit 1 ;;
esac
";

/// See the module. It ends when dropped.
#[derive(Debug)]
pub struct Sshd {
    /// Where it listens.
    pub port: u16,
    /// A key that may read and write.
    pub writer: PathBuf,
    /// A key that may only read.
    pub reader: PathBuf,
    /// A key with which every command is silent for ever.
    pub mute: PathBuf,
    /// A key that it does not know.
    pub stranger: PathBuf,
    /// Its own key, as a client knows it.
    pub known_hosts: PathBuf,
    /// Another's key in its name.
    pub other_hosts: PathBuf,
    user: String,
    process: Option<Owned>,
    folder: TempDir,
}

impl Sshd {
    /// Starts one; none, and a word about it, where there is no `sshd`.
    ///
    /// # Panics
    /// When there is one and it does not come up.
    pub fn start() -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            println!("NOT TESTED: remotes over ssh; there is no {PROGRAM} (apt-get install openssh-server)");
            return None;
        }
        if nix::unistd::geteuid().is_root() {
            // Where it puts its unprivileged half; Debian's service makes it at its start.
            std::fs::create_dir_all("/run/sshd").expect("its folder");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let port = substrate::free_port().expect("a free port");
        let keys = ["host", "writer", "reader", "mute", "stranger"].map(|name| (name, make_key(&at(name))));
        let public =
            |name: &str| keys.iter().find(|(key, _)| *key == name).map(|(_, text)| text.clone()).expect("a key");
        std::fs::write(at("read-only"), READ_ONLY).expect("a file");
        std::fs::set_permissions(at("read-only"), PermissionsExt::from_mode(0o755)).expect("a program");
        let authorized = [
            format!("restrict {}", public("writer")),
            format!("restrict,command=\"{}\" {}", at("read-only").display(), public("reader")),
            format!("restrict,command=\"cat >/dev/null\" {}", public("mute")),
        ];
        std::fs::write(at("authorized"), authorized.concat()).expect("a file");
        let known = |key: &str| format!("[127.0.0.1]:{port} {}", public(key));
        std::fs::write(at("known_hosts"), known("host")).expect("a file");
        std::fs::write(at("other_hosts"), known("stranger")).expect("a file");
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().expect("a user").name;
        let mut sshd = Self {
            port,
            writer: at("writer"),
            reader: at("reader"),
            mute: at("mute"),
            stranger: at("stranger"),
            known_hosts: at("known_hosts"),
            other_hosts: at("other_hosts"),
            user,
            process: None,
            folder,
        };
        sshd.resume();
        Some(sshd)
    }

    /// The URL of a repository of this machine.
    pub fn url(&self, repository: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, repository.display())
    }

    /// Ends it, as when a host goes away.
    pub fn pause(&mut self) {
        self.process = None;
    }

    /// Starts it on the same port, with the same keys.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn resume(&mut self) {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let config = format!(
            "ListenAddress 127.0.0.1:{}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             MaxStartups 100:30:200\nMaxSessions 100\nLogLevel VERBOSE\n",
            self.port,
            at("host"),
            at("authorized"),
        );
        std::fs::write(at("config"), config).expect("a file");
        let argv = [PROGRAM.to_owned(), "-D".into(), "-e".into(), "-f".into(), at("config")];
        let log = self.folder.path().join("log");
        let mut process = Owned::start(&argv, None, &log, Signal::SIGTERM).expect("sshd starts");
        let (address, until) = (SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)), Instant::now() + START);
        while TcpStream::connect(address).is_err() {
            let told = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(process.is_running() && Instant::now() < until, "sshd does not listen: {}", told());
            std::thread::sleep(Duration::from_millis(5));
        }
        self.process = Some(process);
    }
}

/// Makes a key without a passphrase; its public half.
fn make_key(path: &Path) -> String {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(path).stdin(Stdio::null());
    assert!(command.status().expect("ssh-keygen runs").success(), "no key");
    std::fs::read_to_string(path.with_extension("pub")).expect("a public key")
}
