//! The targets of a local stack: which files of this checkout they come from is data (`deploy/local-stack.toml`).

use super::companions::Companion;
use super::layout::{Layout, write_private};
use super::local::{self, Entry, LocalStack};
use super::{Options, databases, remote};
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use substrate::Postgres;
use wire::target::{Catalogue, Target};

/// Where targets come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// `deploy/local-stack.toml` of a checkout.
    Checkout(PathBuf),
    /// A folder with target files that need nothing from the stack.
    Ready(PathBuf),
}

/// Makes remotes and databases, writes the target files with everything filled in, and reads them as the services do.
///
/// # Errors
/// When a file is not valid, or a remote or database cannot be made.
pub fn prepare(
    options: &Options,
    local: &LocalStack,
    companions: &[Companion],
    layout: &Layout,
    postgres: &Postgres,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<Catalogue> {
    let folder = layout.at("targets");
    for stale in std::fs::read_dir(&folder)?.flatten() {
        std::fs::remove_file(stale.path())?;
    }
    match &options.targets {
        Source::Checkout(root) => {
            for entry in &local.targets {
                let mut values = local::resolve(&entry.variables);
                values.extend(companions.iter().map(|one| (one.placeholder.clone(), one.url().to_owned())));
                fill_in(entry, root, values, options, layout, postgres, say)?;
            }
        }
        Source::Ready(from) => {
            for entry in std::fs::read_dir(from)?.flatten() {
                std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
    }
    let catalogue = chassis::catalogue::load(&folder)?;
    for target in catalogue.values() {
        for logs in [&target.logs.live, &target.logs.private] {
            std::fs::create_dir_all(logs).with_context(|| format!("cannot make {logs}"))?;
        }
    }
    Ok(catalogue)
}

fn fill_in(
    entry: &Entry,
    root: &Path,
    mut values: BTreeMap<String, String>,
    options: &Options,
    layout: &Layout,
    postgres: &Postgres,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<()> {
    let path = root.join(&entry.file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = entry.file.file_stem().and_then(|stem| stem.to_str()).context("a target file without a name")?;
    let name: wire::TargetName = name.parse()?;
    let bare = layout.remote(&name);
    if text.contains("${REMOTE}") {
        let seeded = remote::seed(&bare, &root.join(&entry.source))?;
        say(format!("{:<15} {}  {seeded:?}", name.to_string(), bare.display()));
    } else {
        say(format!("{:<15} its remote is the one that its file names", name.to_string()));
    }
    let scratch = databases::of_target(postgres, layout, &entry.database, &format!("{name}-database-url"))?;
    std::fs::copy(layout.secret("report-token"), layout.secret(&format!("{name}-report-token")))?;
    let shown = |path: PathBuf| path.display().to_string();
    let toolchain = toolchain(&root.join(&entry.source))?;
    let own = [
        ("REMOTE", shown(bare)),
        ("LOGS", shown(layout.target_logs(&name))),
        ("TRAFFIC", shown(layout.at("state/traffic"))),
        ("SECRETS", shown(layout.at("secrets"))),
        ("INCIDENT_STORE", options.ports.url(wire::Service::IncidentStore)),
        ("FRONT", options.ports.url(wire::Service::Front)),
        ("RUN", shown(layout.at(&format!("state/run/{name}")))),
        ("PG_SOCKET_DIR", shown(postgres.socket_folder())),
        ("PG_LOG", shown(postgres.log_folder())),
        ("SCRATCH_DATABASE_URL", scratch),
        ("CARGO_HOME", toolchain.cargo_home),
        ("CARGO_BIN", format!("{}/bin", toolchain.sysroot)),
    ];
    values.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let filled = values.iter().fold(text, |text, (name, value)| text.replace(&format!("${{{name}}}"), value));
    Target::parse(&filled).with_context(|| format!("cannot use {}", path.display()))?;
    write_private(&layout.at("targets").join(format!("{name}.toml")), &filled)
}

struct Toolchain {
    sysroot: String,
    cargo_home: String,
}

/// The compiler that builds the target, as it is used in its folder.
fn toolchain(source: &Path) -> anyhow::Result<Toolchain> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir(source).output();
    let output = output.context("rustc is not on the PATH: install a Rust toolchain (1.94 or newer)")?;
    let told = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "rustc --print sysroot failed: {}", told.trim());
    let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let home = chassis::settings::variable("CARGO_HOME")
        .or_else(|| chassis::settings::variable("HOME").map(|home| format!("{home}/.cargo")));
    Ok(Toolchain { sysroot, cargo_home: home.context("neither CARGO_HOME nor HOME is set")? })
}
