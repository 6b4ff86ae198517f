//! A remote over ssh, behind a real `sshd`.

use crate::world::{World, cure, failed, pushed};
use std::path::Path;
use testkit::ssh::Sshd;
use wire::Epoch;
use wire::proposal::{ProposeOutcome, PushOutcome};

/// A world whose target is reached over ssh; none where there is no `sshd`.
fn over_ssh() -> Option<(Sshd, World)> {
    let (sshd, mut world) = (Sshd::start()?, World::new());
    world.target.repository.url = sshd.url(&world.tiny.remote);
    use_key(&mut world, &sshd, &sshd.writer);
    Some((sshd, world))
}

fn use_key(world: &mut World, sshd: &Sshd, key: &Path) {
    (world.settings.ssh_key, world.settings.ssh_known_hosts) = (key.to_owned(), sshd.known_hosts.clone());
}

#[tokio::test]
async fn a_cure_is_proposed_pushed_found_again_reverted_and_reset_over_ssh() {
    let Some((_sshd, mut world)) = over_ssh() else { return };
    let patcher = world.start();
    let (proposal, made) = world.pushed(&patcher).await;
    assert_eq!((&made.commit, &made.tree), (&world.head(), &proposal.tree));
    patcher.stop().await;
    // Another life with an empty folder finds the commit by its trailer.
    let patcher = world.start_another("fresh");
    let again = pushed(patcher.ask(&world.push(&proposal)).await.expect("an outcome"));
    assert_eq!((again.commit, again.found), (made.commit.clone(), true));
    let reverted = pushed(patcher.ask(&world.revert(&made.commit)).await.expect("an outcome"));
    assert_eq!(world.head(), reverted.commit);
    let reset = pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    assert_eq!(world.head(), reset.commit);
    assert_eq!(world.file("faults/greet.py"), world.file("faults/fault_greet.txt"));
    world.authority.epoch = Epoch(4);
    world.pushed(&patcher).await;
    assert_eq!(world.log().len(), 5, "{:?}", world.log());
    patcher.stop().await;
}

#[tokio::test]
async fn two_patchers_who_push_at_once_make_one_commit() {
    let Some((_sshd, world)) = over_ssh() else { return };
    let (one, two) = (world.start(), world.start_another("other"));
    let proposal = world.admitted(&one).await;
    let push = world.push(&proposal);
    let (first, second) = tokio::join!(one.ask::<PushOutcome>(&push), two.ask::<PushOutcome>(&push));
    let (first, second) = (pushed(first.expect("an outcome")), pushed(second.expect("an outcome")));
    assert_eq!(first.commit, second.commit, "whoever came later found it");
    assert_eq!(world.head(), first.commit);
    assert_eq!(world.log().len(), 2, "{:?}", world.log());
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_host_that_is_away_for_a_while_is_a_failure_that_may_pass() {
    let Some((mut sshd, world)) = over_ssh() else { return };
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    sshd.pause();
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "unavailable", true);
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "unavailable", true);
    assert_eq!(world.head(), proposal.base);
    sshd.resume();
    pushed(patcher.ask(&world.push(&proposal)).await.expect("an outcome"));
    patcher.stop().await;
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_a_failure_that_does_not_pass() {
    let Some((sshd, mut world)) = over_ssh() else { return };
    use_key(&mut world, &sshd, &sshd.reader);
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "remote_denied", false);
    patcher.stop().await;
    world.settings.ssh_known_hosts = sshd.other_hosts.clone();
    let patcher = world.start();
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "unknown_host", false);
    assert_eq!(world.head(), proposal.base);
    patcher.stop().await;
}
