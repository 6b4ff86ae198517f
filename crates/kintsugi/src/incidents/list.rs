//! The list of incidents.

use crate::connection::Connection;
use crate::output::{Answer, plain};
use client::Callee;
use reqwest::Method;
use std::fmt::Write;
use wire::incident::{Incident, Status};
use wire::reset::{HealingState, Overview};
use wire::{Service, TargetName, paths};

/// The longest page that the store answers.
const PAGE: usize = 100;

/// Which incidents.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that stand here.
    pub status: Option<Status>,
    /// Only this target's.
    pub target: Option<TargetName>,
    /// How many at most.
    pub limit: usize,
    /// Also those that a reset archived.
    pub archived: bool,
}

/// What was found.
#[derive(Debug)]
struct Found {
    incidents: Vec<Incident>,
    state: HealingState,
    more: bool,
}

/// The newest incidents first, one line each.
///
/// # Errors
/// When the store does not answer.
pub async fn list(connection: &Connection, filter: &Filter) -> anyhow::Result<Answer> {
    let found = read(&connection.callee(Service::IncidentStore)?, filter).await?;
    let json = serde_json::json!({ "incidents": found.incidents, "state": found.state, "more": found.more });
    Answer::new(text(&found, filter), &json)
}

/// Page by page, until there are enough.
async fn read(store: &Callee, filter: &Filter) -> anyhow::Result<Found> {
    let (mut incidents, mut before) = (Vec::new(), None::<String>);
    loop {
        let page: Overview = store.call(Method::GET, &path(filter, before.as_deref()), None::<&()>).await?;
        let wanted = page.incidents.into_iter().filter(|incident| wanted(incident, filter));
        incidents.extend(wanted);
        let more = incidents.len() > filter.limit || page.next.is_some();
        // The same place again would be asked for ever.
        let stuck = page.next.is_some() && page.next == before;
        before = page.next;
        if incidents.len() >= filter.limit || before.is_none() || stuck {
            incidents.truncate(filter.limit);
            return Ok(Found { incidents, state: page.state, more });
        }
    }
}

fn wanted(incident: &Incident, filter: &Filter) -> bool {
    let archived = filter.archived || incident.status != Status::Archived || filter.status == Some(Status::Archived);
    archived
        && filter.status.is_none_or(|status| incident.status == status)
        && filter.target.as_ref().is_none_or(|target| incident.target == *target)
}

fn path(filter: &Filter, before: Option<&str>) -> String {
    let mut path = format!("{}/api/data?limit={PAGE}", paths::DEVELOPER);
    if let Some(status) = filter.status {
        let _ = write!(path, "&status={}", status.as_str());
    }
    if let Some(target) = &filter.target {
        let _ = write!(path, "&target={target}");
    }
    if let Some(before) = before {
        let _ = write!(path, "&before={}", encoded(before));
    }
    path
}

/// As a query's value.
fn encoded(value: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    value.bytes().map(one).collect()
}

fn text(found: &Found, filter: &Filter) -> String {
    let mut lines: Vec<String> = found.incidents.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(empty(filter, &found.state));
    }
    if found.more {
        lines.push(format!("… and more: --limit {} shows them", filter.limit.saturating_mul(2)));
    }
    if found.state.paused {
        lines.push("healing is paused: `kintsugi resume` lets it go on".to_owned());
    }
    lines.join("\n")
}

fn empty(filter: &Filter, state: &HealingState) -> String {
    if filter.status.is_some() || filter.target.is_some() {
        return "no incident fits the filter; `kintsugi incidents list` shows all".to_owned();
    }
    let since = state.reset_at.map_or_else(
        || "since the stack was made".to_owned(),
        |at| format!("since the reset of {}", at.format("%Y-%m-%d %H:%M:%SZ")),
    );
    format!("no incidents: nothing has gone wrong {since} (`--archived` shows what was before)")
}

/// An incident in a line.
pub fn line(incident: &Incident) -> String {
    format!(
        "{}  {}Z  {:<17} {:<28} {} ×{}{}",
        incident.id,
        incident.detected_at.format("%Y-%m-%d %H:%M:%S"),
        incident.status.as_str(),
        plain(&incident.code.to_string()),
        incident.target,
        incident.occurrences,
        incident.parent.map(|parent| format!("  of {parent}")).unwrap_or_default()
    )
}
