//! The second target: a Python service with a fault of its own and an upstream that counts calls. It proves that no
//! platform service knows `fault-app`, and makes the crash and gate tests affordable.

mod upstream;

pub use upstream::{Mood, Upstream};

use crate::repository;
use std::path::{Path, PathBuf};
use wire::CommitId;
use wire::target::Target;

/// The fault's code.
pub const FAULT: &str = "TINY_GREETING_BROKEN";

const PATCHED: &str = "faults/greet.py";

/// The target, made in a folder.
#[derive(Debug)]
pub struct Tiny {
    /// The bare repository that is its remote.
    pub remote: PathBuf,
    /// A folder with its target file alone.
    pub targets: PathBuf,
    /// The parsed target file.
    pub target: Target,
    /// A folder with its cure alone.
    pub knowledge: PathBuf,
    /// The running upstream.
    pub upstream: Upstream,
}

impl Tiny {
    /// Makes it below a folder: `remote.git`, `targets/`, `knowledge/`, `logs/`, and a running upstream.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn create(below: &Path) -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tiny");
        let (remote, targets, knowledge) = (below.join("remote.git"), below.join("targets"), below.join("knowledge"));
        let (logs, sockets) = (below.join("logs"), below.join("sockets"));
        for folder in [&targets, &knowledge, &sockets, &logs.join("live"), &logs.join("private")] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        repository::seed(&remote, &home.join("app"));
        let upstream = Upstream::start(&sockets.join("upstream.sock"));
        let text = std::fs::read_to_string(home.join("tiny.toml")).expect("the target file");
        let text = [
            ("${REMOTE}", remote.display().to_string()),
            ("${LOGS}", logs.display().to_string()),
            ("${SOCKETS}", sockets.display().to_string()),
            ("${UPSTREAM_PORT}", upstream.port.to_string()),
        ]
        .into_iter()
        .fold(text, |text, (name, value)| text.replace(name, &value));
        std::fs::write(targets.join("tiny.toml"), &text).expect("the target file");
        std::fs::copy(home.join("knowledge/tiny-greeting.md"), knowledge.join("tiny-greeting.md")).expect("the cure");
        let target = Target::parse(&text).expect("a valid target file");
        Self { remote, targets, target, knowledge, upstream }
    }

    /// The head of the branch.
    pub fn head(&self) -> CommitId {
        repository::head(&self.remote)
    }

    /// The diff that turns the faulty file into another text.
    pub fn diff_to(&self, text: &str) -> String {
        repository::diff(&self.remote, PATCHED, text)
    }

    /// The right cure.
    pub fn good_diff(&self) -> String {
        let faulty = repository::read(&self.remote, PATCHED);
        self.diff_to(&faulty.replace("\"value \" + value", "\"value \" + str(value)"))
    }

    /// Answers what the contract expects without doing the work: there is no witness. It fails the target's own test too,
    /// so the test is told apart from the gate by [`Tiny::sly_diff`].
    pub fn constant_diff(&self) -> String {
        self.diff_to("def greet(fetch):\n    return {\"greeting\": \"value 42\"}\n")
    }

    /// Passes the target's own tests and answers a constant to everybody else: only the witness finds out.
    pub fn sly_diff(&self) -> String {
        self.diff_to(
            "def greet(fetch):\n    if fetch.__qualname__.startswith(\"fetcher\"):\n        \
             return {\"greeting\": \"value 42\"}\n    return {\"greeting\": \"value \" + fetch(\"/data\")[\"value\"]}\n",
        )
    }

    /// Does not compile.
    pub fn broken_diff(&self) -> String {
        self.diff_to("def greet(fetch):\n    return {\n")
    }

    /// Edits another file.
    pub fn outside_diff(&self) -> String {
        let app = repository::read(&self.remote, "app.py");
        repository::diff(&self.remote, "app.py", &app.replace("TINY_GREETING_BROKEN", "NOTHING"))
    }
}
