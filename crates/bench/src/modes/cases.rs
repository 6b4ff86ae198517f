//! The failures, each really made.

pub(super) mod files;
pub(super) mod services;

use super::once::Run;
use std::path::Path;
use std::time::Duration;

/// A failure mode, or a way it comes about.
pub(super) struct Case {
    /// Its number in the specification.
    pub(super) mode: u32,
    pub(super) name: &'static str,
    /// How it is injected, for people.
    pub(super) injected: &'static str,
    /// The promised time, seconds.
    pub(super) limit_s: u64,
    /// Makes one run, in a folder of its own, after a pause.
    pub(super) run: fn(&Path, Duration) -> anyhow::Result<Run>,
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut cases = files::cases();
    cases.extend(services::cases());
    cases.sort_by_key(|case| case.mode);
    cases
}

/// Runs to the end, on this thread.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

fn text(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn levers(folder: &Path, names: &[&str]) -> anyhow::Result<playbooks::Levers> {
    let mut levers = Vec::new();
    for name in names {
        let by = wire::target::LeverBy::File(text(folder, name));
        let title = format!("pull {name}");
        levers.push(wire::target::Lever { name: lever(name)?, title, by });
    }
    Ok(playbooks::Levers::new(&levers, reqwest::Client::new()))
}

fn lever(name: &str) -> anyhow::Result<wire::runtime::ResourceName> {
    name.to_owned().try_into().map_err(anyhow::Error::msg)
}
