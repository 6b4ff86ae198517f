//! Mode 6, with a cable that is really pulled.

use crate::stand::{Stand, check};
use playbooks::{Levers, NetworkPlaybook, Playbook};
use std::time::Duration;
use testkit::failure::network::Network as Cable;
use wire::runtime::{ActOutcome, ResourceName};
use wire::target::{Lever, LeverBy, Network};

fn playbook(stand: &Stand, probes: Vec<String>) -> NetworkPlaybook {
    let offline: ResourceName = "offline".to_owned().try_into().expect("a name");
    let by = LeverBy::File(stand.text("offline"));
    let lever = Lever { name: offline.clone(), title: "Go offline".into(), by };
    let network = Network { probes, probe_ms: 400, pauses_ms: vec![200, 400], offline };
    NetworkPlaybook::new(network, Levers::new(&[lever], reqwest::Client::new()))
}

fn is_offline(stand: &Stand) -> bool {
    stand.path("offline").exists()
}

/// Runs a story at the near end of the cable.
fn near(cable: &Cable, story: impl AsyncFnOnce() + Send) {
    cable.near(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(story());
    });
}

async fn back(stand: &Stand, playbook: &NetworkPlaybook) {
    let mut diary = stand.diary();
    let ask = async || playbooks::withdraw(playbook, &stand.site, &mut diary).await.expect("a diary").then_some(());
    testkit::eventually("offline mode is left", Duration::from_secs(15), ask).await;
}

#[test]
fn a_pulled_cable_is_noticed_and_offline_mode_ends_by_itself_when_it_is_plugged_in() {
    let cable = Cable::new();
    for at_near in [true, false] {
        near(&cable, async || {
            let stand = Stand::new();
            let playbook = playbook(&stand, vec![cable.by_address(), cable.by_name()]);
            assert!(stand.is_well(&playbook).await);
            cable.cut(at_near);
            let report = stand.heal(&playbook, "cut").await;
            check(&report, ActOutcome::Relieved);
            assert!(is_offline(&stand));
            let told = format!("{report:?}");
            assert!(told.contains("connections fail") && told.contains("names cannot be resolved"), "{told}");
            assert!(!told.contains("10.213") && !told.contains("far.example"), "{told}");
            let mut diary = stand.diary();
            assert!(!playbooks::withdraw(&playbook, &stand.site, &mut diary).await.expect("a diary"), "cut still");
            cable.join();
            back(&stand, &playbook).await;
            assert!(!is_offline(&stand) && stand.is_well(&playbook).await);
        });
    }
}

#[test]
fn names_that_cannot_be_resolved_are_told_apart_from_connections_that_fail() {
    let cable = Cable::new();
    near(&cable, async || {
        let stand = Stand::new();
        let named = playbook(&stand, vec![cable.by_name()]);
        let both = playbook(&stand, vec![cable.by_name(), cable.by_address()]);
        cable.set_names(false);
        assert!(stand.is_well(&both).await, "somebody can be reached, so the network is there");
        let report = stand.heal(&named, "no names").await;
        check(&report, ActOutcome::Relieved);
        assert!(report.diagnosis.contains("names cannot be resolved"), "{}", report.diagnosis);
        assert!(!report.diagnosis.contains("connections"), "{}", report.diagnosis);
        cable.set_names(true);
        back(&stand, &named).await;
        cable.cut(true);
        let addressed = playbook(&stand, vec![cable.by_address()]);
        let report = stand.heal(&addressed, "no way").await;
        assert!(report.diagnosis.contains("connections fail"), "{}", report.diagnosis);
        assert!(!report.diagnosis.contains("names cannot"), "{}", report.diagnosis);
    });
}

#[tokio::test]
async fn who_refuses_is_reached() {
    let stand = Stand::new();
    let refuses = format!("127.0.0.1:{}", testkit::failure::process::free_port());
    assert!(stand.is_well(&playbook(&stand, vec![refuses])).await);
}

#[test]
fn the_undo_leaves_offline_mode() {
    let cable = Cable::new();
    near(&cable, async || {
        let stand = Stand::new();
        let playbook = playbook(&stand, vec![cable.by_address()]);
        cable.cut(true);
        let remedies = playbook.remedies(&playbook.look().await);
        assert_eq!(remedies.len(), 1);
        for remedy in remedies {
            playbook.act(&remedy.action).await.expect("done");
            playbook.act(&remedy.action).await.expect("done twice");
            assert!(is_offline(&stand) && stand.is_well(&playbook).await);
            playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
            assert!(!is_offline(&stand) && !stand.is_well(&playbook).await);
        }
    });
}

#[test]
fn a_healing_that_was_cut_short_still_leaves_offline_mode_at_the_end() {
    let cable = Cable::new();
    near(&cable, async || {
        let stand = Stand::new();
        cable.cut(true);
        {
            let (playbook, mut diary) = (playbook(&stand, vec![cable.by_address()]), stand.diary());
            let healing = playbooks::heal(&playbook, &stand.site, &mut diary, "x");
            tokio::pin!(healing);
            let offline = async {
                let is_off = async || is_offline(&stand).then_some(());
                testkit::eventually("offline mode", Duration::from_secs(10), is_off).await;
            };
            tokio::select! { _ = &mut healing => {}, () = offline => {} }
        }
        let playbook = playbook(&stand, vec![cable.by_address()]);
        let report = playbooks::heal(&playbook, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
        check(&report, ActOutcome::Relieved);
        cable.join();
        back(&stand, &playbook).await;
        assert!(!is_offline(&stand));
    });
}

#[test]
fn a_target_that_does_not_say_whether_it_is_offline_is_left_to_a_person() {
    let cable = Cable::new();
    near(&cable, async || {
        let stand = Stand::new();
        cable.cut(true);
        let offline: ResourceName = "offline".to_owned().try_into().expect("a name");
        let by = LeverBy::Put(format!("http://127.0.0.1:{}/offline", testkit::failure::process::free_port()));
        let lever = Lever { name: offline.clone(), title: "Go offline".into(), by };
        let probes = vec![cable.by_address()];
        let network = Network { probes, probe_ms: 400, pauses_ms: vec![200], offline };
        let playbook = NetworkPlaybook::new(network, Levers::new(&[lever], reqwest::Client::new()));
        let report = stand.heal(&playbook, "no answer").await;
        check(&report, ActOutcome::Unhealed);
        assert!(report.tried.is_empty() && report.advice.join(" ").contains("does not say"), "{report:#?}");
    });
}
