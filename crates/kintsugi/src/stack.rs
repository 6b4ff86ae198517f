//! The local stack: private PostgreSQL and Redis, the targets' remotes, and a supervised process per service.

pub mod credentials;
pub mod databases;
pub mod descendants;
pub mod layout;
pub mod ports;
pub mod remote;
pub mod services;
pub mod supervisor;
pub mod targets;

use anyhow::Context;
use chassis::auth::Credentials;
use client::{Callee, IncidentStore};
use layout::Layout;
use ports::Ports;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use substrate::{Postgres, Redis};
use supervisor::Supervisor;
use wire::Service;
use wire::target::Catalogue;

/// How long a service may take to be ready; its migrations are part of it.
const READY: Duration = Duration::from_secs(60);

/// What a stack is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is kept.
    pub home: PathBuf,
    /// The folder of the services' programs.
    pub programs: PathBuf,
    /// The folder of the settings files.
    pub settings: PathBuf,
    /// The targets.
    pub targets: targets::Source,
    /// The folder of known cures.
    pub knowledge: PathBuf,
    /// Where services answer.
    pub ports: Ports,
    /// More environment by service, which wins.
    pub overrides: BTreeMap<Service, BTreeMap<String, String>>,
    /// Whether PostgreSQL waits for the disk.
    pub durable: bool,
}

/// A running stack. [`Stack::end`] leaves nothing behind; dropping it does too.
#[derive(Debug)]
pub struct Stack {
    /// Its folders.
    pub layout: Layout,
    /// Where services answer.
    pub ports: Ports,
    /// The targets as the services see them.
    pub catalogue: Catalogue,
    /// Its services.
    pub supervisor: Supervisor,
    /// How long each took from its start to ready, milliseconds.
    pub ready_ms: BTreeMap<Service, f64>,
    /// PostgreSQL.
    pub postgres: Postgres,
    redis: Redis,
    operator: Arc<Credentials>,
    _lock: std::fs::File,
}

impl Stack {
    /// Brings everything up; `say` gets one line a part.
    ///
    /// # Errors
    /// At the first part that does not come up; what was started is ended again.
    pub async fn start(options: Options, say: &mut dyn FnMut(String)) -> anyhow::Result<Self> {
        let layout = Layout::make(&options.home)?;
        let lock = lock(&layout)?;
        descendants::end_left_over(&layout.at("artefacts"));
        let tokens = credentials::issue(&layout)?;
        let (postgres, redis) = servers(&layout, options.durable, say).await?;
        databases::of_platform(&postgres, &layout)?;
        let catalogue = targets::prepare(&options, &layout, &postgres, say)?;
        let supervisor = Supervisor::begin()?;
        let token = tokens.get(&Service::Kintsugi).cloned().unwrap_or_default();
        let operator = Arc::new(Credentials { token: token.into(), accept: Vec::new() });
        let mut stack = Self {
            layout,
            ports: options.ports.clone(),
            catalogue,
            supervisor,
            ready_ms: BTreeMap::new(),
            postgres,
            redis,
            operator,
            _lock: lock,
        };
        stack.start_services(&options, say).await?;
        Ok(stack)
    }

    async fn start_services(&mut self, options: &Options, say: &mut dyn FnMut(String)) -> anyhow::Result<()> {
        let specs = services::specs(options, &self.layout, &self.redis);
        let begun = Instant::now();
        let waiting: Vec<_> = specs.iter().map(|spec| (spec.service, spec.url.clone())).collect();
        for spec in specs {
            let service = spec.service;
            self.supervisor.add(spec).with_context(|| format!("cannot start {service}"))?;
        }
        for (service, url) in waiting {
            let log = self.layout.log(service);
            until_ready(service, &url)
                .await
                .with_context(|| format!("{service} is not ready; its log is {}", log.display()))?;
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            self.ready_ms.insert(service, ms);
            let pid = self.supervisor.running().get(&service).and_then(|running| running.pid);
            say(format!("{service:<15} {url}  pid {}  ready after {ms:.0} ms", pid.unwrap_or_default()));
        }
        Ok(())
    }

    /// The store, as the operator calls it.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn store(&self) -> anyhow::Result<IncidentStore> {
        let url = self.ports.url(Service::IncidentStore);
        Ok(IncidentStore::new(Callee::new(Service::IncidentStore, &url, Arc::clone(&self.operator))?))
    }

    /// The deployer, as the operator calls it.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn deployer(&self) -> anyhow::Result<client::Deployer> {
        let url = self.ports.url(Service::Deployer);
        Ok(client::Deployer::new(Callee::new(Service::Deployer, &url, Arc::clone(&self.operator))?))
    }

    /// Starts a second process of a service on a free port, for tests of replicas. Answers its base URL.
    ///
    /// # Errors
    /// When it cannot be started or is not ready in time.
    pub async fn add_replica(&self, service: Service, options: &Options) -> anyhow::Result<String> {
        let address = format!("127.0.0.1:{}", substrate::free_port()?);
        let specs = services::specs(options, &self.layout, &self.redis);
        let mut spec = specs.into_iter().find(|spec| spec.service == service).context("no such service")?;
        spec.env.insert(format!("{}__LISTEN", service.as_str().replace('-', "_").to_uppercase()), address.clone());
        spec.url = format!("http://{address}");
        let url = spec.url.clone();
        self.supervisor.add(spec)?;
        until_ready(service, &url).await?;
        Ok(url)
    }

    /// The front's base URL.
    pub fn front(&self) -> String {
        self.ports.url(Service::Front)
    }

    /// Ends everything: services, instances, PostgreSQL, Redis.
    pub fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.supervisor.end(&[self.postgres.pid(), self.redis.pid()]);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One stack a folder.
fn lock(layout: &Layout) -> anyhow::Result<std::fs::File> {
    let path = layout.at("lock");
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path)?;
    let taken = file.try_lock();
    anyhow::ensure!(
        taken.is_ok(),
        "another stack runs in {}: end it first (Ctrl-C there), or choose another folder with --home",
        layout.home.display()
    );
    Ok(file)
}

async fn servers(layout: &Layout, durable: bool, say: &mut dyn FnMut(String)) -> anyhow::Result<(Postgres, Redis)> {
    let folder = substrate::folder_for(&layout.at("postgres"));
    let shown = folder.display().to_string();
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&folder, durable)).await??;
    say(format!("postgresql      127.0.0.1:{}  pid {}  in {shown}", postgres.port, postgres.pid()));
    let folder = substrate::folder_for(&layout.at("redis"));
    let redis = tokio::task::spawn_blocking(move || Redis::start(&folder)).await??;
    say(format!("redis           127.0.0.1:{}  pid {}", redis.port, redis.pid()));
    Ok((postgres, redis))
}

/// Waits until a service answers its health check and, where it has one, its readiness check.
async fn until_ready(service: Service, url: &str) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    let until = Instant::now() + READY;
    // The front passes everything on that is not its own.
    let checks: &[&str] = if service == Service::Front {
        &[wire::paths::FRONT_HEALTH]
    } else {
        &[wire::paths::HEALTH, wire::paths::READY]
    };
    for path in checks {
        loop {
            let answer = http.get(format!("{url}{path}")).send().await;
            let status = answer.map(|answer| answer.status().as_u16());
            // A service that depends on nothing has no readiness check.
            if matches!(status, Ok(200 | 404)) {
                break;
            }
            anyhow::ensure!(Instant::now() < until, "no answer to {path} within {READY:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}
