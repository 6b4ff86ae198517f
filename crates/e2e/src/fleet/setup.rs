//! How a fleet is to be.

use std::collections::BTreeMap;
use std::path::Path;
use testkit::ssh::Sshd;

/// What a story changes before the fleet starts.
#[derive(Debug, Default)]
pub struct Setup {
    /// More environment for every service.
    pub env: BTreeMap<String, String>,
    /// Cures instead of the right one: file name and text.
    pub cures: Option<Vec<(&'static str, String)>>,
    /// What becomes of the target file's text.
    pub edit: Option<fn(&str) -> String>,
    /// Makes the resources of the target in a folder, and answers their part of the target file.
    pub resources: Option<fn(&Path) -> String>,
    /// The host behind which the target's remote is, instead of a folder.
    pub sshd: Option<Sshd>,
    /// Whether PostgreSQL keeps each commit before it says so; for stories that kill it.
    pub durable: bool,
    /// Whether a pipeline deploys the target.
    pub by_pipeline: bool,
    /// More targets that only the store and the healer know, with what each needs; none of them runs.
    pub beside: Vec<(String, Vec<String>)>,
}
