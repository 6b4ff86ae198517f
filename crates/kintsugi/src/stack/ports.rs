//! Where the services of a stack answer: the documented ports, or free ones where they are taken.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use wire::Service;

/// Services and their documented ports.
pub const DOCUMENTED: [(Service, u16); 10] = [
    (Service::Front, 8000),
    (Service::IncidentStore, 8010),
    (Service::RagGateway, 8020),
    (Service::Patcher, 8030),
    (Service::Deployer, 8040),
    (Service::Healer, 8050),
    (Service::Notifier, 8060),
    (Service::FaultRouter, 8070),
    (Service::Verifier, 8080),
    (Service::Warden, 8090),
];

/// Whether nobody listens on a port of loopback.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// A port a service.
#[derive(Debug, Clone)]
pub struct Ports(BTreeMap<Service, u16>);

impl Ports {
    /// The documented ports where they are free, else free ones.
    ///
    /// # Errors
    /// When no port is free.
    pub fn documented() -> anyhow::Result<Self> {
        Self::pick(is_free)
    }

    /// Free ports, for several stacks on one machine.
    ///
    /// # Errors
    /// When no port is free.
    pub fn free() -> anyhow::Result<Self> {
        Self::pick(|_| false)
    }

    fn pick(wanted: impl Fn(u16) -> bool) -> anyhow::Result<Self> {
        let (mut ports, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for (service, port) in DOCUMENTED {
            let chosen = Self::one(port, &taken, &wanted)?;
            taken.insert(chosen);
            ports.insert(service, chosen);
        }
        Ok(Self(ports))
    }

    /// A port that is not among `taken`: the documented one when it is `wanted`, else a free one.
    ///
    /// # Errors
    /// When no port is free.
    pub fn one(documented: u16, taken: &BTreeSet<u16>, wanted: impl Fn(u16) -> bool) -> anyhow::Result<u16> {
        let mut chosen = if wanted(documented) { documented } else { substrate::free_port()? };
        while taken.contains(&chosen) {
            chosen = substrate::free_port()?;
        }
        Ok(chosen)
    }

    /// The ports themselves.
    pub fn numbers(&self) -> BTreeSet<u16> {
        self.0.values().copied().collect()
    }

    /// The address a service listens on.
    pub fn address(&self, service: Service) -> String {
        format!("127.0.0.1:{}", self.0.get(&service).copied().unwrap_or_default())
    }

    /// A service's base URL.
    pub fn url(&self, service: Service) -> String {
        format!("http://{}", self.address(service))
    }

    /// The services in the order in which they are started.
    pub fn services() -> impl Iterator<Item = Service> {
        DOCUMENTED.iter().map(|(service, _)| *service)
    }
}
