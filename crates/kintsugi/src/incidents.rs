//! `kintsugi incidents`: what the journal says, and whether it still holds.

use client::IncidentStore;
use std::fmt::Write;
use wire::IncidentId;
use wire::event::{Body, Event};
use wire::incident::Incident;
use wire::timeline::Timeline;

/// The list, one line each, newest first.
///
/// # Errors
/// When the store does not answer.
pub async fn list(store: &IncidentStore, archived: bool) -> anyhow::Result<String> {
    let page = store.incidents(100, archived).await?;
    if page.incidents.is_empty() {
        return Ok("no incidents".to_owned());
    }
    Ok(page.incidents.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn line(incident: &Incident) -> String {
    format!(
        "{}  {}Z  {:<12} {:<28} {} ×{}",
        incident.id,
        incident.detected_at.format("%Y-%m-%d %H:%M:%S"),
        incident.status.as_str(),
        incident.code.to_string(),
        incident.target,
        incident.occurrences
    )
}

/// One incident's journal as a story.
///
/// # Errors
/// When the store does not answer or has no such incident.
pub async fn show(store: &IncidentStore, id: IncidentId) -> anyhow::Result<String> {
    let (incident, journal) = (store.incident(id).await?, store.journal(id).await?);
    let mut text = line(&incident);
    for event in &journal {
        write!(text, "\n{:>4}  {}  {}", event.position.0, event.at.format("%H:%M:%S%.3fZ"), describe(&event.body))?;
    }
    let timeline = Timeline::of(&journal);
    if let (Some(total), Some(own)) = (timeline.total_ms(), timeline.platform_ms()) {
        write!(text, "\nhealed in {total:.0} ms, of which {own:.0} ms were the platform's own")?;
    }
    Ok(text)
}

/// An event in a line; an escalation's diagnosis has several.
pub fn describe(body: &Body) -> String {
    match body {
        Body::Detected { detection, .. } => format!("detected: {}", detection.message),
        Body::Started { step, attempt, .. } => format!("started {} ({attempt})", step.as_str()),
        Body::Progressed { progress, more, .. } => {
            let notes = std::iter::once(progress).chain(more).map(|told| format!("  {}", told.note));
            notes.collect::<Vec<_>>().join("\n")
        }
        Body::Failed { step, problem, .. } => format!("{} failed: {problem}", step.as_str()),
        Body::Planned { plan } => format!("planned: {}", plan.root_cause),
        Body::Dismissed { verdict, why } => format!("dismissed ({verdict:?}): {why}"),
        Body::Refused { refusal, .. } => format!("refused: {}: {}", refusal.code, refusal.why),
        Body::Admitted { proposal, .. } => format!("admitted: {} in {}", proposal.origin, proposal.files.join(", ")),
        Body::Pushed { commit } => format!("pushed {commit}"),
        Body::Deployed { rollout } => format!("deployed: {}", rollout.why),
        Body::DeployFailed { rollout } => format!("not deployed: {}", rollout.why),
        Body::Verified { report } => format!("verified: {}", report.why),
        Body::VerificationFailed { report } => format!("still broken: {}", report.why),
        Body::Unverified { report } => format!("unverified: {}", report.why),
        Body::Undone { why, .. } => format!("undone: {why}"),
        Body::Learned { document } => format!("learned as {document}"),
        Body::Escalated { reason, diagnosis } => format!("escalated ({reason:?}): {diagnosis}"),
        other => other.kind().to_owned(),
    }
}

/// Checks an incident's hash chain and certificate.
///
/// # Errors
/// When the store does not answer, or the journal was edited, or the certificate does not cover it.
pub async fn verify(store: &IncidentStore, id: IncidentId) -> anyhow::Result<String> {
    let journal = store.journal(id).await?;
    check(&journal)
}

/// Checks a journal.
///
/// # Errors
/// With what does not hold.
pub fn check(journal: &[Event]) -> anyhow::Result<String> {
    wire::chain::verify(journal)?;
    let certificates = journal.iter().filter_map(|event| match &event.body {
        Body::Resolved { certificate } => Some((event, certificate)),
        _ => None,
    });
    let mut state = None;
    for event in journal {
        state = Some(wire::apply::apply(state.as_ref(), event)?);
    }
    let mut found = 0;
    for (event, certificate) in certificates {
        let covered = journal.iter().find(|covered| covered.position == certificate.position);
        let holds = covered.is_some_and(|covered| covered.hash == certificate.head);
        anyhow::ensure!(holds, "the certificate at event {} does not cover the journal before it", event.position);
        found += 1;
    }
    let status = state.map_or("empty", |state| state.status.as_str());
    Ok(format!("{} events, the chain holds, {found} certificate(s), status {status}", journal.len()))
}
