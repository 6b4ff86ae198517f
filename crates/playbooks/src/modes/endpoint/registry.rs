//! The file that the callers of an endpoint read. It holds addresses; what is told of it does not.

use crate::error::ActError;
use crate::files;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use wire::runtime::Way;
use wire::target::Endpoint;

/// The largest registry that is read, bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Whom callers ask, and how long they wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) to: Way,
    pub(super) timeout_ms: u64,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Routed {
    /// This.
    So(Route),
    /// It is not there, so callers do as they ordinarily do.
    Unwritten(Route),
    /// Nothing that we know.
    Unknown(&'static str),
}

impl Routed {
    pub(super) fn route(&self) -> Option<Route> {
        match self {
            Routed::So(route) | Routed::Unwritten(route) => Some(*route),
            Routed::Unknown(_) => None,
        }
    }

    pub(super) fn is_written(&self) -> bool {
        matches!(self, Routed::So(_))
    }
}

impl fmt::Display for Routed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Routed::So(route) | Routed::Unwritten(route) => write!(f, "{}", shown(*route)),
            Routed::Unknown(why) => f.write_str(why),
        }
    }
}

fn shown(route: Route) -> String {
    match route.to {
        Way::Primary => format!("they ask the endpoint and wait up to {} ms", route.timeout_ms),
        Way::Backup => format!("they ask the backup and wait up to {} ms", route.timeout_ms),
        Way::Nobody => format!("they ask nobody (and would wait up to {} ms)", route.timeout_ms),
    }
}

#[derive(Serialize, Deserialize)]
struct Entry {
    at: String,
    #[serde(default)]
    timeout_ms: Option<u64>,
}

pub(super) fn read(endpoint: &Endpoint) -> Routed {
    let ordinary = endpoint.timeouts_ms.first().copied().unwrap_or(u64::MAX);
    let bytes = match files::read(Path::new(&endpoint.registry), MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Routed::Unwritten(Route { to: Way::Primary, timeout_ms: ordinary }),
        Err(_) => return Routed::Unknown("the registry cannot be read"),
    };
    let Ok(entry) = serde_json::from_slice::<Entry>(&bytes) else {
        return Routed::Unknown("the registry cannot be understood");
    };
    let is = |base: &str| entry.at.trim_end_matches('/') == base.trim_end_matches('/');
    let to = match &endpoint.backup {
        _ if entry.at.is_empty() => Way::Nobody,
        _ if is(&endpoint.primary) => Way::Primary,
        Some(backup) if is(backup) => Way::Backup,
        _ => return Routed::Unknown("the registry names an address that the target file does not"),
    };
    Routed::So(Route { to, timeout_ms: entry.timeout_ms.unwrap_or(ordinary) })
}

pub(super) fn write(endpoint: &Endpoint, route: Route) -> Result<String, ActError> {
    let at = match route.to {
        Way::Primary => endpoint.primary.clone(),
        Way::Backup => endpoint.backup.clone().ok_or_else(|| ActError::Refused("there is no backup".into()))?,
        Way::Nobody => String::new(),
    };
    let path = Path::new(&endpoint.registry);
    let text = serde_json::to_vec(&Entry { at, timeout_ms: Some(route.timeout_ms) }).unwrap_or_default();
    files::replace(path, &text).map_err(ActError::io("write", path))?;
    Ok(format!("callers: {}", shown(route)))
}
