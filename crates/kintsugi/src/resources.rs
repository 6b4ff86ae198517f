//! `kintsugi resources`: how the resources that `warden` looks after are, and what stands in place for the time being.

use crate::connection::Connection;
use crate::output::{Answer, plain};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use std::fmt::Write;
use wire::runtime::ResourceView;
use wire::{Service, TargetName, paths};

/// A look that is older says nothing of now: twice the longest pause that a target file may name.
const STALE: TimeDelta = TimeDelta::minutes(2);

/// All resources, or one target's. Done when each is known to be well.
///
/// # Errors
/// When `warden` does not answer.
pub async fn list(connection: &Connection, target: Option<&TargetName>) -> anyhow::Result<Answer> {
    let warden = connection.callee(Service::Warden)?;
    let mut views: Vec<ResourceView> = warden.call(Method::GET, paths::RESOURCES, None::<&()>).await?;
    views.retain(|view| target.is_none_or(|target| view.target == *target));
    let now = chassis::Clock::now(&chassis::SystemClock);
    let well = views.iter().all(|view| state(view, now) == State::Well);
    Ok(Answer::new(text(&views, target, now), &serde_json::json!({ "resources": views }))?.done_if(well))
}

/// What the last look says of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    Ill,
    /// It was not looked at lately, or could not be told.
    Unknown,
}

fn state(view: &ResourceView, now: DateTime<Utc>) -> State {
    let is_fresh = view.at.is_some_and(|at| at >= now - STALE);
    if !is_fresh || view.seen.is_empty() {
        State::Unknown
    } else if view.seen.iter().any(|invariant| invariant.holds == Some(false)) {
        State::Ill
    } else if view.seen.iter().all(|invariant| invariant.holds == Some(true)) {
        State::Well
    } else {
        State::Unknown
    }
}

fn text(views: &[ResourceView], target: Option<&TargetName>, now: DateTime<Utc>) -> String {
    if views.is_empty() {
        let whose = target.map_or_else(String::new, |target| format!(" of {target}"));
        return format!(
            "no resource{whose} is looked after: a target file names them in `[[resources]]` (docs/resources.md)"
        );
    }
    let parts: Vec<String> = views.iter().map(|view| one(view, now)).collect();
    parts.join("\n")
}

/// A line, with what does not hold and what stands in place below.
fn one(view: &ResourceView, now: DateTime<Utc>) -> String {
    let state = match state(view, now) {
        State::Well => "well",
        State::Ill => "ill",
        State::Unknown => "unknown",
    };
    let at =
        view.at.map_or_else(|| "not looked at yet".to_owned(), |at| format!("looked at {}", at.format("%H:%M:%SZ")));
    let (target, resource) = (view.target.to_string(), view.resource.to_string());
    let mut text = format!("{target:<15} {resource:<15} {state:<8} {:<28} {at}", plain(&view.fault.to_string()));
    for invariant in view.seen.iter().filter(|invariant| invariant.holds != Some(true)) {
        let word = if invariant.holds.is_some() { "not so" } else { "cannot be told" };
        let _ = write!(text, "\n  {word}: {}", plain(&invariant.name));
        if !invariant.seen.is_empty() {
            let _ = write!(text, ": {}", plain(&invariant.seen));
        }
    }
    for held in &view.held {
        let since = held.since.format("%Y-%m-%d %H:%M:%SZ");
        let _ = write!(text, "\n  in place since {since}: {}", plain(&held.remedy.title));
    }
    text
}
