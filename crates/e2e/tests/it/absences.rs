//! What the platform stands on goes away in each phase of a recovery and comes back. Each time: one commit, one roll-out, resolved.
#![expect(clippy::expect_used, reason = "a story that cannot be told is a failed test")]

use crate::models::{FILE, allowed, env, withdrawn};
use e2e::fleet::{Fleet, RECOVERY, Setup};
use e2e::gate::{Then, When};
use e2e::hook::Hook;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::provider::{Provider, Turn};
use testkit::{eventually, repository};
use wire::Service;
use wire::incident::{Incident, Status};

/// Every step of a recovery by a known rule.
const STEPS: [&str; 6] = ["analyze", "propose", "push", "deploy", "verify", "learn"];
/// How long it is away.
const AWAY: Duration = Duration::from_millis(1_500);

/// Takes something away right after the intention of a step stands, brings it back a while later, and sees the recovery through.
async fn cell(
    fleet: &mut Fleet,
    step: &str,
    take: impl FnOnce() + Send + 'static,
    bring_back: impl FnOnce(&mut Fleet),
) -> Incident {
    let before = fleet.until_live_is_head().await;
    fleet.gate.at(When::After, "started", Some(step), move || {
        take();
        Then::PassOn
    });
    fleet.fire().await;
    eventually(&format!("{step} has begun"), RECOVERY, async || fleet.gate.has_bitten().then_some(())).await;
    tokio::time::sleep(AWAY).await;
    bring_back(fleet);
    let incident = fleet.until(&[Status::Resolved]).await;
    let learned = eventually("what was healed is learned", RECOVERY, async || {
        let incident = fleet.store().incident(incident.id).await.ok()?;
        incident.document.is_some().then_some(incident)
    })
    .await;
    fleet.assert_healed(&learned, &before).await;
    fleet.reset().await;
    learned
}

fn end(pid: Option<u32>) -> impl FnOnce() + Send + 'static {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok()).expect("it is the stack's own");
    move || kill(Pid::from_raw(pid), Signal::SIGKILL).expect("it runs")
}

/// As `up` does each second.
fn revive(fleet: &mut Fleet) {
    tokio::task::block_in_place(|| {
        let until = std::time::Instant::now() + RECOVERY;
        while fleet.stack.revive_servers().is_err() {
            assert!(std::time::Instant::now() < until, "a server does not come up again");
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_away_at_any_step_loses_nothing() {
    let mut fleet = Fleet::start(Setup { durable: true, ..Setup::default() }).await;
    for step in STEPS {
        println!("PostgreSQL goes away in {step}");
        let take = end(fleet.stack.postgres.pid());
        cell(&mut fleet, step, take, revive).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_away_at_any_step_hinders_nothing() {
    let mut fleet = Fleet::start(Setup::default()).await;
    for step in STEPS {
        println!("Redis goes away in {step}");
        let take = end(fleet.stack.redis.pid());
        cell(&mut fleet, step, take, revive).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_remote_away_at_any_step_is_waited_for() {
    let mut fleet = Fleet::start(Setup::default()).await;
    for step in STEPS {
        println!("the remote goes away in {step}");
        let (place, elsewhere) = (fleet.tiny.remote.clone(), fleet.tiny.remote.with_extension("elsewhere"));
        let (from, to) = (place.clone(), elsewhere.clone());
        let take = move || std::fs::rename(from, to).expect("moved away");
        cell(&mut fleet, step, take, move |_| std::fs::rename(elsewhere, place).expect("moved back")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notifier_away_at_any_step_tells_everything_afterwards_each_under_its_one_id() {
    let (hook, env) = Hook::start();
    let mut fleet = Fleet::start(Setup { env, ..Setup::default() }).await;
    for step in STEPS {
        println!("the notifier goes away in {step}");
        fleet.stack.supervisor.hold(Service::Notifier);
        let running = fleet.stack.supervisor.running();
        let take = end(running.get(&Service::Notifier).and_then(|running| running.pid));
        let incident = cell(&mut fleet, step, take, |fleet| fleet.stack.supervisor.free(Service::Notifier)).await;
        let told = eventually("everything is told", RECOVERY, async || {
            let told = hook.about(incident.id);
            told.last().is_some_and(|(kind, _)| kind.ends_with(".archived")).then_some(told)
        })
        .await;
        let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.rsplit('.').next().unwrap_or_default()).collect();
        assert_eq!(kinds, ["created", "analyzed", "resolved", "archived"]);
        // What was just being told when it was killed is told again, under the same id.
        let again: usize = told.iter().map(|(_, times)| times - 1).sum();
        assert!(again <= 1, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_away_while_it_is_asked_is_asked_again() {
    let is_away = Arc::new(AtomicBool::new(true));
    let cured = Arc::new(std::sync::Mutex::new(String::new()));
    let (away, text) = (Arc::clone(&is_away), Arc::clone(&cured));
    let provider = Provider::deciding(move |_, _| {
        let content = text.lock().expect("the text").clone();
        let said =
            json!({ "explanation": "a number is joined to a text", "files": [{ "path": FILE, "content": content }] });
        if away.load(Ordering::SeqCst) { Turn::says(&said).cut_at(0) } else { Turn::says(&said) }
    });
    let setup = Setup { env: env(&provider), cures: Some(withdrawn()), edit: Some(allowed), ..Setup::default() };
    let mut fleet = Fleet::start(setup).await;
    let faulty = repository::read(&fleet.tiny.remote, FILE);
    *cured.lock().expect("the text") = faulty.replace("\"value \" + value", "\"value \" + str(value)");
    let incident = cell(&mut fleet, "propose", || (), move |_| is_away.store(false, Ordering::SeqCst)).await;
    assert!(provider.asked().len() > 1, "it was asked in vain first");
    assert_eq!(incident.proposal.map(|proposal| proposal.origin), Some("model anthropic/double".to_owned()));
}
