//! Mode 4, with a process that really grows, gives back what its levers ease, and is ended by the kernel.

use crate::stand::{Stand, check};
use chrono::TimeDelta;
use playbooks::{Levers, MemoryPlaybook, Playbook};
use std::sync::Arc;
use std::time::Duration;
use testkit::FakeClock;
use testkit::failure::memory::{Group, Hog};
use wire::runtime::{ActOutcome, Action, ResourceName};
use wire::target::{Lever, LeverBy, Memory};

const MIB: u64 = 1024 * 1024;
const LIMIT: Duration = Duration::from_secs(20);

fn name(text: &str) -> ResourceName {
    text.to_owned().try_into().expect("a name")
}

/// At most 60 MiB, with a lever that does nothing, one that is a file and one that is asked for over HTTP.
fn playbook(hog: &Hog, cgroup: Option<String>) -> MemoryPlaybook {
    let lever = |of: &str, by| Lever { name: name(of), title: format!("Ease {of}"), by };
    let levers = [
        lever("useless", LeverBy::File(hog.lever_file("nothing"))),
        lever("caches", LeverBy::File(hog.lever_file("caches"))),
        lever("tasks", LeverBy::Put(hog.lever_url("tasks"))),
    ];
    let memory = Memory {
        pid_file: hog.pid_file(),
        limit_bytes: 60 * MIB,
        cgroup,
        levers: levers.iter().map(|lever| lever.name.clone()).collect(),
        calm_ms: 200,
    };
    MemoryPlaybook::new(memory, Levers::new(&levers, reqwest::Client::new()))
}

async fn on(playbook: &MemoryPlaybook) -> Vec<String> {
    let off: Vec<_> = playbook.remedies(&playbook.look().await).into_iter().map(|remedy| remedy.action).collect();
    let is_on = |of: &&str| !off.contains(&Action::Pull { lever: name(of), on: true });
    ["useless", "caches", "tasks"].iter().filter(|of| is_on(of)).map(|of| (*of).to_owned()).collect()
}

async fn is_withdrawn(stand: &Stand, playbook: &MemoryPlaybook) -> bool {
    playbooks::withdraw(playbook, &stand.site, &mut stand.diary()).await.expect("a diary")
}

async fn withdrawn(stand: &Stand, playbook: &MemoryPlaybook) {
    let ask = async || is_withdrawn(stand, playbook).await.then_some(());
    testkit::eventually("all levers are let go", LIMIT, ask).await;
}

/// Waits until it is so well, or so ill.
async fn until(playbook: &MemoryPlaybook, well: bool) {
    let ask = async || {
        let invariants = playbook.invariants(&playbook.look().await);
        let is_well = invariants.iter().all(|invariant| invariant.holds == Some(true));
        let is_ill = invariants.iter().any(|invariant| invariant.holds == Some(false));
        (if well { is_well } else { is_ill }).then_some(())
    };
    testkit::eventually(if well { "it is well" } else { "it is ill" }, LIMIT, ask).await;
}

#[tokio::test]
async fn levers_are_pulled_in_order_and_stay_when_they_free_memory() {
    let stand = Stand::new();
    let hog = Hog::start(stand.folder.path(), &[("caches", 120), ("tasks", 80)]);
    let playbook = playbook(&hog, None);
    let report = stand.heal(&playbook, "grown").await;
    check(&report, ActOutcome::Relieved);
    assert_eq!(report.tried.iter().map(|tried| tried.kept).collect::<Vec<_>>(), [false, true, true], "{report:#?}");
    assert_eq!(on(&playbook).await, ["caches", "tasks"]);
    let advice = report.advice.join(" ");
    assert!(advice.contains("MiB resident") && advice.contains("of 60 MiB"), "{advice}");
    // What it needed so much for is done.
    hog.want(&[]);
    withdrawn(&stand, &playbook).await;
    assert!(on(&playbook).await.is_empty() && stand.is_well(&playbook).await);
}

#[tokio::test]
async fn a_lever_that_is_needed_at_once_again_is_let_go_later_each_time() {
    let clock = FakeClock::at(1_000);
    let mut stand = Stand::new();
    stand.site.clock = Arc::new(clock.clone());
    let hog = Hog::start(stand.folder.path(), &[("caches", 120)]);
    let playbook = playbook(&hog, None);
    check(&stand.heal(&playbook, "grown").await, ActOutcome::Relieved);
    for pause in [0, 10, 20] {
        // Calm for long enough; what holds it back is the memory of the times before.
        let calm = async || playbook.is_over(&playbook.look().await).then_some(());
        testkit::eventually("it is calm", LIMIT, calm).await;
        if pause > 0 {
            assert!(!is_withdrawn(&stand, &playbook).await, "{pause}");
            assert_eq!(on(&playbook).await, ["caches"]);
            clock.advance(TimeDelta::seconds(pause));
        }
        // It is missed at once, and put in place again, or a little later.
        if is_withdrawn(&stand, &playbook).await {
            check(&stand.heal(&playbook, &format!("after {pause}")).await, ActOutcome::Relieved);
        }
        assert_eq!(on(&playbook).await, ["caches"]);
    }
}

