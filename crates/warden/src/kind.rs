//! The playbook of a resource.

use crate::ward::Shared;
use playbooks::{ConfigurationPlaybook, Diary, DiaryError, Playbook, Site};
use wire::runtime::{ActReport, Invariant};
use wire::target::ResourceKind;

/// The playbooks that there are; a resource of another kind is not looked after, and that is said.
pub(crate) enum Kind {
    Configuration(ConfigurationPlaybook),
}

/// Does the same with whichever it is.
macro_rules! each {
    ($kind:expr, $playbook:ident => $do:expr) => {
        match $kind {
            Kind::Configuration($playbook) => $do,
        }
    };
}

/// What one look brought.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    pub(crate) invariants: Vec<Invariant>,
    pub(crate) diagnosis: String,
    pub(crate) strikes: u32,
}

impl Kind {
    /// Of a resource.
    pub(crate) fn of(resource: &ResourceKind, _shared: &Shared) -> Option<Self> {
        match resource {
            ResourceKind::Configuration(file) => Some(Kind::Configuration(ConfigurationPlaybook::new(file.clone()))),
            _ => None,
        }
    }

    pub(crate) async fn look(&self) -> Looked {
        each!(self, playbook => {
            let seen = playbook.look().await;
            Looked {
                invariants: playbook.invariants(&seen),
                diagnosis: playbook.diagnose(&seen),
                strikes: playbook.strikes(),
            }
        })
    }

    pub(crate) async fn heal(&self, site: &Site, diary: &mut Diary, cause: &str) -> Result<ActReport, DiaryError> {
        each!(self, playbook => playbooks::heal(playbook, site, diary, cause).await)
    }

    pub(crate) async fn withdraw(&self, site: &Site, diary: &mut Diary) -> Result<bool, DiaryError> {
        each!(self, playbook => playbooks::withdraw(playbook, site, diary).await)
    }
}
