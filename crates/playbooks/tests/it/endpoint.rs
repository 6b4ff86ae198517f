//! Mode 7, against servers that really hang, refuse, fail or are slow.

use crate::stand::{Stand, check};
use playbooks::{EndpointPlaybook, Playbook, Watcher};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::failure::server::{Reply, Server};
use wire::runtime::{ActOutcome, Action, Way};
use wire::target::Endpoint;

/// A server whose behaviour can be changed.
struct Service {
    server: Server,
    reply: Arc<Mutex<Reply>>,
}

fn well() -> Reply {
    Reply::Status(200, "{}".into())
}

impl Service {
    fn start(reply: Reply) -> Self {
        let reply = Arc::new(Mutex::new(reply));
        let shared = Arc::clone(&reply);
        Self { server: Server::start(move |_| shared.lock().expect("a reply").clone()), reply }
    }

    fn now(&self, reply: Reply) {
        *self.reply.lock().expect("a reply") = reply;
    }

    /// Its base URL, with a password in it.
    fn base(&self) -> String {
        self.server.base().replace("http://", "http://user:canary-7@")
    }
}

fn endpoint(stand: &Stand, primary: &Service, backup: Option<&Service>) -> Endpoint {
    Endpoint {
        probe: format!("{}/health", primary.base()),
        probe_ms: 400,
        trial_ms: 500,
        primary: primary.base(),
        backup: backup.map(Service::base),
        backup_probe: backup.map(|backup| format!("{}/health", backup.base())),
        registry: stand.text("registry.json"),
        timeouts_ms: vec![30_000, 10_000, 5_000],
        failures: 3,
    }
}

fn registry(stand: &Stand) -> Value {
    let text = std::fs::read(stand.path("registry.json")).expect("a registry");
    serde_json::from_slice(&text).expect("JSON")
}

async fn is_withdrawn(stand: &Stand, playbook: &EndpointPlaybook) -> bool {
    playbooks::withdraw(playbook, &stand.site, &mut stand.diary()).await.expect("a diary")
}

/// Waits for the next trial of the endpoint, and what follows from it.
async fn withdrawn(stand: &Stand, playbook: &EndpointPlaybook) {
    let ask = async || is_withdrawn(stand, playbook).await.then_some(());
    testkit::eventually("callers ask the endpoint again", Duration::from_secs(10), ask).await;
}

#[tokio::test]
async fn callers_of_an_endpoint_that_hangs_go_to_the_backup_and_come_back_when_it_answers() {
    let (stand, primary, backup) = (Stand::new(), Service::start(Reply::Nothing), Service::start(well()));
    let ordinary = json!({ "at": primary.base(), "timeout_ms": 30_000 });
    stand.write("registry.json", ordinary.to_string());
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, Some(&backup)));
    let report = stand.heal(&playbook, "hangs").await;
    check(&report, ActOutcome::Relieved);
    assert_eq!(registry(&stand), json!({ "at": backup.base(), "timeout_ms": 5_000 }));
    let first = &report.tried.first().expect("a remedy").remedy.action;
    assert_eq!(*first, Action::Route { to: Way::Backup, timeout_ms: 30_000 });
    assert!(!is_withdrawn(&stand, &playbook).await, "it hangs still");
    assert_eq!(registry(&stand)["at"], backup.base());
    primary.now(well());
    withdrawn(&stand, &playbook).await;
    assert_eq!(registry(&stand), ordinary);
    assert!(stand.is_well(&playbook).await);
}

#[tokio::test]
async fn without_a_backup_the_breaker_opens_and_the_time_outs_fall_until_it_answers() {
    for failure in [Reply::Nothing, Reply::Status(500, "{}".into()), Reply::After(Duration::from_secs(1), 200)] {
        let (stand, primary) = (Stand::new(), Service::start(failure));
        let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, None));
        let report = stand.heal(&playbook, "alone").await;
        check(&report, ActOutcome::Better);
        assert_eq!(registry(&stand), json!({ "at": "", "timeout_ms": 5_000 }));
        let steps: Vec<_> = report.tried.iter().map(|tried| (tried.remedy.action.clone(), tried.kept)).collect();
        let nobody = |timeout_ms| (Action::Route { to: Way::Nobody, timeout_ms }, true);
        assert_eq!(steps, [nobody(30_000), nobody(10_000), nobody(5_000)]);
        primary.now(well());
        withdrawn(&stand, &playbook).await;
        assert_eq!(registry(&stand), json!({ "at": primary.base(), "timeout_ms": 30_000 }));
    }
}

#[tokio::test]
async fn a_refused_connection_is_named_and_a_backup_that_fails_too_gets_no_callers() {
    let (stand, primary, backup) = (Stand::new(), Service::start(well()), Service::start(well()));
    primary.server.refuse();
    backup.now(Reply::Status(503, "{}".into()));
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, Some(&backup)));
    let report = stand.heal(&playbook, "both").await;
    check(&report, ActOutcome::Better);
    assert!(report.diagnosis.contains("nobody listens"), "{}", report.diagnosis);
    assert_eq!(registry(&stand)["at"], "");
    // The backup answers again: callers go there, though the endpoint is away still.
    backup.now(well());
    check(&stand.heal(&playbook, "backup is back").await, ActOutcome::Relieved);
    assert_eq!(registry(&stand)["at"], backup.base());
    // All of that is withdrawn at once.
    primary.server.listen();
    withdrawn(&stand, &playbook).await;
    assert_eq!(registry(&stand), json!({ "at": primary.base(), "timeout_ms": 30_000 }));
}

