//! The parts of a target file but its contracts.

use super::relief::{Relief, default_relief_s, is_default_relief_s};
use crate::FaultCode;
use crate::incident::Severity;
use crate::plan::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How much may be done without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Record and diagnose.
    #[default]
    Observe,
    /// Also make and verify a candidate; push nothing.
    Suggest,
    /// A person approves each change.
    Approve,
    /// Heal.
    Auto,
}

/// Where the source is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// The remote; readable without a credential, or by the reader's own. Never holds a token.
    pub url: String,
    /// The branch that runs.
    pub branch: String,
}

/// Where log lines are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// The folder whose `*.log` files the router follows. A live instance writes one file of its own there.
    pub live: String,
    /// The folder for instances that are not live (yet); on the same file system as `live`.
    pub private: String,
}

/// A fault to look for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Its code.
    pub code: FaultCode,
    /// The literal that marks its lines. In a JSON line the field `marker` must equal it; elsewhere the line contains it.
    /// May be left out where there is a `pattern`.
    #[serde(default)]
    pub marker: String,
    /// A regular expression (the syntax of Rust's `regex`) that a line of this fault matches, as it stands in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// For people: the message of a detection whose line has none of its own.
    #[serde(default)]
    pub title: String,
    /// What kind of trouble it is, where nothing that is known says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How much may be done about it without a person, instead of what the target says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomy: Option<Autonomy>,
    /// What is done at once, before the cure, and withdrawn after its proof; only where the platform itself rolls the target out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relief: Vec<Relief>,
    /// How long that stands at most, seconds, whatever becomes of the cure.
    #[serde(default = "default_relief_s", skip_serializing_if = "is_default_relief_s")]
    pub relief_s: u32,
}

/// What a patch may touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The language of the files, as the grammar is named: `rust`, `python`.
    pub language: String,
    /// The allow-list: existing regular files, relative to the repository.
    pub files: Vec<String>,
    /// The bound of a diff, bytes.
    #[serde(default = "default_max_diff")]
    pub max_diff_bytes: usize,
    /// Structural patterns (ast-grep) of which a patch may not add any.
    #[serde(default)]
    pub forbidden: Vec<String>,
    /// Whether the files and redacted evidence may be sent to the language models in the patcher's settings.
    #[serde(default)]
    pub models: bool,
}

fn default_max_diff() -> usize {
    16 * 1024
}

/// What a reset restores: `template`'s bytes are written over `file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The fault file.
    pub file: String,
    /// The original beside it.
    pub template: String,
}

/// How it is built. Commands are argument vectors; they run in the sandbox, in the source folder (`/src`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The command; empty when nothing is to be built.
    #[serde(default)]
    pub command: Vec<String>,
    /// What makes up the artefact.
    pub outputs: Vec<Output>,
    /// The limit.
    #[serde(default = "default_build_timeout")]
    pub timeout_ms: u64,
    /// Folders of the source folder that are kept warm from build to build (e.g. `target`); a candidate works on an overlay.
    #[serde(default)]
    pub warm: Vec<String>,
}

fn default_build_timeout() -> u64 {
    600_000
}

/// A file or folder of the artefact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// In the source folder, after the build.
    pub from: String,
    /// In the artefact.
    pub to: String,
}

/// How it is tested, in the sandbox after the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The command; must not be empty: an untested patch is not admitted.
    pub command: Vec<String>,
    /// The limit.
    #[serde(default = "default_test_timeout")]
    pub timeout_ms: u64,
}

fn default_test_timeout() -> u64 {
    120_000
}

/// How it is run. `{artefact}` in the command is the folder of the artefact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The command.
    pub command: Vec<String>,
    /// The environment variable that tells the port on loopback to listen on.
    #[serde(default = "default_port_env")]
    pub port_env: String,
    /// The prefix of the paths that `front` sends here.
    #[serde(default = "default_prefix")]
    pub prefix: String,
    /// Environment of a deployed instance.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Environment variables whose value is a secret: variable → the file that holds it. Read by the deployer only.
    #[serde(default)]
    pub secret_env: BTreeMap<String, String>,
    /// Environment of a candidate in the sandbox; nothing of `env` is there.
    #[serde(default)]
    pub scratch_env: BTreeMap<String, String>,
    /// How to tell that it is healthy.
    pub health: Health,
    /// How long an instance may take to finish its requests after SIGTERM, milliseconds.
    #[serde(default = "default_drain")]
    pub drain_ms: u64,
    /// How long the live version is watched after a switch, milliseconds.
    #[serde(default)]
    pub bake_ms: u64,
}

fn default_port_env() -> String {
    "PORT".into()
}
fn default_prefix() -> String {
    "/".into()
}
fn default_drain() -> u64 {
    5_000
}

/// How to tell that an instance is healthy: 200 on a path within a time; and later, that it hangs: no answer at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The path.
    pub path: String,
    /// The limit from start to the first 200, milliseconds.
    #[serde(default = "default_health_timeout")]
    pub timeout_ms: u64,
    /// For how long the live instance may answer nothing there before it is ended and started again, milliseconds; 0: for ever.
    /// Any answer counts, whatever its status.
    #[serde(default = "default_hung")]
    pub hung_ms: u64,
}

fn default_health_timeout() -> u64 {
    10_000
}
fn default_hung() -> u64 {
    5_000
}

/// The shortest and the longest silence that can be named, milliseconds: it is asked once a second, and three questions at least
/// must stay without an answer.
const HUNG_MS: (u64, u64) = (3_000, 600_000);

impl Health {
    /// For how long the live instance may answer nothing; none: for ever.
    pub fn hung(&self) -> Option<Duration> {
        (self.hung_ms > 0).then(|| Duration::from_millis(self.hung_ms))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let (least, most) = HUNG_MS;
        if self.hung_ms != 0 && !(least..=most).contains(&self.hung_ms) {
            return Err(format!(
                "`run.health.hung_ms` is {}; it must be {least} to {most}, or 0 for a process that is left alone however long it answers nothing",
                self.hung_ms
            ));
        }
        Ok(())
    }
}
