//! Services started one by one, as the local stack starts them: with its settings, credentials and databases.

use anyhow::Context;
use kintsugi::stack::layout::Layout;
use kintsugi::stack::ports::Ports;
use kintsugi::stack::{Options, credentials, databases, services, supervisor, targets};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use substrate::{Owned, Postgres, Redis};
use wire::Service;

/// A target that nothing is ever done to.
const TARGET: &str = include_str!("stand/bench.toml");

/// The servers and files that services need. Dropping it ends the servers.
#[derive(Debug)]
pub(crate) struct Stand {
    pub(crate) layout: Layout,
    pub(crate) postgres: Postgres,
    redis: Redis,
    options: Options,
    database: PathBuf,
}

impl Stand {
    /// Brings PostgreSQL and Redis up. PostgreSQL waits for the disk at each commit.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let layout = Layout::make(&folder.join("stand"))?;
        let knowledge = layout.at("knowledge");
        std::fs::create_dir_all(&knowledge)?;
        credentials::issue(&layout)?;
        let database = substrate::folder_for(&layout.at("postgres"));
        let postgres = Postgres::start(&database, true)?;
        let redis = Redis::start(&substrate::folder_for(&layout.at("redis")))?;
        databases::of_platform(&postgres, &layout)?;
        let own = std::env::current_exe().context("cannot find this program")?;
        let options = Options {
            home: layout.home.clone(),
            programs: own.parent().context("this program has no folder")?.to_owned(),
            settings: layout.at("no-settings"),
            targets: targets::Source::Ready(layout.at("targets")),
            knowledge,
            ports: Ports::free()?,
            overrides: BTreeMap::new(),
            durable: true,
        };
        Ok(Self { layout, postgres, redis, options, database })
    }

    /// Adds the target. Its log folder.
    pub(crate) fn add_target(&self) -> anyhow::Result<PathBuf> {
        let logs = self.layout.at("logs/bench");
        let live = logs.join("live");
        for folder in [live.clone(), logs.join("private")] {
            std::fs::create_dir_all(folder)?;
        }
        let text = TARGET.replace("${LOGS}", &logs.display().to_string());
        std::fs::write(self.layout.at("targets/bench.toml"), text)?;
        Ok(live)
    }

    /// How a service is started.
    pub(crate) fn spec(&self, service: Service) -> anyhow::Result<supervisor::Spec> {
        let specs = services::specs(&self.options, &self.layout, &self.redis).into_iter();
        let spec = specs.into_iter().find(|spec| spec.part == supervisor::Part::Service(service));
        let spec = spec.with_context(|| format!("{service} is no part of a stack"))?;
        let program = spec.argv.first().map(PathBuf::from).unwrap_or_default();
        anyhow::ensure!(program.exists(), "{service} is not built: `cargo build --release -p {service}`");
        Ok(spec)
    }

    /// Starts a service.
    pub(crate) fn run(spec: &supervisor::Spec) -> anyhow::Result<Owned> {
        Ok(Owned::start_with(&spec.argv, &spec.env, &spec.log)?)
    }

    /// The URL of `incident-store`'s role.
    pub(crate) fn database_url(&self) -> anyhow::Result<String> {
        let file = self.layout.secret("incident-store-database-url");
        std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        // Another user's files, perhaps outside of the row's folder; the server is still up, and its folder goes with its end.
        if !self.database.starts_with(&self.layout.home) {
            let _gone = std::fs::remove_dir_all(&self.database);
        }
    }
}
