//! What is asked for without a change of code: of `warden` and, for reliefs, of `deployer`.

use super::Around;
use wire::incident::Incident;
use wire::relief::{Relieve, Withdraw};
use wire::runtime::{Act, Prepare, Watch};

/// How long a resource is watched before its playbook is said to have healed it, milliseconds.
const WATCH_MS: u64 = 1_000;

/// Whether the proof of a runtime action is that the resource stays well: where no request shows the fault, or none may be sent
/// to the live version. What only eases it for the time being is proved so, too.
pub(super) fn is_watched(incident: &Incident, around: &Around<'_>) -> bool {
    incident.acted.is_some() && !around.replays_live
}

pub(super) fn act(incident: &Incident, around: &Around<'_>) -> Act {
    let (target, code) = (incident.target.clone(), incident.code.clone());
    Act { incident: incident.id, target, code, authority: around.authority, approved: incident.intent.clone() }
}

pub(super) fn prepare(incident: &Incident) -> Prepare {
    Prepare { incident: incident.id, target: incident.target.clone(), code: incident.code.clone() }
}

pub(super) fn relieve(incident: &Incident, around: &Around<'_>) -> Relieve {
    let (target, code) = (incident.target.clone(), incident.code.clone());
    Relieve { incident: incident.id, target, code, authority: around.authority }
}

pub(super) fn withdraw(incident: &Incident, around: &Around<'_>) -> Withdraw {
    Withdraw { incident: incident.id, target: incident.target.clone(), authority: around.authority }
}

pub(super) fn watch(incident: &Incident) -> Watch {
    Watch { target: incident.target.clone(), code: incident.code.clone(), for_ms: WATCH_MS }
}
