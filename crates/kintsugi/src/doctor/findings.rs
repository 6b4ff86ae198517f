//! What the facts about a machine mean. Pure: the facts are gathered elsewhere.

use super::facts::{Facts, Port};
use serde::Serialize;

/// The oldest compiler that builds this workspace.
const MIN_RUST: (u32, u32) = (1, 94);
/// Free disk space for the build folder and the stack, MiB: without the first nothing builds, below the second it gets tight.
const DISK_NEEDED: u64 = 4 * 1024;
const DISK_WISHED: u64 = 12 * 1024;
/// Memory that a build beside the running stack takes, MiB.
const MEMORY_WISHED: u64 = 3 * 1024;
/// Open files that a service with its connections and followed logs may need.
const FILES_NEEDED: u64 = 1024;
const FILES_WISHED: u64 = 4096;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is there.
    Ok,
    /// It is not there, and something works less well without it.
    Optional,
    /// It is there, but something about it may trouble.
    Warning,
    /// It is not there, and the local stack does not run without it.
    Missing,
}

impl State {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Optional => "optional",
            State::Warning => "warning",
            State::Missing => "missing",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The thing.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What it is for.
    pub why: String,
    /// The command that mends it.
    pub mend: Option<String>,
}

/// Judges every fact.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = programs(facts);
    findings.push(rust(facts));
    findings.push(sandbox(facts));
    findings.push(crates(facts));
    findings.push(services(facts));
    findings.extend(facts.ports.iter().map(port));
    findings.push(disk(facts));
    findings.push(memory(facts));
    findings.push(files(facts));
    findings.push(model(facts));
    findings
}

/// A program: its name, the package it is in, what it is for, and whether nothing runs without it.
const PROGRAMS: [(&str, &str, &str, bool); 13] = [
    ("git", "git", "the demo's report is checked against the git log, and people look at cures with it", true),
    ("cc", "build-essential", "links the services and the candidates that the verifier builds", true),
    ("make", "make", "the documented commands are make targets; without it call scripts/demo-cycle yourself", false),
    (
        "initdb",
        "postgresql",
        "incidents live in a private PostgreSQL (15 or newer), and its statement log is the witness",
        true,
    ),
    ("psql", "postgresql-client", "sets the private PostgreSQL's roles and databases up", true),
    ("redis-server", "redis-server", "cooldowns and the wake-ups between replicas go through a private Redis", true),
    ("setpriv", "util-linux", "starts every process so that it ends with the stack", true),
    ("bwrap", "bubblewrap", "candidates are built and run in a sandbox without network and secrets", true),
    ("ssh", "openssh-client", "targets whose remote is on a host are read and pushed to with it and git", false),
    ("sshd", "openssh-server", "the tests put a remote behind it", false),
    ("python3", "python3", "the tests heal a second target, which is written in Python", false),
    ("node", "nodejs npm", "drives the browser tests of the dashboard", false),
    ("chromium", "chromium", "the browser of the dashboard's tests", false),
];

fn programs(facts: &Facts) -> Vec<Finding> {
    let one = |(program, package, why, needed): (&str, &str, &str, bool)| {
        let found = facts.programs.get(program);
        let state = match (found, needed) {
            (Some(_), _) => State::Ok,
            (None, true) => State::Missing,
            (None, false) => State::Optional,
        };
        Finding {
            what: program.to_owned(),
            state,
            found: found.cloned().unwrap_or_else(|| "not on this machine".to_owned()),
            why: why.to_owned(),
            mend: (state != State::Ok).then(|| install(facts, package)),
        }
    };
    PROGRAMS.into_iter().map(one).collect()
}

fn install(facts: &Facts, packages: &str) -> String {
    let sudo = if facts.root { "" } else { "sudo " };
    format!("{sudo}apt-get install --no-install-recommends {packages}")
}

fn finding(what: &str, state: State, found: impl Into<String>, why: &str, mend: &str) -> Finding {
    let mend = (state != State::Ok).then(|| mend.to_owned());
    Finding { what: what.to_owned(), state, found: found.into(), why: why.to_owned(), mend }
}

fn rust(facts: &Facts) -> Finding {
    let (found, state) = match (&facts.rustc, facts.rustc.as_deref().and_then(version)) {
        (Some(told), Some(version)) if version >= MIN_RUST => (told.clone(), State::Ok),
        (Some(told), _) => (format!("{told}; {}.{} or newer is needed", MIN_RUST.0, MIN_RUST.1), State::Missing),
        (None, _) => ("no cargo and rustc on the PATH".to_owned(), State::Missing),
    };
    let why = "the services are built from this checkout, and the verifier builds every candidate";
    finding("rust toolchain", state, found, why, "rustup update stable, or see https://rustup.rs for a first one")
}

