//! A remote over ssh, behind a real `sshd`, read with a key that may only read.

use crate::place::{LIMIT, Place};
use std::path::Path;
use testkit::ssh::Sshd;

/// The target file with its remote behind a host.
fn behind(sshd: &Sshd) -> impl FnOnce(String) -> String {
    let host = sshd.url(Path::new(""));
    move |text| text.replacen("url = \"/", &format!("url = \"{host}/"), 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_over_ssh_is_rolled_out_and_its_host_may_be_away_for_a_while() {
    let Some(mut sshd) = Sshd::start() else { return };
    let mut place = Place::with(behind(&sshd)).await;
    let paths = [("SSH_KEY", &sshd.reader), ("SSH_KNOWN_HOSTS", &sshd.known_hosts)];
    place.settings.extend(paths.map(|(key, path)| (key, path.display().to_string())));
    place.settings.push(("SSH_POLL_MS", "300".to_owned()));
    let mut place = place.started().await;
    let (next, _) = place.commit("notes.txt", "on top\n", "Develop");
    place.live_at(&next).await;
    sshd.pause();
    let told = async || place.live().await?.problem.filter(|problem| problem.code == "head_unknown");
    let problem = testkit::eventually("it is told", LIMIT, told).await;
    assert!(problem.message.contains("cannot be reached"), "{problem}");
    sshd.resume();
    let well = async || place.live().await?.problem.is_none().then_some(());
    testkit::eventually("it is well again", LIMIT, well).await;
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_it_does_not_start_and_says_which_setting_lacks() {
    let host = "ssh://git@host";
    let place = Place::with(|text| text.replacen("url = \"/", &format!("url = \"{host}/"), 1)).await;
    let mut life = place.spawn();
    let ended = async || life.try_wait().expect("its end");
    let status = testkit::eventually("the deployer ends", LIMIT, ended).await;
    assert!(!status.success());
    assert!(place.log().contains("`ssh_key` is not set"), "{}", place.log());
}
