//! Clients of a stack's services, as other services of it call them: a story then takes their part.

use anyhow::Context;
use chassis::auth::Credentials;
use client::{Callee, IncidentStore, Verifier};
use kintsugi::stack::Stack;
use std::sync::Arc;
use wire::Service;

/// The verifier, as another service calls it.
///
/// # Errors
/// When the caller has no token, or the client cannot be built.
pub fn verifier(stack: &Stack, caller: Service) -> anyhow::Result<Verifier> {
    Ok(Verifier::new(callee(stack, caller, Service::Verifier)?))
}

/// The store, as another service calls it.
///
/// # Errors
/// When the caller has no token, or the client cannot be built.
pub fn store(stack: &Stack, caller: Service) -> anyhow::Result<IncidentStore> {
    Ok(IncidentStore::new(callee(stack, caller, Service::IncidentStore)?))
}

fn callee(stack: &Stack, caller: Service, service: Service) -> anyhow::Result<Callee> {
    let text = std::fs::read_to_string(stack.layout.credentials(caller))?;
    let token = text.lines().find_map(|line| line.strip_prefix("token = \"")?.strip_suffix('"'));
    let token = token.with_context(|| format!("{caller} has no token"))?.to_owned();
    let credentials = Arc::new(Credentials { token: token.into(), accept: Vec::new() });
    Ok(Callee::new(service, &stack.ports.url(service), credentials)?)
}
