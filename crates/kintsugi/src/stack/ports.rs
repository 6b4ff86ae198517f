//! Where the services of a stack answer: the documented ports, or free ones where they are taken.

use std::collections::BTreeMap;
use std::net::TcpListener;
use wire::Service;

/// Services and their documented ports.
const DOCUMENTED: [(Service, u16); 8] = [
    (Service::Front, 8000),
    (Service::IncidentStore, 8010),
    (Service::RagGateway, 8020),
    (Service::Patcher, 8030),
    (Service::Deployer, 8040),
    (Service::Healer, 8050),
    (Service::FaultRouter, 8070),
    (Service::Verifier, 8080),
];

/// A port a service.
#[derive(Debug, Clone)]
pub struct Ports(BTreeMap<Service, u16>);

impl Ports {
    /// The documented ports where they are free, else free ones.
    ///
    /// # Errors
    /// When no port is free.
    pub fn documented() -> anyhow::Result<Self> {
        Self::pick(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    }

    /// Free ports, for several stacks on one machine.
    ///
    /// # Errors
    /// When no port is free.
    pub fn free() -> anyhow::Result<Self> {
        Self::pick(|_| false)
    }

    fn pick(wanted: impl Fn(u16) -> bool) -> anyhow::Result<Self> {
        let mut ports = BTreeMap::new();
        for (service, port) in DOCUMENTED {
            let mut chosen = if wanted(port) { port } else { substrate::free_port()? };
            while ports.values().any(|taken| *taken == chosen) {
                chosen = substrate::free_port()?;
            }
            ports.insert(service, chosen);
        }
        Ok(Self(ports))
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
