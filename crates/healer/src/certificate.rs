//! The heal certificate of an incident whose cure was proved. Pure.

use wire::Digest;
use wire::event::Certificate;
use wire::incident::{Eased, Incident};

/// The certificate over the journal as it stands; none without a proof and a plan behind it.
pub(crate) fn of(incident: &Incident) -> Option<Certificate> {
    let replay = incident.proof.clone()?;
    let plan = serde_json::to_value(incident.plan.as_ref()?).ok()?;
    let proposal = incident.proposal.as_deref();
    let detection = &incident.detection;
    Some(Certificate {
        position: incident.position,
        head: incident.head.clone(),
        plan: Digest::of_json(&plan),
        proposal: proposal.map(|proposal| proposal.digest.clone()),
        artefact: proposal.map(|proposal| proposal.artefact.clone()),
        commit: incident.commit.clone(),
        before: format!("{} at {}, seen {} times", incident.code, detection.at.to_rfc3339(), incident.occurrences),
        after: match &incident.acted {
            Some(acted) => format!("{}; it was found well afterwards ({replay})", acted.what),
            None => format!("the failing request met its contract on live, seen by every witness (replay {replay})"),
        },
        relief: incident.eased.as_ref().and_then(Eased::told),
        replay,
    })
}
