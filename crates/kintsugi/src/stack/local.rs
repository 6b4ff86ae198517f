//! `deploy/local-stack.toml`: what the local stack watches, as data.

use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file, below a checkout.
pub const FILE: &str = "deploy/local-stack.toml";

/// `deploy/local-stack.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalStack {
    /// The watched targets.
    #[serde(default)]
    pub targets: Vec<Entry>,
}

/// A watched target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The target file, with `${NAME}` where the stack fills in.
    pub file: PathBuf,
    /// The folder its remote begins with.
    pub source: PathBuf,
    /// The name of its database; the scratch twin is `<name>_scratch`.
    pub database: String,
    /// More names to fill in, with what stands for them; the operator's environment variable of that name wins.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Processes that run beside it.
    #[serde(default)]
    pub companions: Vec<Companion>,
}

/// A process beside a target: supervised like a service, without any credential of the platform.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// Its name, also of its log.
    pub name: String,
    /// Its program, beside the services' own.
    pub program: String,
    /// Where it answers on loopback; a free port is taken when this one is not.
    pub port: u16,
    /// The variable that tells it its port.
    pub port_env: String,
    /// Its environment; the operator's environment variable of the same name wins. What is empty is not set.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// It runs when a `GET` of this path answers 200.
    pub health: String,
    /// The name that stands for its URL in the target file.
    pub placeholder: String,
}

/// Reads the file of a checkout.
///
/// # Errors
/// When it is not there or not of this form.
pub fn load(root: &Path) -> anyhow::Result<LocalStack> {
    let path = root.join(FILE);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))
}

/// What a map of variables says, with the operator's environment before it.
pub fn resolve(variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |(name, fallback): (&String, &String)| {
        (name.clone(), chassis::settings::variable(name).unwrap_or_else(|| fallback.clone()))
    };
    variables.iter().map(value).collect()
}
