//! `kintsugi status`: what runs, whether healing goes on, and which version of each target is live.

use crate::connection::Connection;
use crate::output::Answer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use wire::incident::Incident;
use wire::reset::HealingState;
use wire::rollout::Live;
use wire::{Service, TargetName, paths};

/// How long a service may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

/// What was found.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Status {
    pub front: String,
    pub pid: u32,
    pub services: BTreeMap<String, Part>,
    pub healing: Option<HealingState>,
    pub open_incidents: Option<usize>,
    pub targets: BTreeMap<TargetName, Option<Live>>,
    pub ok: bool,
}

/// A service or companion.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Part {
    pub url: String,
    pub ready: bool,
    /// What it answered instead of being ready.
    pub problem: Option<String>,
}

/// Asks everything.
///
/// # Errors
/// When no HTTP client can be built. A part that does not answer is in the answer.
pub async fn read(connection: &Connection) -> anyhow::Result<Answer> {
    let about = &connection.about;
    let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build()?;
    let mut services = BTreeMap::new();
    for (service, url) in &about.services {
        // The front passes everything on that is not its own.
        let path = if *service == Service::Front { paths::FRONT_HEALTH } else { paths::READY };
        services.insert(service.to_string(), ready(&http, url, &format!("{url}{path}")).await);
    }
    for (name, beside) in &about.companions {
        services.insert(name.clone(), ready(&http, &beside.url, &beside.health).await);
    }
    let store = connection.store()?;
    let healing = store.state().await.ok();
    let open = store.incidents(100, false).await.ok();
    let open_incidents = open.map(|page| page.incidents.iter().filter(|one| is_open(one)).count());
    let (deployer, mut targets) = (connection.deployer()?, BTreeMap::new());
    for target in &about.targets {
        targets.insert(target.clone(), deployer.live(target).await.ok().flatten());
    }
    let ok = healing.is_some() && services.values().all(|part| part.ready) && targets.values().all(Option::is_some);
    let status = Status { front: about.front.clone(), pid: about.pid, services, healing, open_incidents, targets, ok };
    Ok(Answer::new(text(&status), &status)?.done_if(ok))
}

fn is_open(incident: &Incident) -> bool {
    incident.status.is_open()
}

async fn ready(http: &reqwest::Client, url: &str, check: &str) -> Part {
    let problem = match http.get(check).send().await {
        // A service that depends on nothing has no readiness check.
        Ok(answer) if matches!(answer.status().as_u16(), 200 | 404) => None,
        Ok(answer) => Some(format!("{check} answers {}", answer.status())),
        Err(error) => Some(error.without_url().to_string()),
    };
    Part { url: url.to_owned(), ready: problem.is_none(), problem }
}

fn text(status: &Status) -> String {
    let mut text = format!("stack of process {} at {}\n", status.pid, status.front);
    for (name, part) in &status.services {
        let state = part.problem.as_deref().unwrap_or("ready");
        let _ = writeln!(text, "  {name:<15} {:<24} {state}", part.url);
    }
    text.push_str(&healing(status));
    for (target, live) in &status.targets {
        let live = live.as_ref().map_or_else(
            || "nothing is live yet".to_owned(),
            |live| format!("live at {} ({} roll-outs)", live.commit, live.rollouts),
        );
        let _ = writeln!(text, "{target}: {live}");
    }
    text.trim_end().to_owned()
}

fn healing(status: &Status) -> String {
    let Some(state) = &status.healing else { return "healing: unknown, incident-store does not answer\n".to_owned() };
    let paused = if state.paused { "paused (kintsugi resume lets it go on)" } else { "on" };
    let open = status.open_incidents.map_or_else(|| "an unknown number of".to_owned(), |open| open.to_string());
    let since =
        state.reset_at.map_or_else(String::new, |at| format!(", last reset {}", at.format("%Y-%m-%d %H:%M:%SZ")));
    format!("healing: {paused}; epoch {}{since}; {open} open incident(s)\n", state.epoch)
}
