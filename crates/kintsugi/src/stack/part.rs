//! What the supervisor runs, and how it is started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use wire::Service;

/// What the supervisor runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A service of the platform.
    Service(Service),
    /// A process beside a target, by its name.
    Companion(String),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Part::Service(service) => service.fmt(f),
            Part::Companion(name) => f.write_str(name),
        }
    }
}

/// How a part is started.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Which.
    pub part: Part,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Where its output goes.
    pub log: PathBuf,
    /// Where it answers.
    pub url: String,
    /// Where it says that it lives: any answer will do.
    pub health: String,
}
