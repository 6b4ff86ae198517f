//! What each event is in words. Pure.

use super::{outcomes, progress};
use chrono::{DateTime, Utc};
use wire::detection::{Detection, Source};
use wire::event::{Body, Step};
use wire::plan::{Plan, Verdict};

/// How many of a plan's options are told.
const MAX_OPTIONS: usize = 5;

/// An event in one line.
pub(crate) fn sentence(body: &Body) -> String {
    let (title, text) = told(body);
    if text.is_empty() { format!("{title}.") } else { format!("{title}. {text}") }
}

/// An event's title and text.
pub(super) fn told(body: &Body) -> (String, String) {
    let (title, text): (&str, String) = match body {
        Body::Detected { detection, .. } => ("The fault was seen", seen(detection)),
        Body::Occurred { happened_at, .. } => ("It was seen again", format!("It happened at {}.", clock(*happened_at))),
        Body::Started { step, attempt, .. } => return begun(*step, *attempt),
        Body::Progressed { step, progress, more, .. } => {
            let plain = || (doing(*step).to_owned(), progress.note.clone());
            return progress::told(progress, more).unwrap_or_else(plain);
        }
        Body::Failed { step, attempt, problem, .. } => {
            let text = format!(
                "{} (attempt {attempt}) gave no result: {problem}. Nothing is lost: it is tried again after a pause.",
                doing(*step)
            );
            ("A step failed", text)
        }
        Body::Planned { plan } => ("The cause", planned(plan)),
        Body::Dismissed { verdict, why } => ("There is nothing to heal", format!("It is {}: {why}", is(*verdict))),
        Body::Suppressed { why } => ("It is left alone", why.clone()),
        Body::Correlated { why, .. } => ("It is a symptom of another incident", why.clone()),
        Body::Separated { why } => ("It is looked at by itself", why.clone()),
        Body::Postponed { until, why } => (
            "The push waits for the storm to pass",
            format!("{} At the latest at {}, unless more joins in.", outcomes::full(why), clock(*until)),
        ),
        Body::Advised { why } => ("Only advice is given", why.clone()),
        Body::ApprovalRequested { expires_at, digest, why } => {
            let change = outcomes::short(digest.as_str());
            let text = format!("The change {change} waits for approval until {}. {why}", clock(*expires_at));
            ("A person is asked", text.trim().to_owned())
        }
        Body::Approved { by, note, digest } => {
            let change = outcomes::short(digest.as_str());
            return (
                format!("{by} approved"),
                format!("Exactly the change {change} may be made. {note}").trim().into(),
            );
        }
        Body::ApprovalRejected { by, why } => return (format!("{by} said no"), why.clone()),
        Body::ApprovalExpired {} => ("Nobody approved in time", "Nothing was changed.".to_owned()),
        Body::ResolvedByPerson { by, note } => return (format!("{by} resolved it"), note.clone()),
        Body::DismissedByPerson { by, verdict, note } => {
            return (format!("{by} dismissed it"), format!("It is {}. {note}", is(*verdict)).trim().into());
        }
        Body::Retried { by, note } => {
            let text = format!(
                "{} A new plan is asked for; what was refused before is not tried again.",
                outcomes::full(note)
            );
            return (format!("{by} has it tried again"), text.trim().to_owned());
        }
        Body::Reopened { happened_at, .. } => {
            let text = format!(
                "The fault happened again at {}, so the cure did not last. Other options are tried.",
                clock(*happened_at)
            );
            ("It came back", text)
        }
        Body::Archived { epoch } => ("Reset", format!("A reset began epoch {epoch}; nothing more is done here.")),
        Body::Unknown => ("Something else happened", "A newer version of the platform wrote this.".to_owned()),
        other => return outcomes::told(other),
    };
    (title.to_owned(), text)
}

fn seen(detection: &Detection) -> String {
    let by = match detection.source {
        Source::Application => "reported by the application itself",
        Source::Router => "found in its log",
        Source::Warden => "found by a look at the resource itself",
        Source::Caller => "handed over by somebody whose call failed",
        Source::Unknown => "reported",
    };
    let mut text = format!("{} of {} at {}, {by}", detection.code, detection.target, clock(detection.at));
    let what = [(&detection.reason, "the application calls it"), (&detection.version, "version")];
    for (value, name) in what {
        text += &value.as_ref().map(|value| format!("; {name} {value}")).unwrap_or_default();
    }
    if detection.message.is_empty() { text + "." } else { format!("{text}: {}", detection.message) }
}

fn begun(step: Step, attempt: u32) -> (String, String) {
    let again = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
    let text = match step {
        Step::Undo => "The commit is reverted and the version before it rolled out again.",
        _ => "",
    };
    (format!("{}{again}", doing(step)), text.to_owned())
}

fn doing(step: Step) -> &'static str {
    match step {
        Step::Analyze => "Looking for the cause",
        Step::Propose => "Making and judging a candidate",
        Step::Push => "Pushing the change",
        Step::Deploy => "Rolling the change out",
        Step::Act => "Acting on the running service",
        Step::Verify => "Proving the cure on live",
        Step::Undo => "Taking the change back",
        Step::Learn => "Telling the knowledge base",
        Step::Relieve => "Easing it at the front",
        Step::Withdraw => "Taking the relief back",
    }
}

fn planned(plan: &Plan) -> String {
    let mut text = plan.root_cause.trim().to_owned();
    if let Some(nearest) = plan.retrieval.neighbours.first() {
        let sure = plan.retrieval.confidence * 100.0;
        text += &format!(" The nearest known incident is “{}” ({sure:.0} % sure).", nearest.title);
    }
    if plan.options.is_empty() {
        return text + " Nothing is known that could be tried.";
    }
    let options = plan.options.iter().zip(1..).take(MAX_OPTIONS);
    let options: Vec<String> = options.map(|(option, number)| format!("{number}. {}", option.title)).collect();
    text + &format!(" What is tried, in this order: {}.", options.join("; "))
}

fn is(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CodeFault => "a fault in the code",
        Verdict::Dependency => "a dependency's fault",
        Verdict::Capacity => "a lack of capacity",
        Verdict::Configuration => "a wrong configuration",
        Verdict::UserError => "a caller's mistake",
        Verdict::ExpectedDenial => "a denial as it should be",
        Verdict::Recovered => "over by itself",
        Verdict::Noise => "noise",
        Verdict::Unknown => "something else",
    }
}

/// How often more.
pub(super) fn times(count: usize) -> String {
    if count == 1 { "once more".to_owned() } else { format!("{count} more times") }
}

/// A time of day, for people.
pub(super) fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S UTC").to_string()
}
