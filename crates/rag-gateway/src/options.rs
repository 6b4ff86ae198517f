//! The options of a plan in their order: the resource's playbook, the suspects taken back, what is known, what was learned, a language model. Pure.
//!
//! What is cheap and sure to be reversible comes first, what has been proved here before comes before what has not, and what
//! costs money and may answer anything comes last, only where the target allows it.

use crate::cause::Causes;
use crate::document::{CURE, Document};
use crate::retrieve::{Hit, round};
use crate::track::{Record, TrackRecord};
use wire::plan::{Estimate, PlanOption, PlanRequest, Remedy, Risk};

/// How many options there are at most, besides a model's.
const OPTIONS: usize = 5;
/// How many suspects are taken back at most.
const SUSPECTS: usize = 2;
/// How sure a document must be that is about other faults only, so that its remedy is tried on one that it was never about:
/// in the highest range of the reliability table.
const SURE_OF_ANOTHER_FAULT: f64 = 0.8;
/// How often a model may be told what the gates said, after its first answer: each takes a build.
const ROUNDS: u32 = 3;
/// What a call takes besides the symptom, tokens: the allow-listed files, the contract and the answer of an ordinary target.
const CALL_TOKENS: u32 = 6_000;
/// Bytes a token, about.
const BYTES_A_TOKEN: usize = 4;

/// The options of a fault that may be changed.
pub(crate) fn of(request: &PlanRequest, sure: &[&Hit], causes: &Causes<'_>, track: &TrackRecord) -> Vec<PlanOption> {
    let mut options: Vec<PlanOption> = playbook(request, track).into_iter().collect();
    options.extend(reverts(request, track));
    options.extend(codemods(request, sure, causes, track));
    options.truncate(OPTIONS);
    options.extend(model(request, sure.first().copied(), &options, track));
    options
}

/// The playbook of the resource that the fault is about: it takes seconds, changes no code, and takes back what does not help.
fn playbook(request: &PlanRequest, track: &TrackRecord) -> Option<PlanOption> {
    let resource = request.playbook.clone()?;
    let title = format!("the playbook of {resource}: runtime actions that can be taken back");
    let remedy = Remedy::Playbook { resource };
    if was_tried(request, &remedy) {
        return None;
    }
    let record = track.of(request, &remedy);
    Some(PlanOption {
        title,
        confidence: round(record.expected()),
        verification: "every invariant of the resource holds, for a while".to_owned(),
        // Whatever made nothing better is taken back by the playbook itself.
        estimate: Some(Estimate { risk: record.risk().min(Risk::Medium), builds: 0, tokens: 0 }),
        track: record.told(),
        remedy,
    })
}

/// The suspects, newest first.
fn reverts(request: &PlanRequest, track: &TrackRecord) -> Vec<PlanOption> {
    let remedies = request.suspects.iter().map(|suspect| (suspect, Remedy::Revert { commit: suspect.commit.clone() }));
    let untried: Vec<_> = remedies.filter(|(_, remedy)| !was_tried(request, remedy)).take(SUSPECTS).collect();
    let share = 1.0 / f64::from(u32::try_from(untried.len()).unwrap_or(1).max(1));
    let options = untried.into_iter().map(|(suspect, remedy)| {
        let record = track.of(request, &remedy);
        PlanOption {
            title: format!("take back {}, which went live at {}", suspect.commit, suspect.live_since.to_rfc3339()),
            remedy,
            confidence: round(record.expected() * share),
            verification: "the failing request is replayed without the commit's changes".to_owned(),
            estimate: Some(Estimate { risk: record.risk(), builds: 1, tokens: 0 }),
            track: record.told(),
        }
    });
    options.collect()
}

/// Rules: what is known before what was learned, those last that failed here or came to nothing for this incident. A learned
/// one that failed more often than it healed is offered no more.
fn codemods(request: &PlanRequest, sure: &[&Hit], causes: &Causes<'_>, track: &TrackRecord) -> Vec<PlanOption> {
    let mut options: Vec<((bool, bool), PlanOption)> = Vec::new();
    for hit in sure {
        let Some(remedy) = remedy_for(request, hit) else { continue };
        // Hits come surest first, and several lessons may point to one remedy.
        if options.iter().any(|(_, option)| option.remedy.digest() == remedy.digest()) {
            continue;
        }
        let (record, learned) = (track.of(request, remedy), is_learned(remedy));
        if learned && record.is_bad() {
            continue;
        }
        let option = PlanOption {
            title: title(&hit.document, remedy),
            remedy: remedy.clone(),
            confidence: round(record.weigh(hit.confidence * causes.share(hit))),
            verification: hit.document.verification.clone(),
            estimate: Some(Estimate { risk: record.risk(), builds: 1, tokens: 0 }),
            track: record.told(),
        };
        let demoted = record.is_bad() || was_tried(request, remedy) || (learned && record.failed > 0);
        options.push(((demoted, learned), option));
    }
    // The sort is stable, so equals keep the order of the hits.
    options.sort_by(|(a_place, a), (b_place, b)| a_place.cmp(b_place).then(b.confidence.total_cmp(&a.confidence)));
    options.into_iter().map(|(_, option)| option).collect()
}

/// A language model, where the target allows one: after everything else, with the reason for asking it at all.
fn model(request: &PlanRequest, best: Option<&Hit>, before: &[PlanOption], track: &TrackRecord) -> Option<PlanOption> {
    if !request.models {
        return None;
    }
    let record: Record = track.of(request, &Remedy::Model {});
    let why = match (before.len(), best) {
        (0, None) => "nothing that is known is near enough".to_owned(),
        (0, Some(hit)) => format!("{} is near and holds no remedy that fits", hit.document.id),
        (1, _) => "only if the option before it comes to nothing".to_owned(),
        (many, _) => format!("only if the {many} options before it come to nothing"),
    };
    let told = request.context.iter().chain([&request.message]).map(String::len).sum::<usize>() / BYTES_A_TOKEN;
    let tokens = CALL_TOKENS.saturating_add(u32::try_from(told).unwrap_or(u32::MAX));
    Some(PlanOption {
        title: format!("a patch by a language model: {why}"),
        remedy: Remedy::Model {},
        confidence: round(record.expected()),
        verification: "every gate, and its hunks one by one".to_owned(),
        estimate: Some(Estimate { risk: record.risk(), builds: ROUNDS, tokens }),
        track: record.told(),
    })
}

fn remedy_for<'a>(request: &PlanRequest, hit: &'a Hit) -> Option<&'a Remedy> {
    let document = &hit.document;
    let fits = document.language.as_ref() == Some(&request.language) && document.verdict.is_actionable();
    // Another fault's code says nothing for it, so likeness alone must be enough.
    let is_about = document.faults.is_empty() || document.faults.contains(&request.code);
    let is_sure = is_about || hit.confidence >= SURE_OF_ANOTHER_FAULT;
    document.remedy.as_ref().filter(|_| fits && is_sure)
}

fn was_tried(request: &PlanRequest, remedy: &Remedy) -> bool {
    remedy.digest().is_some_and(|digest| request.tried.contains(&digest))
}

fn is_learned(remedy: &Remedy) -> bool {
    matches!(remedy, Remedy::Codemod { document, .. } if document.starts_with(CURE))
}

fn title(document: &Document, remedy: &Remedy) -> String {
    match remedy {
        Remedy::Codemod { document: source, .. } if *source != document.id => {
            format!("{source}, as learned from {}", document.title)
        }
        _ => document.title.clone(),
    }
}
