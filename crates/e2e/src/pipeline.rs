//! A pipeline of somebody else, played by a shell script: it deploys what is pushed and says so, signed. It shares no line with
//! the platform but the script that pipelines are given.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use testkit::tiny::Tiny;

/// What signs its words.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The running pipeline; it ends with this, and so does what it deployed.
#[derive(Debug)]
pub struct Pipeline {
    life: Child,
    folder: PathBuf,
}

impl Pipeline {
    /// Starts it below a folder, and writes into the target file that it deploys. `front` is where it calls back.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(below: &Path, tiny: &Tiny, front: &str) -> Self {
        let folder = below.join("pipeline");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("secret"), SECRET).expect("the secret");
        let (listener, url) = testkit::listener();
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let file = tiny.targets.join("tiny.toml");
        let text = std::fs::read_to_string(&file).expect("the target file");
        let secret = folder.join("secret").display().to_string();
        let deploy = format!(
            "\n[deploy]\nbackend = \"pipeline\"\nurl = \"{url}\"\nenvironment = \"production\"\nsecret = \"{secret}\"\n\
             timeout_ms = 60000\nversion = {{ path = \"/version\", json = \"/commit\" }}\n"
        );
        std::fs::write(&file, text + &deploy).expect("the target file");
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let mut command = Command::new(home.join("pipeline.sh"));
        command.arg(&tiny.remote).arg(&folder).arg(port.to_string());
        command.arg(format!("{front}{}/{}", wire::paths::CALLBACKS, tiny.target.name));
        command.arg(home.join("../../scripts/pipeline-callback")).arg(&tiny.target.logs.live);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("KINTSUGI_CALLBACK_SECRET", SECRET);
        command.env("UPSTREAM_URL", format!("http://127.0.0.1:{}", tiny.upstream.port));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log).process_group(0);
        Self { life: command.spawn().expect("the pipeline starts"), folder }
    }

    /// From now on it fails for what a recovery pushes, but not for what takes that back.
    ///
    /// # Panics
    /// When it cannot be told.
    pub fn fail_for_cures(&self) {
        std::fs::write(self.folder.join("fails"), "").expect("told");
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        // The whole group: the script, and what it deployed.
        let group = format!("-{}", self.life.id());
        let _gone = Command::new("/bin/kill").args(["-KILL", "--", &group]).status();
        let _gone = self.life.wait();
        if std::thread::panicking() {
            eprintln!(
                "--- the pipeline's log\n{}",
                std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
            );
        }
    }
}