/// Major and minor number of `rustc 1.94.0 (…)`.
fn version(told: &str) -> Option<(u32, u32)> {
    let mut numbers = told.split_whitespace().nth(1)?.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn sandbox(facts: &Facts) -> Finding {
    let (state, found) = match &facts.sandbox {
        Ok(()) => (State::Ok, "user, process and network namespaces work".to_owned()),
        Err(problem) => (State::Missing, problem.clone()),
    };
    let mend = if facts.apparmor_restricts {
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    } else if facts.sysctl_forbids {
        "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    } else {
        "in a container: start it with --security-opt seccomp=unconfined --cap-add SYS_ADMIN, or run on the host"
    };
    finding("namespaces", state, found, "nothing is pushed that was not proved in the sandbox", mend)
}

fn crates(facts: &Facts) -> Finding {
    let (state, found) = match &facts.crates {
        Ok(()) => (State::Ok, "fetched".to_owned()),
        Err(problem) => (State::Missing, problem.clone()),
    };
    finding(
        "crates",
        state,
        found,
        "a build in the sandbox has no network",
        "scripts/prepare    # needs a network, once",
    )
}

fn services(facts: &Facts) -> Finding {
    let missing = &facts.not_built;
    let (state, found) = if missing.is_empty() {
        (State::Ok, "built".to_owned())
    } else {
        (State::Warning, format!("not built yet: {}", missing.join(", ")))
    };
    finding(
        "services",
        state,
        found,
        "`kintsugi up` starts the programs beside itself",
        "cargo build --workspace --bins",
    )
}

fn port(port: &Port) -> Finding {
    let (state, found) = match &port.holder {
        None => (State::Ok, "free".to_owned()),
        Some(holder) if holder.ours => (State::Ok, format!("held by this folder's stack ({})", holder.who)),
        Some(holder) => (State::Warning, format!("held by {}", holder.who)),
    };
    let another_stack = port.holder.as_ref().is_some_and(|holder| holder.who.starts_with(&port.name));
    let mend = match port.holder.as_ref().and_then(|holder| holder.pid) {
        Some(_) if another_stack => "end the other stack with Ctrl-C; else nothing: `up` takes a free port".to_owned(),
        Some(pid) => format!("kill {pid}    # if it is yours; else nothing: `up` takes a free port and prints it"),
        None => "nothing: `up` takes a free port and prints it".to_owned(),
    };
    let why = "documentation and bookmarks name it";
    finding(&format!("port {} {}", port.number, port.name), state, found, why, &mend)
}

fn disk(facts: &Facts) -> Finding {
    let state = match facts.disk_free_mib {
        None => State::Warning,
        Some(free) if free < DISK_NEEDED => State::Missing,
        Some(free) if free < DISK_WISHED => State::Warning,
        Some(_) => State::Ok,
    };
    let found = facts.disk_free_mib.map_or_else(|| "unknown".to_owned(), |free| format!("{free} MiB free"));
    finding(
        "disk space",
        state,
        found,
        "build folders, artefacts and logs grow to some GiB",
        "cargo clean    # or make room",
    )
}

fn memory(facts: &Facts) -> Finding {
    let state = match facts.memory_free_mib {
        Some(free) if free >= MEMORY_WISHED => State::Ok,
        _ => State::Warning,
    };
    let found = facts.memory_free_mib.map_or_else(|| "unknown".to_owned(), |free| format!("{free} MiB available"));
    let mend = "export CARGO_BUILD_JOBS=1    # slower, needs less at a time";
    finding("memory", state, found, "a build runs beside the stack while a fault is healed", mend)
}

fn files(facts: &Facts) -> Finding {
    let state = match facts.open_files {
        files if files < FILES_NEEDED => State::Missing,
        files if files < FILES_WISHED => State::Warning,
        _ => State::Ok,
    };
    let why = "connections, followed logs and subscribers of the stream each take one";
    finding("open files limit", state, facts.open_files.to_string(), why, "ulimit -n 16384")
}

fn model(facts: &Facts) -> Finding {
    let (state, found) = match &facts.model {
        Some(path) => (State::Ok, path.clone()),
        None => (State::Optional, "no weights in HOME/model, KINTSUGI_MODEL not set".to_owned()),
    };
    let why = "retrieval understands paraphrases with an embedding model; without one its lexical half serves alone";
    finding("retrieval model", state, found, why, "scripts/model    # or KINTSUGI_MODEL=/a/folder/with/weights")
}
