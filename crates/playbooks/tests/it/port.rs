use crate::stand::{Stand, check, cut};
use playbooks::{Playbook, PortPlaybook, withdraw};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;
use testkit::eventually;
use testkit::failure::port::{Manner, Taker};
use wire::runtime::{ActOutcome, ActReport, Action};
use wire::target::Port;

struct Street {
    stand: Stand,
    preferred: u16,
    follows: bool,
}

impl Street {
    fn new() -> Self {
        let stand = Stand::new();
        std::fs::create_dir(stand.path("pids")).expect("a folder");
        Self { stand, preferred: testkit::failure::process::free_port().min(65_000), follows: true }
    }

    fn playbook(&self) -> PortPlaybook {
        PortPlaybook::new(Port {
            preferred: self.preferred,
            pids: self.stand.text("pids"),
            registry: self.stand.text("registry.json"),
            complaint: self.stand.text("complaint"),
            follows: self.follows,
        })
    }

    fn instance(&self, manner: Manner, says: &Value) -> Taker {
        Taker::instance(manner, self.preferred, &self.stand.path("pids/old.pid"), says)
    }

    fn target(&self) -> Taker {
        Taker::target(self.preferred, self.stand.folder.path())
    }

    async fn heal(&self) -> ActReport {
        self.stand.heal(&self.playbook(), "a").await
    }

    fn registered(&self) -> u16 {
        let Ok(text) = std::fs::read(self.stand.path("registry.json")) else { return self.preferred };
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        let at = value.get("at").and_then(Value::as_str).expect("an address");
        at.rsplit(':').next().expect("a port").parse().expect("a number")
    }
}

/// Who answers at a port.
fn who(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.rsplit("\r\n").next().map(str::to_owned)
}

#[tokio::test]
async fn a_stale_instance_is_ended_and_the_target_has_its_port() {
    for (manner, says) in [
        (Manner::Hangs, json!({"port": 0})),
        (Manner::Clings, json!({"port": 0})),
        (Manner::Answers, json!({"port": 0, "retired": true})),
        (Manner::Answers, json!({"port": 1})),
    ] {
        let street = Street::new();
        let mut says = says.clone();
        if says["port"] == 0 {
            says["port"] = street.preferred.into();
        }
        let mut old = street.instance(manner, &says);
        let target = street.target();
        let report = street.heal().await;
        check(&report, ActOutcome::Healed);
        assert!(!old.is_alive(), "{manner:?}");
        assert_eq!(who(street.preferred), Some(target.pid().to_string()), "{report:#?}");
    }
}

#[tokio::test]
async fn a_stranger_is_left_alone_and_the_preferred_port_comes_back_when_it_is_gone() {
    let street = Street::new();
    let mut stranger = Taker::stranger(street.preferred);
    let target = street.target();
    check(&street.heal().await, ActOutcome::Relieved);
    assert!(stranger.is_alive());
    let now = street.registered();
    assert!((street.preferred + 1..=street.preferred + 100).contains(&now), "{now}");
    assert_eq!(who(now), Some(target.pid().to_string()));
    let (mut diary, playbook) = (street.stand.diary(), street.playbook());
    assert!(
        !withdraw(&playbook, &street.stand.site, &mut diary).await.expect("a diary"),
        "the stranger is still there"
    );
    drop(stranger);
    assert!(withdraw(&playbook, &street.stand.site, &mut diary).await.expect("a diary"));
    assert_eq!(street.registered(), street.preferred);
    assert_eq!(who(street.preferred), Some(target.pid().to_string()));
}

#[tokio::test]
async fn a_target_that_does_not_follow_is_not_called_home_while_it_serves() {
    let mut street = Street::new();
    street.follows = false;
    let stranger = Taker::stranger(street.preferred);
    let target = street.target();
    check(&street.heal().await, ActOutcome::Relieved);
    drop(stranger);
    let (mut diary, playbook) = (street.stand.diary(), street.playbook());
    assert!(!withdraw(&playbook, &street.stand.site, &mut diary).await.expect("a diary"), "it serves elsewhere");
    drop(target);
    assert!(withdraw(&playbook, &street.stand.site, &mut diary).await.expect("a diary"));
    assert_eq!(street.registered(), street.preferred);
}

