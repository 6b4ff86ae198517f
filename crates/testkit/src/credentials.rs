//! Credentials for every role. The tokens are made from names, so that a fleet of services in one test knows each other.

use chassis::auth::{Accepted, Credentials, Role};
use std::sync::Arc;
use wire::{Digest, Service};

/// The bearer token of a caller: `operator`, `approver`, `ingest`, `caller`, `metrics`, a service's name, or `nobody` (known, without a
/// role).
pub fn token(name: &str) -> String {
    format!("test-token-of-{name}")
}

/// A service's credentials: its own token is [`token`] of its name, and it accepts all of them.
pub fn credentials(service: Service) -> Arc<Credentials> {
    let accepted =
        |name: &str, roles: Vec<Role>| Accepted { name: name.to_owned(), roles, sha256: Digest::of(token(name)) };
    let mut accept = vec![
        accepted("operator", vec![Role::Operator]),
        accepted("approver", vec![Role::Approver]),
        accepted("ingest", vec![Role::Ingest]),
        accepted("caller", vec![Role::HandOver]),
        accepted("metrics", vec![Role::Metrics]),
        accepted("nobody", vec![]),
    ];
    for service in Service::ALL {
        let mut roles = vec![Role::Service(service)];
        match service {
            Service::FaultApp | Service::FaultRouter => roles.push(Role::Ingest),
            Service::Kintsugi => roles.push(Role::Operator),
            _ => {}
        }
        accept.push(accepted(service.as_str(), roles));
    }
    Arc::new(Credentials { token: token(service.as_str()).into(), accept })
}
