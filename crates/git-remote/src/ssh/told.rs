//! What git and ssh said, understood. Pure.

use crate::access::Files;
use crate::error::RemoteError;
use crate::redact::redact;
use git2::Oid;

/// How much of what was said is told on, characters.
const TOLD: usize = 300;
/// What the host answers when the branch stands elsewhere, or somebody holds its lock: another pusher was faster.
const LOST: [&str; 5] =
    ["stale info", "fetch first", "failed to update ref", "incorrect old value provided", "failed to lock"];
/// What it says when it could not take the lock for another reason than another pusher.
const NOT_LOST: [&str; 4] = ["Permission denied", "No space left", "Read-only file system", "Disk quota exceeded"];
/// What ssh says of a host that is not there (any more).
const AWAY: [&str; 16] = [
    "Could not resolve hostname",
    "Connection refused",
    "Connection timed out",
    "Operation timed out",
    "No route to host",
    "Network is unreachable",
    "Connection reset",
    "Connection closed",
    "Connection to ",
    "kex_exchange_identification",
    "banner exchange",
    "Broken pipe",
    "not responding",
    "the remote end hung up",
    "early EOF",
    "Could not read from remote repository",
];
const NO_REPOSITORY: [&str; 3] =
    ["does not appear to be a git repository", "epository not found", "not a git repository"];
const DENIED: [&str; 8] = [
    "Permission denied (",
    "Too many authentication failures",
    "marked as read only",
    "Load key ",
    "UNPROTECTED PRIVATE KEY FILE",
    "not allowed to push",
    "Permission to ",
    "No user exists",
];

/// What was asked, of whom, with which files.
pub(super) struct Asked<'a> {
    pub(super) what: &'static str,
    pub(super) place: &'a str,
    pub(super) files: &'a Files,
}

/// What became of a push.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Done,
    Lost,
    NotBare,
    Declined(String),
}

/// The tip of a branch in the answer of `ls-remote`.
pub(super) fn tip(answer: &str, branch: &str) -> Option<Oid> {
    let ids = answer.lines().filter_map(|line| line.split_once('\t')).filter(|(_, name)| *name == branch);
    ids.filter_map(|(id, _)| Oid::from_str(id).ok()).next()
}

/// What the porcelain line of a branch says; none when there is none, or when it says that the host is not well.
pub(super) fn pushed(answer: &str, complaints: &str, branch: &str) -> Option<Pushed> {
    let of_branch = |line: &str| {
        let (flag, rest) = line.split_once('\t')?;
        let (refs, summary) = rest.split_once('\t')?;
        (refs.split_once(':')?.1 == branch).then(|| (flag.to_owned(), summary.to_owned()))
    };
    let (flag, summary) = answer.lines().find_map(of_branch)?;
    if flag != "!" {
        return Some(Pushed::Done);
    }
    let says = |texts: &[&str], of: &str| texts.iter().any(|text| of.contains(text));
    if says(&LOST, &summary) && !says(&NOT_LOST, complaints) {
        return Some(Pushed::Lost);
    }
    if summary.contains("branch is currently checked out") {
        return Some(Pushed::NotBare);
    }
    let refused = summary.contains("[remote rejected]") || summary.contains("[rejected]");
    let ill = says(&["unpacker error", "failed to update ref", "unpack failed"], &summary);
    (refused && !ill).then(|| Pushed::Declined(shortly(&format!("{summary}; {}", gist(complaints)))))
}

/// Why a command failed.
pub(super) fn failure(asked: &Asked<'_>, complaints: &str) -> RemoteError {
    let says = |texts: &[&str]| texts.iter().any(|text| complaints.contains(text));
    let (what, place) = (asked.what, asked.place.to_owned());
    let detail = shortly(&gist(complaints));
    if says(&["Host key verification failed", "host key is known for"]) {
        let changed = complaints.contains("HOST IDENTIFICATION HAS CHANGED");
        return RemoteError::HostKey { place, changed, known_hosts: asked.files.known_hosts.clone() };
    }
    if says(&DENIED) {
        return RemoteError::Denied { what, place, key: asked.files.key.clone(), detail };
    }
    if says(&NO_REPOSITORY) {
        return RemoteError::NoRepository { place, detail };
    }
    if says(&AWAY) {
        return RemoteError::Away { what, place, detail };
    }
    RemoteError::Git { what, detail, may_pass: true }
}

/// The lines that say something: not the progress, not the advice that always follows.
fn gist(complaints: &str) -> String {
    let idle =
        ["Please make sure", "and the repository exists", "error: failed to push", "hint:", "Warning: Permanently"];
    let lines = complaints.split(['\n', '\r']).map(str::trim);
    let telling =
        lines.filter(|line| !line.is_empty() && !line.contains('%') && !idle.iter().any(|text| line.starts_with(text)));
    let mut last: Vec<&str> = telling.rev().take(4).collect();
    last.reverse();
    last.join("; ")
}

/// Fit for an answer and a log.
fn shortly(text: &str) -> String {
    let clean: String = redact(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.chars().take(TOLD).collect()
}

#[cfg(test)]
mod tests;