#[tokio::test]
async fn a_time_out_that_would_cut_off_a_slow_backup_is_taken_back() {
    let slow = Reply::After(Duration::from_millis(200), 200);
    let (stand, primary, backup) = (Stand::new(), Service::start(Reply::Nothing), Service::start(slow));
    let mut of = endpoint(&stand, &primary, Some(&backup));
    of.timeouts_ms = vec![30_000, 1_000, 100];
    let report = stand.heal(&EndpointPlaybook::new(of), "slow backup").await;
    assert_eq!(report.tried.iter().map(|tried| tried.kept).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(registry(&stand), json!({ "at": backup.base(), "timeout_ms": 1_000 }));
}

#[tokio::test]
async fn three_failures_in_a_row_are_a_sign_and_two_are_none() {
    let (stand, primary) = (Stand::new(), Service::start(Reply::Status(502, "{}".into())));
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, None));
    let mut watcher = Watcher::new(Duration::from_millis(10), stand.site.clock.clone());
    assert_eq!(watcher.look(&playbook).await, None);
    assert_eq!(watcher.look(&playbook).await, None);
    primary.now(well());
    assert_eq!(watcher.look(&playbook).await, None);
    primary.now(Reply::Status(502, "{}".into()));
    assert_eq!(watcher.look(&playbook).await, None);
    assert_eq!(watcher.look(&playbook).await, None);
    assert!(watcher.look(&playbook).await.is_some());
}

#[tokio::test]
async fn an_endpoint_that_is_left_alone_is_tried_only_after_the_pause() {
    let (stand, primary) = (Stand::new(), Service::start(Reply::Status(500, "{}".into())));
    let mut of = endpoint(&stand, &primary, None);
    of.trial_ms = 600_000;
    stand.write("registry.json", json!({ "at": "", "timeout_ms": 5_000 }).to_string());
    let playbook = EndpointPlaybook::new(of);
    for _ in 0..5 {
        let _seen = playbook.look().await;
    }
    assert_eq!(primary.server.asked(), 1);
}

#[tokio::test]
async fn each_undo_leaves_the_registry_as_it_was() {
    let (stand, primary, backup) = (Stand::new(), Service::start(Reply::Nothing), Service::start(well()));
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, Some(&backup)));
    let at = |at: &str, timeout_ms: u64| json!({ "at": at, "timeout_ms": timeout_ms });
    for backup_is in [well(), Reply::Status(500, "{}".into())] {
        backup.now(backup_is);
        for before in [at(&primary.base(), 20_000), at(&backup.base(), 30_000), at("", 10_000)] {
            stand.write("registry.json", before.to_string());
            for remedy in playbook.remedies(&playbook.look().await) {
                playbook.act(&remedy.action).await.expect("done");
                assert_ne!(registry(&stand), before, "{remedy:?}");
                playbook.act(&remedy.action).await.expect("done twice");
                playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
                assert_eq!(registry(&stand), before, "{remedy:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_nobody_named_is_left_to_a_person_and_no_address_is_told() {
    let (stand, primary) = (Stand::new(), Service::start(Reply::Nothing));
    stand.write("registry.json", json!({ "at": "http://canary-7.invalid" }).to_string());
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, None));
    let report = playbooks::heal(&playbook, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
    assert!(report.tried.is_empty() && report.outcome != ActOutcome::Healed, "{report:#?}");
    assert!(!report.advice.is_empty());
    assert_eq!(registry(&stand)["at"], "http://canary-7.invalid");
    std::fs::remove_file(stand.path("registry.json")).expect("removed");
    let healed = stand.heal(&playbook, "y").await;
    let diary = std::fs::read_to_string(stand.path("diary.json")).expect("a diary");
    for told in [format!("{report:?}"), format!("{healed:?}"), diary] {
        assert!(!told.contains("canary") && !told.contains("127.0.0.1"), "{told}");
    }
}

#[tokio::test]
async fn a_healing_that_was_cut_short_still_leads_back_to_the_endpoint() {
    let (stand, primary) = (Stand::new(), Service::start(Reply::Status(500, "{}".into())));
    let ordinary = json!({ "at": primary.base(), "timeout_ms": 30_000 });
    stand.write("registry.json", ordinary.to_string());
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, None));
    {
        let mut diary = stand.diary();
        let healing = playbooks::heal(&playbook, &stand.site, &mut diary, "x");
        tokio::pin!(healing);
        let opened = async {
            let is_open = async || (registry(&stand)["at"] == "").then_some(());
            testkit::eventually("the breaker opens", Duration::from_secs(10), is_open).await;
        };
        tokio::select! { _ = &mut healing => panic!("it ended"), () = opened => {} }
    }
    // Whoever goes on knows nothing but the diary.
    let playbook = EndpointPlaybook::new(endpoint(&stand, &primary, None));
    let report = playbooks::heal(&playbook, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
    check(&report, ActOutcome::Better);
    primary.now(well());
    withdrawn(&stand, &playbook).await;
    assert_eq!(registry(&stand), ordinary);
}
