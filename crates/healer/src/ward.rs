//! What the answers of `warden` mean, and when it is asked again. Pure.

use crate::diagnosis::{self, clip};
use std::time::Duration;
use wire::apply::NOT_APPROVED;
use wire::event::{Body, EscalationReason};
use wire::incident::{Incident, Status};
use wire::plan::Verdict;
use wire::proposal::Refusal;
use wire::runtime::{ActOutcome, ActReport, Intent, Invariant, Prepared, Tried, WatchReport};
use wire::verification::{Judgement, ReplayReport, UNVERIFIED, WitnessReport};
use wire::{Problem, ReplayId};

/// The longest text that is journaled, bytes.
const MAX: usize = 2 * 1024;
/// The pauses until it is looked again whether the cause of what is only eased is gone.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
];

/// The pause after so many looks.
pub(crate) fn pause(looks: u32) -> Duration {
    let at = usize::try_from(looks.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES.get(at).or(PAUSES.last()).copied().unwrap_or_default()
}

/// Of a playbook. Nothing was healed where nothing had to be done; what helped a little is told to whoever goes on.
///
/// # Errors
/// When no option is being tried, or nobody could tell how the resource is.
pub fn acted(incident: &Incident, report: ActReport) -> Result<Body, Problem> {
    let option = incident.option.ok_or_else(|| Problem::new("malformed", "no option is being tried"))?;
    let kept = titles(&report.tried, true);
    let refused = |code: &str, why: String| {
        let refusal = Refusal { code: code.into(), why: clip(&why, MAX), diff: None, gates: Vec::new() };
        Ok(Body::Refused { option, refusal })
    };
    let told = || format!("{} {}", report.diagnosis, seen(&report.last));
    match report.outcome {
        // What was acted on before is not simply gone.
        ActOutcome::Healed | ActOutcome::Relieved if kept.is_empty() && incident.acted.is_none() => {
            let why = format!("{} was found well when its playbook looked, and nothing was done", report.resource);
            Ok(Body::Dismissed { verdict: Verdict::Recovered, why })
        }
        ActOutcome::Healed | ActOutcome::Relieved => {
            let what = clip(&format!("{}: {kept}", report.resource), MAX);
            Ok(Body::Acted { what, report: Some(Box::new(report)) })
        }
        ActOutcome::Better => {
            refused("not_well", format!("{} What helped stands: {kept}. {}", told(), advice(&report)))
        }
        ActOutcome::Unhealed => {
            let tried = titles(&report.tried, false);
            let tried =
                if tried.is_empty() { "nothing could be tried".to_owned() } else { format!("taken back: {tried}") };
            refused("unhealed", format!("{} {tried}. {}", told(), advice(&report)))
        }
        ActOutcome::UndoFailed => {
            let reason = EscalationReason::UndoFailed;
            let tried: Vec<&str> = report.tried.iter().map(|tried| tried.what.as_str()).collect();
            let told = format!("{}\n{} {}", diagnosis::of(incident, reason), told(), tried.join("; "));
            Ok(Body::Escalated { reason, diagnosis: clip(&told, 4 * MAX) })
        }
        ActOutcome::NotApproved => {
            let stands =
                if kept.is_empty() { String::new() } else { format!(" What was approved and helped stands: {kept}.") };
            let why = "what would be done now is not what was approved, so it was not done";
            refused(NOT_APPROVED, format!("{why}. {}{stands}", told()))
        }
        ActOutcome::Unverified => Err(Problem::new(UNVERIFIED, clip(&told(), MAX))),
    }
}

/// Of a look at what would be done. What waits for approval and is not what would be done now is asked anew.
///
/// # Errors
/// When no option is being tried, or nobody could tell how the resource is.
pub fn prepared(incident: &Incident, prepared: Prepared) -> Result<Body, Problem> {
    let option = incident.option.ok_or_else(|| Problem::new("malformed", "no option is being tried"))?;
    let Prepared { intent, seen: invariants, kept, advice } = prepared;
    let told = format!("{} {}", intent.diagnosis, seen(&invariants));
    let refused = |code: &str, why: String| {
        let refusal = Refusal { code: code.into(), why: clip(&why, MAX), diff: None, gates: Vec::new() };
        Ok(Body::Refused { option, refusal })
    };
    let well = invariants.iter().all(|invariant| invariant.holds == Some(true));
    let ill = invariants.iter().any(|invariant| invariant.holds == Some(false));
    if well && !kept {
        let why = format!("{} was found well before anything was done", intent.resource);
        return Ok(Body::Dismissed { verdict: Verdict::Recovered, why });
    }
    if !well && !ill {
        return Err(Problem::new(UNVERIFIED, clip(&told, MAX)));
    }
    if ill && intent.remedies.is_empty() {
        return refused("unhealed", format!("{told} Nothing can be tried. {}", advice.join(" ")));
    }
    let waiting = incident.intent.as_ref().filter(|_| incident.status == Status::AwaitingApproval);
    if waiting.is_some_and(|waiting| waiting.digest != intent.digest) {
        return refused(NOT_APPROVED, format!("what would be done is not what waits for approval any more. {told}"));
    }
    let diagnosis = clip(&intent.diagnosis, MAX);
    Ok(Body::Intended(Box::new(Intent { diagnosis, ..intent })))
}

/// Of a watch: the proof of a runtime action is that every invariant was seen to hold at every look, and at one at least.
///
/// # Errors
/// Never by the answer itself: what cannot be told is `unverified`.
pub fn watched(incident: &Incident, report: &WatchReport) -> Result<Body, Problem> {
    let id = format!("kw-{}-{}", incident.id.0.simple(), incident.position);
    let replay: ReplayId = id.parse().map_err(|error| Problem::new("malformed", format!("{error}")))?;
    let judgement = match report {
        WatchReport { looks, well, .. } if *looks > 0 && looks == well => Judgement::Met,
        WatchReport { ill: 1.., .. } => Judgement::Broken,
        _ => Judgement::Unverified,
    };
    let (looks, well, took) = (report.looks, report.well, report.to - report.from);
    let took_ms = took.num_microseconds().unwrap_or_default() as f64 / 1000.0;
    let why = format!("watched: {well} of {looks} looks at {} in {took_ms:.0} ms found it well", report.resource);
    let witnesses = report.seen.iter().map(|invariant| witness(invariant, report)).collect();
    let code = incident.code.clone();
    let report = ReplayReport {
        replay,
        code,
        judgement,
        why,
        status: None,
        took_ms,
        answer: None,
        witnesses,
        sequence: None,
        spans: Vec::new(),
    };
    let report = Box::new(report);
    Ok(match judgement {
        Judgement::Met => Body::Verified { report },
        Judgement::Broken | Judgement::NoWitness => Body::VerificationFailed { report },
        Judgement::Unverified => Body::Unverified { report },
    })
}

fn witness(invariant: &Invariant, report: &WatchReport) -> WitnessReport {
    let sample = [&invariant.name, &invariant.seen].into_iter().filter(|text| !text.is_empty());
    WitnessReport {
        kind: "invariant".to_owned(),
        seen: invariant.holds.map(|holds| if holds { u64::from(report.well) } else { 0 }),
        wanted: u64::from(report.looks.max(1)),
        sample: sample.map(|text| clip(text, 500)).collect(),
    }
}

fn titles(tried: &[Tried], kept: bool) -> String {
    let titles: Vec<&str> =
        tried.iter().filter(|tried| tried.kept == kept).map(|tried| tried.remedy.title.as_str()).collect();
    titles.join("; then ")
}

fn seen(invariants: &[Invariant]) -> String {
    let lost = invariants.iter().filter(|invariant| invariant.holds != Some(true));
    let lost: Vec<String> = lost.map(|lost| format!("Not so: {} ({}).", lost.name, lost.seen)).collect();
    lost.join(" ")
}

fn advice(report: &ActReport) -> String {
    report.advice.join(" ")
}
