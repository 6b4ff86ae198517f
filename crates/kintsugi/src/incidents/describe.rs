//! Events in words.

use wire::event::Body;

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
        Body::Correlated { parent, why } => format!("rests under {parent}: {why}"),
        Body::Separated { why } => format!("looked at by itself: {why}"),
        Body::Postponed { until, why } => {
            format!("push waits until {} at the latest: {why}", until.format("%H:%M:%SZ"))
        }
        Body::Refused { refusal, .. } => format!("refused: {}: {}", refusal.code, refusal.why),
        Body::Admitted { proposal, .. } => format!("admitted: {} in {}", proposal.origin, proposal.files.join(", ")),
        Body::Intended(intent) => format!("would be done: {}", intent.lines().join("\n")),
        Body::Pushed { commit } => format!("pushed {commit}"),
        Body::Deployed { rollout } => format!("deployed: {}", rollout.why),
        Body::DeployFailed { rollout } => format!("not deployed: {}", rollout.why),
        Body::Verified { report } => format!("verified: {}", report.why),
        Body::VerificationFailed { report } => format!("still broken: {}", report.why),
        Body::Unverified { report } => format!("unverified: {}", report.why),
        Body::Undone { why, .. } => format!("undone: {why}"),
        Body::Mitigated { what } => format!("mitigated: {what}"),
        Body::Relieved { what, .. } => format!("eased at the front: {what}"),
        Body::Withdrawn(withdrawn) => match withdrawn.answered {
            Some(count) => format!("eased no more: {count} requests were answered by it"),
            None => "eased no more".to_owned(),
        },
        Body::Learned { document } => format!("learned as {document}"),
        Body::Escalated { reason, diagnosis } => format!("escalated ({reason:?}): {diagnosis}"),
        other => other.kind().to_owned(),
    }
}
