//! From what was found to a plan. Pure.

use crate::cause::Causes;
use crate::options;
use crate::retrieve::{Hit, round};
use crate::track::TrackRecord;
use wire::plan::{Plan, PlanRequest, Retrieval, Verdict};

/// How many neighbours a plan names.
const NEIGHBOURS: usize = 5;

/// What was found, the surest first, and how sure is sure enough.
#[derive(Debug, Clone, Copy)]
pub struct Sure<'a> {
    /// What was found.
    pub hits: &'a [Hit],
    /// Below this nothing is proposed.
    pub min_confidence: f64,
}

/// What is to be done: the diagnosis of the surest document, else what the target file declares, and the options in their order
/// (see [`options`]). How sure the diagnosis is, is the document's confidence shared with the causes that fit as well. There
/// are no options when nobody can tell what it is, when the diagnosis says that nothing is to be changed, or when no rule names the fault.
pub fn plan(request: &PlanRequest, found: &Sure<'_>, track: &TrackRecord, mut retrieval: Retrieval) -> Plan {
    let Sure { hits, min_confidence } = *found;
    retrieval.confidence = hits.first().map_or(0.0, |hit| round(hit.confidence));
    retrieval.neighbours = hits.iter().take(NEIGHBOURS).map(Hit::neighbour).collect();
    if request.code.is_unmarked() {
        let root_cause = unmarked(request, hits.first());
        return Plan { verdict: Verdict::Unknown, root_cause, retrieval, options: Vec::new() };
    }
    let sure: Vec<&Hit> = hits.iter().filter(|hit| hit.confidence >= min_confidence).collect();
    let fits = |hit: &&&Hit| hit.document.language.as_ref().is_none_or(|language| *language == request.language);
    let causes = Causes::of(&sure);
    let (verdict, root_cause) = match sure.iter().find(fits).or(sure.first()) {
        Some(best) => {
            retrieval.confidence = round(best.confidence * causes.share(best));
            (best.document.verdict, causes.told(best))
        }
        None => declared(request, retrieval.confidence, min_confidence),
    };
    // A resource that was found ill is ill, whatever the documents say of lines like these.
    let verdict = match (&request.playbook, verdict.is_actionable()) {
        (Some(_), false) => request.declared.filter(|declared| declared.is_actionable()).unwrap_or(verdict),
        _ => verdict,
    };
    let options = if verdict.is_actionable() { options::of(request, &sure, &causes, track) } else { Vec::new() };
    Plan { verdict, root_cause, retrieval, options }
}

/// What an error is that no rule names: likeness alone is no reason to change anything, and nothing could prove a cure.
fn unmarked(request: &PlanRequest, nearest: Option<&Hit>) -> String {
    let what = format!(
        "No rule of the target file names {}: it was noticed by what its lines say or how many there are, so nothing is applied to it \
         without a person. Named there as a fault, with a contract, it can be healed.",
        request.code
    );
    match nearest {
        Some(hit) => {
            let (title, confidence) = (&hit.document.title, hit.confidence);
            format!("{what} What is known and nearest: {title} (confidence {confidence:.2}).")
        }
        None => format!("{what} Nothing that is known is near."),
    }
}

/// Where nothing that is known is near enough, the target file may say what kind of trouble the fault is.
fn declared(request: &PlanRequest, confidence: f64, wanted: f64) -> (Verdict, String) {
    let nothing = format!(
        "Nothing that is known is near enough: the best neighbour has the confidence {confidence:.2}, and {wanted:.2} is wanted."
    );
    match request.declared {
        Some(verdict) if verdict != Verdict::Unknown => {
            let name = serde_json::to_value(verdict).ok();
            let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            (verdict, format!("{nothing} The target file says of the fault {} that it is a {name}.", request.code))
        }
        _ => (Verdict::Unknown, nothing),
    }
}
