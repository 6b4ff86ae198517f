//! Who may call whom on the local stack: each service gets a token of its own and the hashes of its callers' tokens.

use super::layout::{Layout, write_private};
use std::collections::BTreeMap;
use std::fmt::Write;
use wire::{Digest, Service};

/// The roles that a caller has at a callee, as the credentials file writes them; none: it is not known there.
fn roles(callee: Service, caller: Service) -> Option<&'static str> {
    use Service::{
        Deployer, FaultApp, FaultRouter, Front, Healer, IncidentStore, Kintsugi, Notifier, Patcher, RagGateway,
        Verifier,
    };
    match (callee, caller) {
        (IncidentStore, FaultApp | FaultRouter) => Some(r#""ingest""#),
        (IncidentStore | RagGateway | Patcher | Verifier | Deployer, Healer) => Some(r#"{ service = "healer" }"#),
        (IncidentStore, Notifier) => Some(r#"{ service = "notifier" }"#),
        (Patcher, IncidentStore) => Some(r#"{ service = "incident-store" }"#),
        (Verifier, Patcher) => Some(r#"{ service = "patcher" }"#),
        (Verifier | Front, Deployer) => Some(r#"{ service = "deployer" }"#),
        (FaultApp | Kintsugi, _) => None,
        (_, Kintsugi) => Some(r#""operator", "approver", { service = "kintsugi" }"#),
        _ => None,
    }
}

/// Makes a fresh token for everybody and writes the credentials files. Answers the tokens.
///
/// # Errors
/// When a file cannot be written.
pub fn issue(layout: &Layout) -> anyhow::Result<BTreeMap<Service, String>> {
    let tokens: BTreeMap<Service, String> =
        Service::ALL.into_iter().map(|service| (service, substrate::secret())).collect();
    for (callee, token) in &tokens {
        let mut text = format!("token = \"{token}\"\n");
        for (caller, token) in &tokens {
            if let Some(roles) = roles(*callee, *caller) {
                let sha256 = Digest::of(token);
                write!(text, "\n[[accept]]\nname = \"{caller}\"\nroles = [{roles}]\nsha256 = \"{sha256}\"\n")?;
            }
        }
        write_private(&layout.credentials(*callee), &text)?;
    }
    for service in [Service::FaultApp, Service::Kintsugi] {
        let token = tokens.get(&service).map_or("", String::as_str);
        let name = if service == Service::Kintsugi { "operator-token" } else { "report-token" };
        write_private(&layout.secret(name), token)?;
    }
    Ok(tokens)
}
