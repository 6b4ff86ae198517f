//! One incident's story.

use super::{describe, list};
use crate::connection::Connection;
use crate::output::{Answer, plain};
use reqwest::Method;
use std::fmt::Write;
use std::time::Duration;
use wire::event::Event;
use wire::incident::{Incident, Status};
use wire::model::ModelUse;
use wire::related::Relative;
use wire::view::Detail;
use wire::{IncidentId, Service, paths};

/// How much of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Depth {
    /// Every event instead of the story.
    pub journal: bool,
    /// The change, too.
    pub diff: bool,
}

/// Its story, its stages, and what a person can do now.
///
/// # Errors
/// When the store does not answer or has no such incident.
pub async fn show(connection: &Connection, id: IncidentId, depth: Depth) -> anyhow::Result<Answer> {
    let path = format!("{}/api/incidents/{id}", paths::DEVELOPER);
    let store = connection.callee(Service::IncidentStore)?;
    let detail: Detail = store.call(Method::GET, &path, None::<&()>).await?;
    Answer::new(text(&detail, depth), &detail)
}

fn text(detail: &Detail, depth: Depth) -> String {
    let mut text = list::line(&detail.incident);
    text.push('\n');
    if depth.journal {
        detail.events.iter().for_each(|event| tell(&mut text, event));
    } else {
        for chapter in &detail.story {
            let at = chapter.at.format("%H:%M:%S%.3fZ");
            let _ = write!(text, "\n{at}  {}\n{}\n", plain(&chapter.title), indented(&plain(&chapter.text)));
        }
    }
    asked(&mut text, &detail.incident);
    family(&mut text, detail);
    stages(&mut text, detail);
    models(&mut text, &detail.incident.models);
    if let (true, Some(diff)) = (depth.diff, &detail.diff) {
        let _ = write!(text, "\n{}", plain(diff));
    }
    let _ = write!(text, "\nrecord: {}", plain(&detail.check.text));
    if !detail.actions.is_empty() {
        let _ = write!(text, "\nyou can: {}", detail.actions.join(", "));
    }
    text
}

/// What a playbook would do, while a person is asked.
fn asked(text: &mut String, incident: &Incident) {
    let waiting = incident.intent.as_ref().filter(|_| incident.status == Status::AwaitingApproval);
    let Some(intent) = waiting else { return };
    let (mode, resource, target) = (&intent.mode, &intent.resource, &intent.target);
    let _ = write!(text, "\nwaits for your word: on {target}, {mode} {resource}, digest {}\n", intent.digest);
    let _ = write!(text, "    {}\n{}", plain(&intent.diagnosis), indented(&plain(&intent.lines().join("\n"))));
}

fn family(text: &mut String, detail: &Detail) {
    let one = |relative: &Relative| {
        let (id, code, target) = (relative.id, plain(&relative.code.to_string()), &relative.target);
        format!("{id}  {:<17} {code} {target}", relative.status.as_str())
    };
    if let Some(parent) = &detail.parent {
        let _ = write!(text, "\nits cause is looked for in: {}", one(parent));
    }
    if !detail.children.is_empty() {
        let children: Vec<String> = detail.children.iter().map(|child| format!("    {}", one(child))).collect();
        let _ = write!(text, "\nsymptoms that rest under it, or went with it:\n{}", children.join("\n"));
    }
}

fn stages(text: &mut String, detail: &Detail) {
    let one = |reached: &wire::view::Reached| format!("{} +{:.0} ms", reached.stage.as_str(), reached.ms);
    let stages: Vec<String> = detail.stages.iter().map(one).collect();
    if !stages.is_empty() {
        let _ = write!(text, "\nstages: {}", stages.join(", "));
    }
    if let (Some(total), Some(own)) = (detail.total_ms, detail.platform_ms) {
        let _ = write!(text, "\nhealed in {total:.0} ms, of which {own:.0} ms were the platform's own");
    }
}

fn models(text: &mut String, taken: &ModelUse) {
    if taken.is_none() {
        return;
    }
    let tokens = taken.input_tokens.saturating_add(taken.output_tokens);
    let dollars = Duration::from_micros(taken.cost_micro_usd).as_secs_f64();
    let _ = write!(text, "\nlanguage models: {} call(s), {tokens} tokens, ${dollars:.4}", taken.calls);
}

fn tell(text: &mut String, event: &Event) {
    let at = event.at.format("%H:%M:%S%.3fZ");
    let _ = write!(text, "\n{:>4}  {at}  {}", event.position.0, plain(&describe(&event.body)));
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_models_took_is_told_when_one_was_asked() {
        let mut text = String::new();
        models(&mut text, &ModelUse::default());
        assert_eq!(text, "");
        models(&mut text, &ModelUse { calls: 2, input_tokens: 1_000, output_tokens: 100, cost_micro_usd: 3_050 });
        assert_eq!(text, "\nlanguage models: 2 call(s), 1100 tokens, $0.0031");
    }
}
