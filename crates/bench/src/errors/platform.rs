//! The whole platform: the same target and client, with a relief in the target file.

use super::client::{self, Seen};
use super::fault::{Fault, OUTAGE};
use anyhow::{Context, ensure};
use e2e::fleet::{Fleet, Setup};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::Cell;
use std::time::Duration;
use testkit::tiny::Mood;
use tokio::time::Instant;

/// How long all is well before the fault.
const BEFORE: Duration = Duration::from_secs(1);
/// How long a push may take to be live.
const LIVE: Duration = Duration::from_secs(30);

fn edit(text: &str) -> String {
    let title = "title = \"The greeting cannot be made\"";
    let eases =
        "{ kind = \"stale\", paths = [\"/greet\"] }, { kind = \"breaker\", paths = [\"/greet\"], retry_after_s = 1 }";
    // As many questions without an answer as the other policies' watchers take for a failure.
    text.replace(title, &format!("{title}\nrelief = [{eases}]"))
        .replace("timeout_ms = 10000 }", "timeout_ms = 10000, hung_ms = 3000 }")
}

/// Injects a fault once; what was seen, and what became of it in the platform.
///
/// # Errors
/// When the stack does not come up, or the target was ill before the fault.
pub(super) async fn once(fault: Fault, window: Duration) -> anyhow::Result<(Seen, String)> {
    let fleet = Fleet::start(Setup { edit: Some(edit), ..Setup::default() }).await;
    fleet.tiny.upstream.behave(fault.mood_before());
    if fault != Fault::Latent {
        fleet.push_well().await;
    }
    let (url, over) = (format!("{}/greet", fleet.stack.front()), Cell::new(false));
    let story = async {
        tokio::time::sleep(BEFORE).await;
        let begun = Instant::now();
        let from = inject(&fleet, fault).await?;
        if fault.mood().is_some_and(|(_, passes)| passes) {
            tokio::time::sleep_until(from + OUTAGE).await;
            fleet.tiny.upstream.behave(Mood::Well);
        }
        tokio::time::sleep_until(from + window).await;
        anyhow::Ok((begun, from))
    };
    let (answers, from) = tokio::join!(client::ask(&url, &over), async {
        let from = story.await;
        over.set(true);
        from
    });
    let injected = from?;
    let mut before = answers.iter().filter(|(at, _)| *at < injected.0 - BEFORE / 2);
    ensure!(before.all(|(_, answer)| *answer == client::Answer::Right), "it was ill before the fault");
    Ok((Seen::of(&answers, injected.1, window), told(&fleet).await?))
}

/// From the moment on that this answers the fault is there.
async fn inject(fleet: &Fleet, fault: Fault) -> anyhow::Result<Instant> {
    let pid = async || anyhow::Ok(Pid::from_raw(fleet.live().await.context("nothing is live")?.pid));
    match fault {
        Fault::BadPush => {
            let commit = fleet.push_broken();
            let end = Instant::now() + LIVE;
            while fleet.live().await.is_none_or(|live| live.commit != commit) {
                ensure!(Instant::now() < end, "the push is not live within {LIVE:?}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Fault::Crash => kill(pid().await?, Signal::SIGKILL)?,
        Fault::Hang => kill(pid().await?, Signal::SIGSTOP)?,
        Fault::Latent | Fault::UpstreamFails | Fault::UpstreamHangs => {}
    }
    let from = Instant::now();
    if let Some((mood, _)) = fault.mood() {
        fleet.tiny.upstream.behave(mood);
    }
    Ok(from)
}

/// The newest incident, by the kinds of its events that matter here.
async fn told(fleet: &Fleet) -> anyhow::Result<String> {
    let Some(incident) = fleet.store().incidents(1, false).await?.incidents.into_iter().next() else {
        return Ok("no incident".to_owned());
    };
    let journal = fleet.store().journal(incident.id).await?;
    let begun = journal.first().map_or(incident.detected_at, |event| event.at);
    let kinds = ["relieved", "mitigated", "withdrawn", "resolved", "escalated", "dismissed", "advised"];
    let matter = journal.iter().filter(|event| kinds.contains(&event.body.kind()));
    let matter: Vec<String> =
        matter.map(|event| format!("{} +{} ms", event.body.kind(), (event.at - begun).num_milliseconds())).collect();
    Ok(format!(
        "{}: {}",
        incident.code,
        if matter.is_empty() { incident.status.as_str().to_owned() } else { matter.join(", ") }
    ))
}
