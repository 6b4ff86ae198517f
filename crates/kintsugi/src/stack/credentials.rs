//! Who may call whom on the local stack: each service gets a token of its own and the hashes of its callers' tokens.

use super::layout::{Layout, write_private};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use wire::{Digest, Service};

/// The roles that a caller has at a callee, as the credentials file writes them; none: it is not known there.
fn roles(callee: Service, caller: Service) -> Option<&'static str> {
    use Service::{
        Deployer, FaultApp, FaultRouter, Front, Healer, IncidentStore, Kintsugi, Notifier, Patcher, RagGateway,
        Verifier, Warden,
    };
    match (callee, caller) {
        (IncidentStore, FaultApp | FaultRouter | Warden) => Some(r#""ingest""#),
        (IncidentStore | RagGateway | Patcher | Verifier | Deployer | Warden, Healer) => {
            Some(r#"{ service = "healer" }"#)
        }
        (IncidentStore, Notifier) => Some(r#"{ service = "notifier" }"#),
        (Patcher, IncidentStore) => Some(r#"{ service = "incident-store" }"#),
        (Verifier, Patcher) => Some(r#"{ service = "patcher" }"#),
        (Verifier | Front, Deployer) => Some(r#"{ service = "deployer" }"#),
        // It calls nothing there: by this the front knows whose replays it gives its word on.
        (Front, Verifier) => Some(r#"{ service = "verifier" }"#),
        (FaultApp | Kintsugi, _) => None,
        (FaultRouter, Kintsugi) => Some(r#""operator", "ingest", { service = "kintsugi" }"#),
        (_, Kintsugi) => Some(r#""operator", "approver", { service = "kintsugi" }"#),
        _ => None,
    }
}

/// Who reads the numbers, and nothing else: Prometheus beside the stack.
const SCRAPER: &str = "prometheus";

/// Makes a fresh token for everybody and writes the credentials files. Answers the services' tokens.
///
/// # Errors
/// When a file cannot be written.
pub fn issue(layout: &Layout) -> anyhow::Result<BTreeMap<Service, String>> {
    let tokens: BTreeMap<Service, String> =
        Service::ALL.into_iter().map(|service| (service, substrate::secret())).collect();
    let scraper = substrate::secret();
    for (callee, token) in &tokens {
        let mut text = format!("token = \"{token}\"\n");
        for (caller, token) in &tokens {
            if let Some(roles) = roles(*callee, *caller) {
                let sha256 = Digest::of(token);
                write!(text, "\n[[accept]]\nname = \"{caller}\"\nroles = [{roles}]\nsha256 = \"{sha256}\"\n")?;
            }
        }
        if !matches!(callee, Service::FaultApp | Service::Kintsugi) {
            let sha256 = Digest::of(&scraper);
            write!(text, "\n[[accept]]\nname = \"{SCRAPER}\"\nroles = [\"metrics\"]\nsha256 = \"{sha256}\"\n")?;
        }
        write_private(&layout.credentials(*callee), &text)?;
    }
    for service in [Service::FaultApp, Service::Kintsugi] {
        let token = tokens.get(&service).map_or("", String::as_str);
        let name = if service == Service::Kintsugi { "operator-token" } else { "report-token" };
        write_private(&layout.secret(name), token)?;
    }
    let path = layout.secret("metrics-token");
    write_private(&path, &scraper)?;
    // Its folder is closed to others; a container that is given the file alone runs as somebody else.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::auth::{Credentials, Role};

    #[test]
    fn the_scraper_s_token_reads_every_service_s_numbers_and_may_do_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let layout = Layout::make(home.path()).unwrap();
        issue(&layout).unwrap();
        let token = std::fs::read_to_string(layout.secret("metrics-token")).unwrap();
        let folder = std::fs::metadata(layout.at("secrets")).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700, "nobody else gets as far as the token");
        for service in Service::ALL {
            let credentials = Credentials::read(&layout.credentials(service)).unwrap();
            let caller = credentials.recognise(&token);
            match service {
                Service::FaultApp | Service::Kintsugi => assert!(caller.is_none(), "{service} serves no numbers"),
                _ => assert_eq!(caller.unwrap().roles, [Role::Metrics], "{service}"),
            }
        }
    }
}
