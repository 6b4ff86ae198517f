//! Imports go down only, never sideways; and `docs/calls.txt` says who calls whom, as the settings say it.

use anyhow::{Context, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The layer of each crate. A crate imports only from lower layers; `dev` crates may import everything below them, and
/// dev-dependencies may come from `dev` crates.
const LAYERS: &[(&str, u8)] = &[
    ("wire", 0),
    ("substrate", 0),
    ("semantic", 1),
    ("codemod", 1),
    ("miner", 1),
    ("correlation", 1),
    ("chassis", 1),
    ("kubernetes", 1),
    ("database", 2),
    ("client", 2),
    ("models", 2),
    ("git-remote", 2),
    ("playbooks", 2),
    ("fault-app", 3),
    ("mock-upstream", 3),
    ("fault-router", 3),
    ("incident-store", 3),
    ("rag-gateway", 3),
    ("patcher", 3),
    ("verifier", 3),
    ("deployer", 3),
    ("healer", 3),
    ("front", 3),
    ("notifier", 3),
    ("warden", 3),
    ("kintsugi", 3),
    ("testkit", 4),
    ("variants", 4),
    ("e2e", 5),
    ("bench", 6),
    ("xtask", 5),
];
/// The first layer of `dev` crates.
const DEV: u8 = 4;
/// Depth and number of imports between our crates that make us look twice. What is shipped has a bound of its own: tests and
/// measurements import what they look at, so theirs grow with it and say nothing of its structure.
const MAX_DEPTH: usize = 5;
const MAX_EDGES: usize = 60;
const MAX_DEV_EDGES: usize = 31;

/// Checks imports and calls.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let layers: BTreeMap<&str, u8> = LAYERS.iter().copied().collect();
    let mut edges = BTreeMap::new();
    for folder in crates(root)? {
        let name =
            folder.file_name().and_then(|name| name.to_str()).context("a crate's folder without a name")?.to_owned();
        let layer = *layers
            .get(name.as_str())
            .with_context(|| format!("{name} has no layer: add it to xtask/src/layers.rs"))?;
        let imports = imports(&folder, &layers)?;
        for import in &imports {
            let below = layers.get(import.as_str()).is_some_and(|other| *other < layer);
            ensure!(below, "{name} (layer {layer}) imports {import}: imports go down only, never sideways");
        }
        edges.insert(name, imports);
    }
    let is_dev = |name: &str| layers.get(name).is_some_and(|layer| *layer >= DEV);
    let (dev, shipped): (Vec<_>, Vec<_>) = edges.iter().partition(|(name, _)| is_dev(name));
    let count = |some: &[(&String, &BTreeSet<String>)]| some.iter().map(|(_, imports)| imports.len()).sum::<usize>();
    let depth = shipped.iter().map(|(name, _)| depth(name, &edges)).max().unwrap_or(0);
    let (dev, shipped) = (count(&dev), count(&shipped));
    ensure!(
        depth <= MAX_DEPTH && shipped <= MAX_EDGES && dev <= MAX_DEV_EDGES,
        "{shipped} imports, {dev} of dev crates, {depth} deep: more than {MAX_EDGES}, {MAX_DEV_EDGES} or {MAX_DEPTH}"
    );
    let calls = calls(root)?;
    println!(
        "layers: {shipped} imports between {} crates, {dev} more of dev crates, {depth} deep; {} calls as in docs/calls.txt",
        edges.len(),
        calls
    );
    Ok(())
}

fn crates(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root.join("crates"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    Ok(found)
}

fn imports(folder: &Path, layers: &BTreeMap<&str, u8>) -> anyhow::Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml"))
        .with_context(|| format!("{} has no Cargo.toml", folder.display()))?;
    let manifest: toml::Table = toml::from_str(&text)?;
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let names = dependencies.into_iter().flat_map(|table| table.keys());
    Ok(names.filter(|name| layers.contains_key(name.as_str())).cloned().collect())
}

fn depth(name: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> usize {
    let below = edges.get(name).into_iter().flatten().map(|import| depth(import, edges)).max();
    below.unwrap_or(0) + 1
}

/// A service calls another when its settings name the other's address; the patient's report is named by its own variable.
fn calls(root: &Path) -> anyhow::Result<usize> {
    let services: Vec<&str> = LAYERS.iter().filter(|(_, layer)| *layer == 3).map(|(name, _)| *name).collect();
    let mut found = BTreeSet::new();
    for caller in &services {
        let path = root.join(format!("crates/{caller}/src/settings.rs"));
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for callee in &services {
            let field = format!("pub {}: String", callee.replace('-', "_"));
            let reports = *callee == "incident-store" && text.contains("INCIDENT_REPORT_URL");
            if text.contains(&field) || reports {
                found.insert(format!("{caller} -> {callee}"));
            }
        }
    }
    let path = root.join("docs/calls.txt");
    let text = std::fs::read_to_string(&path).context("cannot read docs/calls.txt")?;
    let written: BTreeSet<String> =
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect();
    if let Some(missing) = found.difference(&written).next() {
        bail!("docs/calls.txt lacks `{missing}`, which the settings say");
    }
    if let Some(extra) = written.difference(&found).next() {
        bail!("docs/calls.txt has `{extra}`, which no settings say");
    }
    ensure!(is_acyclic(&found), "docs/calls.txt has a cycle");
    Ok(found.len())
}

fn is_acyclic(calls: &BTreeSet<String>) -> bool {
    let mut open: Vec<(&str, &str)> = calls.iter().filter_map(|call| call.split_once(" -> ")).collect();
    loop {
        let callers: BTreeSet<&str> = open.iter().map(|(caller, _)| *caller).collect();
        let before = open.len();
        // Whoever calls nobody (any more) is no part of a cycle.
        open.retain(|(_, callee)| callers.contains(callee));
        if open.is_empty() {
            return true;
        }
        if open.len() == before {
            return false;
        }
    }
}