#[tokio::test]
async fn what_eases_stays_until_it_has_been_calm_for_a_while() {
    let stand = Stand::new();
    let hog = Hog::start(stand.folder.path(), &[("caches", 120)]);
    let playbook = playbook(&hog, None);
    check(&stand.heal(&playbook, "grown").await, ActOutcome::Relieved);
    // Below the limit, and not well below it.
    hog.want(&[("caches", 120), ("rest", 55 - hog.resident_mib())]);
    let tight = async || {
        let seen = playbook.look().await;
        let well = playbook.invariants(&seen).iter().all(|invariant| invariant.holds == Some(true));
        (well && format!("{seen:?}").contains("calm: None")).then_some(())
    };
    testkit::eventually("it is tight", LIMIT, tight).await;
    assert!(!is_withdrawn(&stand, &playbook).await);
    hog.want(&[]);
    withdrawn(&stand, &playbook).await;
}

#[tokio::test]
async fn a_process_that_the_kernel_ended_is_told_with_its_numbers() {
    let stand = Stand::new();
    let group = Group::new(60);
    let mut hog = Hog::start(stand.folder.path(), &[]);
    group.put(hog.pid());
    let playbook = playbook(&hog, Some(group.folder()));
    until(&playbook, true).await;
    // More than the group may have: the kernel ends it.
    hog.want(&[("rest", 200)]);
    let ended = async || hog.has_ended().then_some(());
    testkit::eventually("the kernel ends it", LIMIT, ended).await;
    let report = stand.heal(&playbook, "ended").await;
    check(&report, ActOutcome::Unhealed);
    let advice = report.advice.join(" ");
    assert!(advice.contains("The kernel ended 1") && advice.contains("may have 60 MiB"), "{advice}");
    assert!(stand.diary().held().is_empty());
}

#[tokio::test]
async fn a_control_group_without_room_is_seen_and_eased() {
    let stand = Stand::new();
    let group = Group::new(100);
    let hog = Hog::start(stand.folder.path(), &[]);
    group.put(hog.pid());
    let playbook = {
        let lever = Lever { name: name("caches"), title: "Ease".into(), by: LeverBy::File(hog.lever_file("caches")) };
        let memory = Memory {
            pid_file: hog.pid_file(),
            limit_bytes: 1024 * MIB,
            cgroup: Some(group.folder()),
            levers: vec![name("caches")],
            calm_ms: 200,
        };
        MemoryPlaybook::new(memory, Levers::new(&[lever], reqwest::Client::new()))
    };
    until(&playbook, true).await;
    let used = |folder: String| std::fs::read_to_string(folder + "/memory.usage_in_bytes").ok();
    let used = used(group.folder()).or(std::fs::read_to_string(group.folder() + "/memory.current").ok());
    let used: u64 = used.expect("what is used").trim().parse().expect("a number");
    hog.want(&[("caches", 97 - used / MIB)]);
    let report = stand.heal(&playbook, "full").await;
    check(&report, ActOutcome::Relieved);
    assert!(report.diagnosis.contains("control group has room"), "{}", report.diagnosis);
}

#[tokio::test]
async fn each_undo_gives_the_memory_back() {
    let stand = Stand::new();
    let hog = Hog::start(stand.folder.path(), &[("caches", 50), ("tasks", 50)]);
    let playbook = playbook(&hog, None);
    until(&playbook, false).await;
    let remedies = playbook.remedies(&playbook.look().await);
    assert_eq!(remedies.len(), 3, "{remedies:?}");
    for remedy in remedies {
        playbook.act(&remedy.action).await.expect("done");
        playbook.act(&remedy.action).await.expect("done twice");
        assert_eq!(on(&playbook).await.len(), 1);
        playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
        assert!(on(&playbook).await.is_empty());
        until(&playbook, false).await;
    }
}

#[tokio::test]
async fn a_healing_that_was_cut_short_leaves_no_lever_that_nobody_knows_of() {
    let stand = Stand::new();
    let hog = Hog::start(stand.folder.path(), &[("caches", 120)]);
    let playbook = playbook(&hog, None);
    until(&playbook, false).await;
    {
        let mut diary = stand.diary();
        let healing = playbooks::heal(&playbook, &stand.site, &mut diary, "x");
        tokio::pin!(healing);
        let pulled = async {
            let useless = async || std::fs::exists(hog.lever_file("nothing")).expect("a folder").then_some(());
            testkit::eventually("the first lever", LIMIT, useless).await;
        };
        tokio::select! { _ = &mut healing => panic!("it ended"), () = pulled => {} }
    }
    assert_eq!(on(&playbook).await, ["useless"]);
    let report = playbooks::heal(&playbook, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
    check(&report, ActOutcome::Relieved);
    assert_eq!(on(&playbook).await, ["caches"]);
    assert_eq!(stand.diary().held().len(), 1);
}
