//! The target catalogue: one TOML file a watched service, in `deploy/targets/`. Everything that a platform service
//! knows of a target stands here.

mod contract;
mod deploy;
mod earn;
mod fault;
mod handover;
mod healthy;
mod parts;
mod relief;
mod resource;
mod sandbox;
mod unknown;

pub use contract::{
    Behaviour, Calls, Case, Contract, Double, Expectation, NONCE, Play, ReplayPermission, Request, Sequential,
    StatementStep, Witness, longest,
};
pub use deploy::{Backend, Pipeline, Version};
pub use earn::Earn;
pub use handover::Handing;
pub use healthy::Healthy;
pub use parts::{Autonomy, Build, FaultRule, Health, Logs, Output, Patch, Repository, Reset, Run, Test};
pub use relief::Relief;
pub use resource::{
    Boot, Configuration, ConfigurationFormat, Credential, DatabaseFile, Disk, Endpoint, Lever, LeverBy, Memory,
    ModelServer, Network, Phase, Port, Refresh, Resource, ResourceKind, Workload,
};
pub use sandbox::{Forward, Limits, Mount, Sandbox, SandboxService};
pub use unknown::{Burst, ERROR_BURST, UNKNOWN_MANY, Unknown};

use crate::{FaultCode, TargetName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A watched service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name: also the file's.
    pub name: TargetName,
    /// The targets and services it needs, for correlation.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// How much may be done without a person.
    #[serde(default)]
    pub autonomy: Autonomy,
    /// When a remedy has earned to be applied without a person where one would have to approve; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earn: Option<Earn>,
    /// Where its source is.
    pub repository: Repository,
    /// Where its log lines are.
    pub logs: Logs,
    /// The faults to look for.
    pub faults: Vec<FaultRule>,
    /// How errors are noticed that none of them names; left out: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Unknown>,
    /// When more error lines than usual are an incident; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<Burst>,
    /// What a patch may touch.
    pub patch: Patch,
    /// What a reset restores.
    #[serde(default)]
    pub reset: Vec<Reset>,
    /// How it is built.
    pub build: Build,
    /// How it is tested.
    pub test: Test,
    /// What the sandbox offers besides an empty world.
    #[serde(default)]
    pub sandbox: Sandbox,
    /// How it is run.
    pub run: Run,
    /// Who rolls it out.
    #[serde(default)]
    pub deploy: Backend,
    /// What a healthy route does, by fault.
    #[serde(default)]
    pub contracts: Vec<Contract>,
    /// What is fine and must stay so.
    #[serde(default)]
    pub healthy: Healthy,
    /// Which failed calls of others may be handed over; left out: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handing>,
    /// What of it is watched and healed while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// The switches that it offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levers: Vec<Lever>,
}

impl Target {
    /// Reads a target file's text.
    ///
    /// # Errors
    /// One sentence that says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        let target: Target = toml::from_str(text).map_err(|error| InvalidTarget(error.to_string()))?;
        target.check().map_err(InvalidTarget)?;
        Ok(target)
    }

    /// The contract of a fault.
    pub fn contract(&self, code: &FaultCode) -> Option<&Contract> {
        self.contracts.iter().find(|contract| contract.fault == *code)
    }

    /// The rule of a fault.
    pub fn fault(&self, code: &FaultCode) -> Option<&FaultRule> {
        self.faults.iter().find(|fault| fault.code == *code)
    }

    /// The resource that a fault is about.
    pub fn resource(&self, code: &FaultCode) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.fault == *code)
    }

    fn check(&self) -> Result<(), String> {
        if self.faults.is_empty() {
            return Err("`faults` is empty: name at least one fault with its marker".into());
        }
        self.faults.iter().try_for_each(FaultRule::check)?;
        self.check_unmarked()?;
        self.check_reliefs()?;
        for file in self.patch.files.iter().chain(self.reset.iter().flat_map(|r| [&r.file, &r.template])) {
            if !is_plain_path(file) {
                return Err(format!("{file:?} is not a plain relative path (no `..`, no leading `/`, no `.git`)"));
            }
        }
        if self.earn.is_some_and(|earn| !(earn.lower_bound > 0.0 && earn.lower_bound < 1.0)) {
            return Err(
                "`earn.lower_bound` must be above 0 and below 1, e.g. 0.8: sixteen successes without a failure".into(),
            );
        }
        let unknown = self.contracts.iter().find(|contract| self.fault(&contract.fault).is_none());
        if let Some(contract) = unknown {
            return Err(format!("a contract names the fault {} which `faults` does not have", contract.fault));
        }
        self.contracts.iter().try_for_each(Contract::check)?;
        self.healthy.check()?;
        self.handover.as_ref().map_or(Ok(()), Handing::check)?;
        self.deploy.check()?;
        self.run.health.check()?;
        resource::check(&self.resources, &self.levers)?;
        if self.run.command.is_empty() || self.build.outputs.is_empty() {
            return Err("`run.command` and `build.outputs` must name at least one thing each".into());
        }
        Ok(())
    }
}

/// Whether a path stays beneath its root whatever it is joined to: `a/b.rs`, never `../x`, `/x`, `.git/x`.
pub fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 512
        && !path.contains('\0')
        && !path.contains('\\')
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

/// Why a target file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the target file is not valid: {0}")]
pub struct InvalidTarget(pub String);

/// The targets by name.
pub type Catalogue = BTreeMap<TargetName, Target>;
