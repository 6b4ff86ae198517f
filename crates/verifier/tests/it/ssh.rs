//! A remote over ssh, behind a real `sshd`, read with a key that may only read.

use crate::world::{World, assert_admitted};
use chassis::Stop;
use std::path::Path;
use testkit::ssh::Sshd;
use verifier::Settings;
use verifier::gates::Checks;

#[tokio::test]
async fn a_commit_and_a_candidate_of_a_branch_over_ssh_are_built_and_its_host_may_be_away() {
    let Some(mut sshd) = Sshd::start() else { return };
    let (host, key, known) = (sshd.url(Path::new("")), sshd.reader.clone(), sshd.known_hosts.clone());
    let world = World::of(
        |text| text.replacen("url = \"/", &format!("url = \"{host}/"), 1),
        |settings| (settings.ssh_key, settings.ssh_known_hosts) = (key.clone(), known.clone()),
    );
    let world = world.await;
    let built = world.build("head", world.tiny.head()).await.expect("it is built");
    assert!(world.artefact(&built.artefact).exists());
    assert_admitted(&world.admit("good", &world.tiny.good_diff()).await);
    let pushed = world.push(&world.tiny.good_diff());
    sshd.pause();
    let away = world.build("away", pushed.clone()).await.expect_err("no host");
    assert_eq!((away.problem().code.as_str(), away.may_pass()), ("unavailable", true), "{away}");
    sshd.resume();
    world.build("back", pushed).await.expect("it is built");
}

#[tokio::test]
async fn without_a_key_the_start_is_refused_and_the_setting_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut target = testkit::tiny::Tiny::create(folder.path()).target;
    target.repository.url = "git@host:x.git".into();
    let at = |part: &str| folder.path().join(part);
    let settings = Settings { work: at("work"), artefacts: at("artefacts"), ..Settings::default() };
    let credentials = testkit::credentials(wire::Service::Verifier);
    let catalogue = [(target.name.clone(), target)].into();
    let refused = verifier::app::Verifier::open(&settings, &credentials, catalogue, Checks::all(), Stop::new())
        .expect_err("no start");
    assert!(format!("{refused:#}").contains("`ssh_key` is not set"), "{refused:#}");
}
