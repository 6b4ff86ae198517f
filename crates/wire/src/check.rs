//! Whether a journal holds: its chain, its fold, its certificates, and the row that is said to be its projection. Pure.

use crate::apply::{Refused, apply};
use crate::chain::{self, Broken};
use crate::event::{Body, Certificate, Event};
use crate::incident::{Eased, Incident, Status};
use crate::{Digest, Position};
use serde::{Deserialize, Serialize};

/// What was found when everything holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// How many events there are.
    pub events: usize,
    /// How many certificates.
    pub certificates: usize,
    /// Where the journal leads.
    pub status: Status,
}

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// An event is missing, moved or edited.
    #[error("the hash chain is broken")]
    Chain(#[source] Broken),
    /// An event is there that could not have been written.
    #[error("event {position} does not follow from the ones before it")]
    Fold {
        /// Which.
        position: Position,
        /// Why.
        #[source]
        source: Refused,
    },
    /// There is no event.
    #[error("the journal is empty")]
    Empty,
    /// A certificate says something else than the journal before it.
    #[error("the certificate at event {position} does not agree with the journal before it: {what}")]
    Certificate {
        /// Where.
        position: Position,
        /// What differs.
        what: &'static str,
    },
    /// The incident's row says something else than its journal.
    #[error("the incident's row is not what its journal says: {what} differs")]
    Row {
        /// What differs first.
        what: String,
    },
}

/// Checks a whole journal, first event first, and the row that is kept of it.
///
/// # Errors
/// With the first thing that does not hold.
pub fn check(journal: &[Event], row: Option<&Incident>) -> Result<Checked, Doubt> {
    chain::verify(journal).map_err(Doubt::Chain)?;
    let mut state: Option<Incident> = None;
    let mut certificates = 0;
    for event in journal {
        if let (Body::Resolved { certificate }, Some(state)) = (&event.body, &state) {
            let differs = differing_claim(certificate, state);
            differs.map_or(Ok(()), |what| Err(Doubt::Certificate { position: event.position, what }))?;
            certificates += 1;
        }
        let next = apply(state.as_ref(), event);
        state = Some(next.map_err(|source| Doubt::Fold { position: event.position, source })?);
    }
    let state = state.ok_or(Doubt::Empty)?;
    let what = row.and_then(|row| differing_member(row, &state));
    match what {
        Some(what) => Err(Doubt::Row { what }),
        None => Ok(Checked { events: journal.len(), certificates, status: state.status }),
    }
}

/// What a certificate claims that the state it was written in does not show.
fn differing_claim(certificate: &Certificate, state: &Incident) -> Option<&'static str> {
    let proposal = state.proposal.as_deref();
    let plan = state.plan.as_ref().and_then(|plan| serde_json::to_value(plan).ok());
    let same = [
        ("its place", certificate.position == state.position),
        ("the chain's head", certificate.head == state.head),
        ("the plan", plan.is_none_or(|plan| Digest::of_json(&plan) == certificate.plan)),
        ("the change", certificate.proposal.as_ref() == proposal.map(|proposal| &proposal.digest)),
        ("the artefact", certificate.artefact.as_ref() == proposal.map(|proposal| &proposal.artefact)),
        ("the commit", certificate.commit == state.commit),
        ("the relief", certificate.relief == state.eased.as_ref().and_then(Eased::told)),
        ("the replay", Some(&certificate.replay) == state.proof.as_ref()),
    ];
    same.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
}

/// The first member of the row that its journal does not say. How bad it is stands in the target's file, not in the journal.
fn differing_member(row: &Incident, folded: &Incident) -> Option<String> {
    let folded = Incident { severity: row.severity, ..folded.clone() };
    if *row == folded {
        return None;
    }
    let members = |incident: &Incident| match serde_json::to_value(incident) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (row, folded) = (members(row), members(&folded));
    let names = row.keys().chain(folded.keys());
    Some(names.into_iter().find(|name| row.get(*name) != folded.get(*name)).map_or("something", String::as_str).into())
}
