//! From what was found to a plan. Pure.

use crate::cause::Causes;
use crate::document::Document;
use crate::retrieve::{Hit, round};
use crate::track::TrackRecord;
use wire::IncidentId;
use wire::detection::{MAX_CONTEXT, MAX_LINE, MAX_MESSAGE};
use wire::knowledge::SearchRequest;
use wire::plan::{Estimate, Lesson, Plan, PlanOption, PlanRequest, Remedy, Retrieval, Verdict};

/// How many neighbours a plan names.
const NEIGHBOURS: usize = 5;
/// How many options a plan has at most.
const OPTIONS: usize = 5;
/// How sure a document must be that is about other faults only, so that its remedy is tried on one that it was never about:
/// in the highest range of the reliability table.
const SURE_OF_ANOTHER_FAULT: f64 = 0.8;
/// The longest symptoms and root cause of a lesson, bytes.
const MAX_TEXT: usize = 8 * 1024;
/// The longest diff of a lesson, bytes.
const MAX_DIFF: usize = 256 * 1024;
/// The longest name of a language, bytes.
const MAX_LANGUAGE: usize = 32;

/// Whether a request is within its bounds.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_request(request: &PlanRequest) -> Result<(), String> {
    check_language(&request.language)?;
    let texts = request.reason.iter().chain([&request.message]).map(|text| (text, MAX_MESSAGE));
    let lines = request.context.iter().map(|line| (line, MAX_LINE));
    if let Some((_, max)) = texts.chain(lines).find(|(text, max)| text.len() > *max) {
        return Err(format!(
            "a text is too long: message and reason have at most {MAX_MESSAGE} bytes, a line of context {max}"
        ));
    }
    if request.context.len() > MAX_CONTEXT {
        return Err(format!("`context` has at most {MAX_CONTEXT} lines"));
    }
    Ok(())
}

/// Whether a search is within its bounds.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_search(request: &SearchRequest) -> Result<(), String> {
    if request.query.trim().is_empty() && request.code.is_none() {
        return Err("`query` is empty: it is the symptom in words, or log lines".to_owned());
    }
    if request.query.len() > MAX_TEXT {
        return Err(format!("`query` has at most {MAX_TEXT} bytes"));
    }
    Ok(())
}

/// Whether a text can be the name of a language.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_language(language: &str) -> Result<(), String> {
    if language.is_empty() || language.len() > MAX_LANGUAGE {
        return Err(format!("`language` is the name of a grammar such as \"rust\", 1 to {MAX_LANGUAGE} bytes"));
    }
    Ok(())
}

/// Whether a lesson is within its bounds.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_lesson(incident: IncidentId, lesson: &Lesson) -> Result<(), String> {
    if lesson.incident != incident {
        return Err(format!(
            "the path names the incident {incident}, the body {}: they must be the same",
            lesson.incident
        ));
    }
    check_language(&lesson.language)?;
    let texts = [
        ("symptoms", &lesson.symptoms, MAX_TEXT),
        ("root_cause", &lesson.root_cause, MAX_TEXT),
        ("diff", &lesson.diff, MAX_DIFF),
    ];
    match texts.iter().find(|(_, text, max)| text.len() > *max) {
        Some((key, _, max)) => Err(format!("`{key}` has at most {max} bytes")),
        None => Ok(()),
    }
}

/// What was found, the surest first, and how sure is sure enough.
#[derive(Debug, Clone, Copy)]
pub struct Sure<'a> {
    /// What was found.
    pub hits: &'a [Hit],
    /// Below this nothing is proposed.
    pub min_confidence: f64,
}

/// What is to be done: the diagnosis of the surest document, and the remedies of the sure ones, those first that have not
/// failed here before. How sure the diagnosis is, and what is expected of an option, is the document's confidence shared with the
/// causes that fit as well. Nothing is proposed when nothing is sure, or when the diagnosis says that nothing is to be changed.
pub fn plan(request: &PlanRequest, found: &Sure<'_>, track: &TrackRecord, mut retrieval: Retrieval) -> Plan {
    let Sure { hits, min_confidence } = *found;
    retrieval.confidence = hits.first().map_or(0.0, |hit| round(hit.confidence));
    retrieval.neighbours = hits.iter().take(NEIGHBOURS).map(Hit::neighbour).collect();
    let sure: Vec<&Hit> = hits.iter().filter(|hit| hit.confidence >= min_confidence).collect();
    let fits = |hit: &&&Hit| hit.document.language.as_ref().is_none_or(|language| *language == request.language);
    let Some(best) = sure.iter().find(fits).or(sure.first()) else {
        let root_cause = format!(
            "Nothing that is known is near enough: the best neighbour has the confidence {:.2}, and {min_confidence:.2} is wanted.",
            retrieval.confidence
        );
        return Plan { verdict: Verdict::Unknown, root_cause, retrieval, options: Vec::new() };
    };
    let causes = Causes::of(&sure);
    retrieval.confidence = round(best.confidence * causes.share(best));
    let (verdict, root_cause) = (best.document.verdict, causes.told(best));
    let options = if verdict.is_actionable() { options(request, &sure, &causes, track) } else { Vec::new() };
    Plan { verdict, root_cause, retrieval, options }
}

fn options(request: &PlanRequest, sure: &[&Hit], causes: &Causes<'_>, track: &TrackRecord) -> Vec<PlanOption> {
    let mut options: Vec<(bool, PlanOption)> = Vec::new();
    for hit in sure {
        let Some(remedy) = remedy_for(request, hit) else { continue };
        // Hits come surest first, and several lessons may point to one remedy.
        if options.iter().any(|(_, option)| same(&option.remedy, remedy)) {
            continue;
        }
        let record = track.of(request, remedy);
        let option = PlanOption {
            title: title(&hit.document, remedy),
            remedy: remedy.clone(),
            confidence: round(record.weigh(hit.confidence * causes.share(hit))),
            verification: hit.document.verification.clone(),
            estimate: Some(Estimate { risk: record.risk(), builds: 1, tokens: 0 }),
            track: record.told(),
        };
        options.push((record.is_bad() || was_tried(request, remedy), option));
    }
    // The sort is stable, so equals keep the order of the hits.
    options.sort_by(|(a_bad, a), (b_bad, b)| a_bad.cmp(b_bad).then(b.confidence.total_cmp(&a.confidence)));
    options.into_iter().map(|(_, option)| option).take(OPTIONS).collect()
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
    matches!(remedy, Remedy::Codemod { digest, .. } if request.tried.contains(digest))
}

fn same(a: &Remedy, b: &Remedy) -> bool {
    match (a, b) {
        (Remedy::Codemod { digest: a, .. }, Remedy::Codemod { digest: b, .. }) => a == b,
        _ => false,
    }
}

fn title(document: &Document, remedy: &Remedy) -> String {
    match remedy {
        Remedy::Codemod { document: source, .. } if *source != document.id => {
            format!("{source}, as learned from {}", document.title)
        }
        _ => document.title.clone(),
    }
}
