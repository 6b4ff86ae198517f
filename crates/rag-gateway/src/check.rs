//! Whether what is asked and told is within its bounds. Pure.

use wire::detection::{MAX_CONTEXT, MAX_LINE, MAX_MESSAGE};
use wire::knowledge::SearchRequest;
use wire::plan::{Distilled, Lesson, PlanRequest};
use wire::{Digest, IncidentId};

/// The longest symptoms and root cause of a lesson, bytes.
const MAX_TEXT: usize = 8 * 1024;
/// The longest diff of a lesson, bytes.
const MAX_DIFF: usize = 256 * 1024;
/// The largest rule of a lesson as JSON, bytes.
const MAX_RULE: usize = 64 * 1024;
/// The longest name of a language, bytes.
const MAX_LANGUAGE: usize = 32;
/// How many remedies that came to nothing, and how many suspects, are told at most.
const MAX_TRIED: usize = 256;
const MAX_SUSPECTS: usize = 16;

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
    if request.tried.len() > MAX_TRIED || request.suspects.len() > MAX_SUSPECTS {
        return Err(format!("`tried` has at most {MAX_TRIED} digests, `suspects` at most {MAX_SUSPECTS} commits"));
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
        None => lesson.distilled.as_ref().map_or(Ok(()), |distilled| check_distilled(distilled, &lesson.language)),
    }
}

fn check_distilled(distilled: &Distilled, language: &str) -> Result<(), String> {
    let Distilled { rule, digest, provenance, .. } = distilled;
    if rule.get("language").and_then(serde_json::Value::as_str) != Some(language) {
        return Err(format!("`distilled.rule` must be an ast-grep rule for {language}"));
    }
    if rule.to_string().len() > MAX_RULE || provenance.len() > MAX_TEXT {
        return Err(format!(
            "`distilled` has a rule of at most {MAX_RULE} bytes and a provenance of at most {MAX_TEXT}"
        ));
    }
    let wanted = Digest::of_json(rule);
    if *digest != wanted {
        return Err(format!("`distilled.digest` is not that of its rule, which is {wanted}"));
    }
    Ok(())
}
