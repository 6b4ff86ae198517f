//! The services of the platform.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The services of the platform and its people, as callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Service {
    FaultApp,
    FaultRouter,
    IncidentStore,
    RagGateway,
    Patcher,
    Verifier,
    Deployer,
    Healer,
    Front,
    Notifier,
    Warden,
    Kintsugi,
}

impl Service {
    /// All of them.
    pub const ALL: [Service; 12] = [
        Service::FaultApp,
        Service::FaultRouter,
        Service::IncidentStore,
        Service::RagGateway,
        Service::Patcher,
        Service::Verifier,
        Service::Deployer,
        Service::Healer,
        Service::Front,
        Service::Notifier,
        Service::Warden,
        Service::Kintsugi,
    ];

    /// The name: of the package, the binary and the settings file.
    pub fn as_str(self) -> &'static str {
        match self {
            Service::FaultApp => "fault-app",
            Service::FaultRouter => "fault-router",
            Service::IncidentStore => "incident-store",
            Service::RagGateway => "rag-gateway",
            Service::Patcher => "patcher",
            Service::Verifier => "verifier",
            Service::Deployer => "deployer",
            Service::Healer => "healer",
            Service::Front => "front",
            Service::Notifier => "notifier",
            Service::Warden => "warden",
            Service::Kintsugi => "kintsugi",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
