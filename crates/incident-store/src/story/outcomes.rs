//! The outcomes of steps in words. Pure.

use super::words::clock;
use wire::event::{Body, EscalationReason};
use wire::proposal::Proposal;
use wire::relief::Withdrawn;
use wire::rollout::Rollout;
use wire::runtime::Intent;
use wire::verification::ReplayReport;

/// How many digits of a digest or commit are told.
const SHORT: usize = 10;

pub(super) fn told(body: &Body) -> (String, String) {
    let (title, text): (&str, String) = match body {
        Body::Refused { option, refusal } => {
            let text = format!("{}: {}. Nothing was changed.", refusal.code, refusal.why.trim_end_matches('.'));
            return (format!("Option {} came to nothing", option + 1), text);
        }
        Body::Admitted { option, proposal } => {
            return (format!("Option {} passed every gate", option + 1), admitted(proposal));
        }
        Body::Intended(intent) => ("What the playbook would do", intended(intent)),
        Body::Pushed { commit } => {
            ("The change is pushed", format!("Commit {} is the branch's head.", short(commit.as_str())))
        }
        Body::Deployed { rollout } => ("The change is live", rolled_out(rollout)),
        Body::DeployFailed { rollout } => (
            "The roll-out failed",
            format!("{} Traffic is where it was; the change is taken back.", full(&rollout.why)),
        ),
        Body::Acted { what, .. } => ("The running service was acted on", what.clone()),
        Body::Verified { report } => ("The cure is proved on live", replayed(report)),
        Body::VerificationFailed { report } => ("The fault is still there", replayed(report)),
        Body::Unverified { report } => {
            ("Nobody can tell whether it is cured", format!("{} That never counts as success.", replayed(report)))
        }
        Body::Undone { commit, why } => {
            let reverted = commit.as_ref().map(|commit| format!(" Reverted by commit {}.", short(commit.as_str())));
            ("The change is taken back", format!("{}{}", full(why), reverted.unwrap_or_default()))
        }
        Body::Mitigated { what } => ("The bleeding is stopped", format!("{} The cure is still open.", full(what))),
        Body::Relieved { what, until } => {
            let text = format!(
                "Until it is cured, at the latest until {}: {} The cure is looked for at once.",
                clock(*until),
                full(what)
            );
            ("The bleeding is stopped at the front", text)
        }
        Body::Withdrawn(Withdrawn { what, answered }) => {
            let text = if what.is_empty() { "None was in force.".to_owned() } else { full(what) };
            let answered = answered.map(|count| format!(" It answered {count} requests."));
            ("The relief is taken back", text + &answered.unwrap_or_default())
        }
        Body::Resolved { certificate } => {
            let eased = certificate.relief.as_ref().map(|relief| format!(" Until then: {relief}."));
            let text = format!(
                "Before: {}. Now: {}.{} The certificate covers {} events of this journal.",
                certificate.before,
                certificate.after,
                eased.unwrap_or_default(),
                certificate.position
            );
            ("Healed", text)
        }
        Body::Learned { document } => {
            ("Learned", format!("The next such incident finds this one in the knowledge base, as {document}."))
        }
        Body::Escalated { reason, diagnosis } => ("A person is needed", format!("{} {diagnosis}", why(*reason))),
        other => return (other.kind().replace('_', " "), String::new()),
    };
    (title.to_owned(), text)
}

fn intended(intent: &Intent) -> String {
    let what = intent.lines().join("\n");
    let tried = if what.is_empty() { "Nothing more has to be done.".to_owned() } else { what };
    format!("{} {tried}", full(&intent.diagnosis))
}

fn admitted(proposal: &Proposal) -> String {
    let gates: Vec<String> = proposal.gates.iter().map(|gate| full(&gate.why)).filter(|why| !why.is_empty()).collect();
    format!(
        "The change {} touches {} and comes from {}. {} What was tested is kept as {}, and exactly that will run.",
        short(proposal.digest.as_str()),
        proposal.files.join(", "),
        proposal.origin,
        gates.join(" "),
        short(proposal.artefact.as_str())
    )
}

fn rolled_out(rollout: &Rollout) -> String {
    let switched = rollout.switched_at.map(|at| format!(" Traffic goes to it since {}.", clock(at)));
    format!("{}{}", full(&rollout.why), switched.unwrap_or_default())
}

fn replayed(report: &ReplayReport) -> String {
    let status = report.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    let witnesses = report.witnesses.iter().map(|witness| match witness.seen {
        Some(seen) => format!("{} saw {seen} (at least {} wanted)", witness.kind, witness.wanted),
        None => format!("{} could not be asked", witness.kind),
    });
    let witnesses: Vec<String> = witnesses.collect();
    let seen = if witnesses.is_empty() { String::new() } else { format!(" Witnesses: {}.", witnesses.join("; ")) };
    let why = full(&report.why);
    format!(
        "The failing request was sent again (replay {}): {status} after {:.0} ms. {why}{seen}",
        report.replay, report.took_ms
    )
}

fn why(reason: EscalationReason) -> &'static str {
    match reason {
        EscalationReason::NoRemedy => "Nothing is known for this symptom.",
        EscalationReason::OptionsExhausted => "Everything that is known was tried and came to nothing.",
        EscalationReason::Unverified => "The proof gave no answer.",
        EscalationReason::StepFailed => "A step failed more often than is allowed.",
        EscalationReason::UndoFailed => "A change that failed could not be taken back: look at this first.",
        EscalationReason::ApprovalRejected => "A person rejected the change.",
        EscalationReason::ApprovalExpired => "Nobody approved in time.",
        EscalationReason::Recurred => "It came back, and nothing else is known.",
        EscalationReason::TooManyRemedies => "More was done on this target within an hour than is allowed.",
        EscalationReason::Oscillation => "Two faults take turns: healing one brings the other back.",
        EscalationReason::Unknown => "See the diagnosis.",
    }
}

/// A text as a sentence.
pub(super) fn full(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// The first digits.
pub(super) fn short(text: &str) -> &str {
    text.get(..SHORT).unwrap_or(text)
}