#[tokio::test]
async fn an_instance_that_serves_is_not_ended_for_another_one() {
    let street = Street::new();
    let mut old = street.instance(Manner::Answers, &json!({ "port": street.preferred }));
    let _target = street.target();
    let report = street.heal().await;
    check(&report, ActOutcome::Unhealed);
    assert!(old.is_alive() && report.tried.is_empty(), "{report:#?}");
    assert!(report.advice.iter().any(|line| line.contains("which of both is to run")), "{report:#?}");
}

#[tokio::test]
async fn a_pid_that_is_another_process_by_now_is_a_stranger() {
    let street = Street::new();
    let mut other = Taker::stranger(street.preferred);
    let started = testkit::failure::process::started(other.pid()).expect("a start time");
    let file = json!({"pid": other.pid(), "started": started - 1, "port": street.preferred, "retired": true});
    street.stand.write("pids/old.pid", file.to_string());
    let _target = street.target();
    check(&street.heal().await, ActOutcome::Relieved);
    assert!(other.is_alive());
    let process = wire::runtime::Process { pid: other.pid(), started };
    let refused = street.playbook().act(&Action::End { process }).await;
    assert!(refused.is_err() && other.is_alive(), "{refused:?}");
}

#[tokio::test]
async fn when_no_port_is_free_a_person_is_told() {
    let street = Street::new();
    let _stranger = Taker::stranger(street.preferred);
    let last = street.preferred.saturating_add(100);
    let _all: Vec<_> = (street.preferred..=last).map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).collect();
    let _target = street.target();
    let report = street.heal().await;
    check(&report, ActOutcome::Unhealed);
    assert!(report.advice.iter().any(|line| line.starts_with("None of the ports")), "{report:#?}");
    assert_eq!(street.registered(), street.preferred);
}

#[tokio::test]
async fn each_action_is_taken_back_or_done_twice_as_once() {
    let street = Street::new();
    let stranger = Taker::stranger(street.preferred);
    let target = street.target();
    let complains = async || street.stand.path("complaint").exists().then_some(());
    eventually("the complaint", Duration::from_secs(10), complains).await;
    let playbook = street.playbook();
    let remedy = playbook.remedies(&playbook.look().await).remove(0);
    for _ in 0..2 {
        playbook.act(&remedy.action).await.expect("done");
    }
    assert!(street.stand.is_well(&playbook).await);
    // While the stranger is there, it is as it was before.
    playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
    assert_eq!(street.registered(), street.preferred);
    eventually("the complaint", Duration::from_secs(10), complains).await;
    drop(stranger);
    for _ in 0..2 {
        playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
    }
    assert_eq!(street.registered(), street.preferred);
    assert_eq!(who(street.preferred), Some(target.pid().to_string()));
    let elsewhere = playbook.act(&Action::Register { at: "127.0.0.1:1".into() }).await;
    assert!(elsewhere.is_err(), "{elsewhere:?}");
}

#[tokio::test]
async fn ending_that_was_cut_off_goes_on() {
    for polls in 1..6 {
        let street = Street::new();
        let mut old = street.instance(Manner::Clings, &json!({"port": street.preferred, "retired": true}));
        street.stand.write("complaint", "");
        let playbook = street.playbook();
        let remedy = playbook.remedies(&playbook.look().await).remove(0);
        assert!(!cut(playbook.act(&remedy.action), polls).await, "it clings for longer");
        assert!(old.is_alive());
        if polls == 5 {
            playbook.act(&remedy.action).await.expect("ended");
            assert!(!old.is_alive());
        }
    }
}
