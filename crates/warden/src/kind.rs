//! The playbook of a resource.

use crate::ward::Shared;
use anyhow::Context;
use playbooks::{
    BootPlaybook, ConfigurationPlaybook, CredentialPlaybook, DatabasePlaybook, Diary, DiaryError, DiskPlaybook,
    EndpointPlaybook, Intended, MemoryPlaybook, ModelServerPlaybook, NetworkPlaybook, Playbook, PortPlaybook, Site,
    WorkloadPlaybook,
};
use wire::runtime::{ActReport, Intent, Invariant};
use wire::target::ResourceKind;

/// One of the playbooks.
pub(crate) enum Kind {
    Boot(BootPlaybook),
    Configuration(ConfigurationPlaybook),
    Credential(CredentialPlaybook),
    DatabaseFile(DatabasePlaybook),
    Disk(DiskPlaybook),
    Endpoint(EndpointPlaybook),
    Memory(MemoryPlaybook),
    ModelServer(ModelServerPlaybook),
    Network(NetworkPlaybook),
    Port(PortPlaybook),
    Workload(Box<WorkloadPlaybook>),
}

/// Does the same with whichever it is.
macro_rules! each {
    ($kind:expr, $playbook:ident => $do:expr) => {
        match $kind {
            Kind::Boot($playbook) => $do,
            Kind::Configuration($playbook) => $do,
            Kind::Credential($playbook) => $do,
            Kind::DatabaseFile($playbook) => $do,
            Kind::Disk($playbook) => $do,
            Kind::Endpoint($playbook) => $do,
            Kind::Memory($playbook) => $do,
            Kind::ModelServer($playbook) => $do,
            Kind::Network($playbook) => $do,
            Kind::Port($playbook) => $do,
            Kind::Workload($playbook) => {
                let $playbook = &**$playbook;
                $do
            }
        }
    };
}

/// What one look brought.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    pub(crate) invariants: Vec<Invariant>,
    pub(crate) diagnosis: String,
    pub(crate) strikes: u32,
    /// How often it had been healed by then.
    pub(crate) healed: u64,
}

impl Kind {
    /// Of a resource.
    pub(crate) fn of(resource: &ResourceKind, shared: &Shared) -> anyhow::Result<Self> {
        let levers = || shared.levers.clone();
        Ok(match resource.clone() {
            ResourceKind::Boot(boot) => Kind::Boot(BootPlaybook::new(boot, levers(), shared.clock.clone())),
            ResourceKind::Configuration(file) => Kind::Configuration(ConfigurationPlaybook::new(file)),
            ResourceKind::Credential(credential) => Kind::Credential(CredentialPlaybook::new(credential, levers())),
            ResourceKind::DatabaseFile(file) => Kind::DatabaseFile(DatabasePlaybook::new(file, levers())),
            ResourceKind::Disk(disk) => Kind::Disk(DiskPlaybook::new(disk, shared.clock.clone())),
            ResourceKind::Endpoint(endpoint) => Kind::Endpoint(EndpointPlaybook::new(endpoint)),
            ResourceKind::Memory(memory) => Kind::Memory(MemoryPlaybook::new(memory, levers())),
            ResourceKind::ModelServer(server) => Kind::ModelServer(ModelServerPlaybook::new(server, levers())),
            ResourceKind::Network(network) => Kind::Network(NetworkPlaybook::new(network, levers())),
            ResourceKind::Port(port) => Kind::Port(PortPlaybook::new(port)),
            ResourceKind::Workload(workload) => {
                let cluster = shared.cluster.clone().context("there is no cluster")?;
                Kind::Workload(Box::new(WorkloadPlaybook::new(workload, cluster, shared.clock.clone())))
            }
        })
    }

    pub(crate) async fn look(&self) -> Looked {
        each!(self, playbook => {
            let seen = playbook.look().await;
            Looked {
                invariants: playbook.invariants(&seen),
                diagnosis: playbook.diagnose(&seen),
                strikes: playbook.strikes(),
                healed: 0,
            }
        })
    }

    pub(crate) async fn heal(
        &self,
        site: &Site,
        diary: &mut Diary,
        cause: &str,
        approved: Option<&Intent>,
    ) -> Result<ActReport, DiaryError> {
        // Each in a box: eleven of them in one frame are more than a worker's stack holds.
        each!(self, playbook => Box::pin(playbooks::heal_within(playbook, site, diary, cause, approved)).await)
    }

    pub(crate) async fn intend(&self, diary: &Diary, cause: &str) -> Intended {
        each!(self, playbook => Box::pin(playbooks::intend(playbook, diary, cause)).await)
    }

    pub(crate) async fn withdraw(&self, site: &Site, diary: &mut Diary) -> Result<bool, DiaryError> {
        each!(self, playbook => playbooks::withdraw(playbook, site, diary).await)
    }
}
