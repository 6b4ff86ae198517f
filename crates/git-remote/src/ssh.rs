//! A repository on a host as the remote: the machine's own `git` and `ssh` talk to it.
//!
//! `git push` with the expected old commit is a true compare-and-swap: the host's `receive-pack` takes the branch's lock and
//! looks again.

mod told;

use crate::access::{Access, Files};
use crate::child::{self, End, Said};
use crate::error::RemoteError;
use crate::remote::Swap;
use crate::url::SshUrl;
use git2::{Oid, Repository};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use told::{Asked, Pushed};

/// Where `git` and `ssh` are looked for: nothing of our own environment is handed on.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// The longest that one command may take, however busy it is: a first fetch of a large repository. `timeout` holds it to that
/// even when we have died meanwhile.
const WHOLE: Duration = Duration::from_secs(600);
/// What git does besides what it is asked: nothing.
const QUIET: [&str; 6] = [
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "push.followTags=false",
    "credential.helper=",
];

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct SshRemote {
    url: String,
    place: String,
    files: Files,
    silence: Duration,
}

impl SshRemote {
    pub(crate) fn new(url: &SshUrl, access: &Access) -> Result<Self, RemoteError> {
        Ok(Self { url: url.to_string(), place: url.place(), files: access.files()?, silence: access.silence() })
    }

    /// Where a branch stands now; none when there is no such branch.
    pub(crate) fn tip(&self, at: &Repository, branch: &str) -> Result<Option<Oid>, RemoteError> {
        let said = self.git("ask for the branch", at, &["ls-remote", "--quiet", "--", &self.url, branch])?;
        Ok(told::tip(&String::from_utf8_lossy(&said), branch))
    }

    /// Brings what is new of a branch. No reference is written, so none can stay locked.
    pub(crate) fn bring(&self, into: &Repository, branch: &str) -> Result<(), RemoteError> {
        self.fetch("fetch the branch", into, &["--no-write-fetch-head", "--", &self.url, branch])
    }

    /// Brings all branches in under their own names.
    pub(crate) fn mirror(&self, into: &Repository) -> Result<(), RemoteError> {
        let branches = "+refs/heads/*:refs/heads/*";
        self.fetch("fetch the branches", into, &["--no-write-fetch-head", "--prune", "--", &self.url, branches])
    }

    fn fetch(&self, what: &'static str, into: &Repository, arguments: &[&str]) -> Result<(), RemoteError> {
        // Progress is how we know that it is not silent.
        let fixed = ["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"];
        self.git(what, into, &[&fixed[..], arguments].concat()).map(|_| ())
    }

    /// Moves a branch, if it stands where it stood.
    pub(crate) fn push(&self, at: &Repository, branch: &str, from: Oid, to: Oid) -> Result<Swap, RemoteError> {
        let what = "push the branch";
        let (lease, refspec) = (format!("--force-with-lease={branch}:{from}"), format!("{to}:{branch}"));
        let fixed = ["push", "--progress", "--porcelain", "--no-verify", "--no-recurse-submodules"];
        let said = self.run(what, at, &[&fixed[..], &[&lease, "--", &self.url, &refspec]].concat())?;
        let (stdout, stderr) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        match told::pushed(&stdout, &stderr, branch) {
            Some(Pushed::Done) if said.end == End::Exit(Some(0)) => Ok(Swap::Done),
            Some(Pushed::Lost) => Ok(Swap::Lost),
            Some(Pushed::NotBare) => Err(RemoteError::NotBare),
            Some(Pushed::Declined(why)) => Err(RemoteError::Declined(why)),
            Some(Pushed::Done) | None => Err(self.failed(what, &said)),
        }
    }

    /// What git answers when all is well.
    fn git(&self, what: &'static str, at: &Repository, arguments: &[&str]) -> Result<Vec<u8>, RemoteError> {
        let said = self.run(what, at, arguments)?;
        match said.end {
            End::Exit(Some(0)) => Ok(said.stdout),
            _ => Err(self.failed(what, &said)),
        }
    }

    fn run(&self, what: &'static str, at: &Repository, arguments: &[&str]) -> Result<Said, RemoteError> {
        let command = self.command(at.path(), arguments);
        let said = child::run(command, self.silence, WHOLE).map_err(RemoteError::Program)?;
        match said.end {
            End::Limit => Err(RemoteError::Silent { what, place: self.place.clone(), limit: self.silence }),
            End::Exit(_) => Ok(said),
        }
    }

    fn failed(&self, what: &'static str, said: &Said) -> RemoteError {
        let asked = Asked { what, place: &self.place, files: &self.files };
        told::failure(&asked, &String::from_utf8_lossy(&said.stderr))
    }

    fn command(&self, repository: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.arg("--kill-after=5").arg(WHOLE.as_secs().to_string()).arg("git");
        command.args(QUIET.iter().flat_map(|setting| ["-c", setting])).args(arguments);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C").env("GIT_DIR", repository);
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_TERMINAL_PROMPT", "0")]);
        command.envs([("GIT_ALLOW_PROTOCOL", "ssh"), ("GIT_PROTOCOL_FROM_USER", "0"), ("GIT_SSH_VARIANT", "ssh")]);
        command.env("GIT_SSH_COMMAND", ssh(&self.files, self.silence)).current_dir("/");
        command
    }
}

/// How git calls ssh: a text that a shell reads, so each word is quoted for it; within, paths are quoted for ssh.
fn ssh(files: &Files, silence: Duration) -> String {
    let path = |path: &Path| format!("\"{}\"", path.to_string_lossy().replace('%', "%%"));
    let seconds = silence.as_secs().max(1);
    let options = [
        format!("IdentityFile={}", path(&files.key)),
        format!("UserKnownHostsFile={}", path(&files.known_hosts)),
        format!("ConnectTimeout={seconds}"),
        format!("ServerAliveInterval={seconds}"),
    ];
    let fixed = [
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "PreferredAuthentications=publickey",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "PermitLocalCommand=no",
        "ControlPath=none",
        "ServerAliveCountMax=1",
    ];
    let words = options.iter().map(String::as_str).chain(fixed).flat_map(|option| ["-o", option]);
    let words = ["ssh", "-F", "/dev/null"].into_iter().chain(words);
    words.map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
