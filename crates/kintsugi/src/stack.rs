//! The local stack: private PostgreSQL and Redis, the targets' remotes, and a supervised process per service.

pub mod about;
pub mod begin;
pub mod companions;
pub mod credentials;
pub mod databases;
pub mod descendants;
pub mod layout;
pub mod local;
pub mod part;
pub mod ports;
pub mod remote;
pub mod services;
pub mod supervisor;
pub mod targets;
pub mod watchdog;

use about::About;
use anyhow::Context;
use begin::External;
use chassis::auth::Credentials;
use client::{Callee, IncidentStore};
use companions::Companion;
use layout::Layout;
use local::LocalStack;
use ports::Ports;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use substrate::{Postgres, Redis, SubstrateError};
use supervisor::{Part, Supervisor};
use wire::Service;
use wire::target::Catalogue;

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
    /// The processes beside the targets.
    pub companions: Vec<Companion>,
    /// PostgreSQL.
    pub postgres: Postgres,
    /// Redis.
    pub redis: Redis,
    operator: Arc<Credentials>,
    _lock: std::fs::File,
}

impl Stack {
    /// Brings everything up; `say` gets one line a part.
    ///
    /// # Errors
    /// At the first part that does not come up; what was started is ended again.
    pub async fn start(options: Options, say: &mut dyn FnMut(String)) -> anyhow::Result<Self> {
        Self::start_with(options, External::default(), say).await
    }

    /// The same, with servers that somebody else runs.
    ///
    /// # Errors
    /// See [`Self::start`].
    pub async fn start_with(options: Options, external: External, say: &mut dyn FnMut(String)) -> anyhow::Result<Self> {
        let layout = Layout::make(&options.home)?;
        let lock = begin::lock(&layout)?;
        descendants::end_left_over(&layout.at("artefacts"));
        let tokens = credentials::issue(&layout)?;
        let (postgres, redis) = begin::servers(&layout, &external, options.durable, say).await?;
        databases::of_platform(&postgres, &layout)?;
        let local = match &options.targets {
            targets::Source::Checkout(root) => local::load(root)?,
            targets::Source::Ready(_) => LocalStack::default(),
        };
        let companions = companions::resolve(&local, &options, &layout)?;
        let catalogue = targets::prepare(&options, &local, &companions, &layout, &postgres, say)?;
        let supervisor = Supervisor::begin()?;
        let token = tokens.get(&Service::Kintsugi).cloned().unwrap_or_default();
        let operator = Arc::new(Credentials { token: token.into(), accept: Vec::new() });
        let mut stack = Self {
            layout,
            ports: options.ports.clone(),
            catalogue,
            supervisor,
            ready_ms: BTreeMap::new(),
            companions,
            postgres,
            redis,
            operator,
            _lock: lock,
        };
        stack.start_companions(say).await?;
        stack.start_services(&options, say).await?;
        About::of(&stack).write(&stack.layout.home)?;
        Ok(stack)
    }

    async fn start_companions(&self, say: &mut dyn FnMut(String)) -> anyhow::Result<()> {
        for companion in &self.companions {
            self.supervisor.add(companion.spec()).with_context(|| format!("cannot start {}", companion.name))?;
            companion.until_ready().await?;
            say(format!("{:<15} {}  beside its target", companion.name, companion.url()));
        }
        Ok(())
    }

    async fn start_services(&mut self, options: &Options, say: &mut dyn FnMut(String)) -> anyhow::Result<()> {
        let specs = services::specs(options, &self.layout, &self.redis);
        let begun = Instant::now();
        for spec in specs {
            let part = spec.part.clone();
            self.supervisor.add(spec).with_context(|| format!("cannot start {part}"))?;
        }
        for service in Ports::services() {
            let url = self.ports.url(service);
            let log = self.layout.log(service);
            begin::until_ready(service, &url)
                .await
                .with_context(|| format!("{service} is not ready; its log is {}", log.display()))?;
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            self.ready_ms.insert(service, ms);
            let pid = self.supervisor.running().get(&service).and_then(|running| running.pid);
            let (name, pid) = (service.as_str(), pid.unwrap_or_default());
            say(format!("{name:<15} {url}  pid {pid}  ready after {ms:.0} ms"));
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
        let mut spec = specs.into_iter().find(|spec| spec.part == Part::Service(service)).context("no such service")?;
        spec.env.insert(format!("{}__LISTEN", service.as_str().replace('-', "_").to_uppercase()), address.clone());
        spec.url = format!("http://{address}");
        let url = spec.url.clone();
        self.supervisor.add(spec)?;
        begin::until_ready(service, &url).await?;
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

    /// Starts the stack's own PostgreSQL and Redis again if they have ended; answers which. It blocks until they answer.
    ///
    /// # Errors
    /// When one does not come up.
    pub fn revive_servers(&mut self) -> Result<Vec<&'static str>, SubstrateError> {
        // Both, before the first that does not come up is told.
        let ended = [("postgresql", self.postgres.revive()), ("redis", self.redis.revive())];
        ended.into_iter().filter_map(|(name, had)| had.map(|had| had.then_some(name)).transpose()).collect()
    }

    fn stop(&mut self) {
        let _gone = std::fs::remove_file(about::path(&self.layout.home));
        let servers: Vec<u32> = [self.postgres.pid(), self.redis.pid()].into_iter().flatten().collect();
        self.supervisor.end(&servers);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop();
    }
}
