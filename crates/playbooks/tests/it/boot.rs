use crate::stand::{Stand, check};
use playbooks::{BootPlaybook, Levers, Playbook, withdraw};
use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;
use testkit::eventually;
use testkit::failure::boot::{Start, silent};
use wire::runtime::{ActOutcome, Action, ResourceName};
use wire::target::{Boot, Lever, LeverBy, Phase};

struct Morning {
    stand: Stand,
    upstream: TcpListener,
    /// Whether the slow phase can be skipped.
    skippable: bool,
    _start: Start,
}

impl Morning {
    fn new(skippable: bool) -> Self {
        let stand = Stand::new();
        let (upstream, at) = silent();
        let start = Start::begin(stand.folder.path(), at);
        Self { stand, upstream, skippable, _start: start }
    }

    fn lever() -> ResourceName {
        "skip-warm".to_owned().try_into().expect("a name")
    }

    fn playbook(&self) -> BootPlaybook {
        let by = LeverBy::File(self.stand.text("skip"));
        let lever = Lever { name: Self::lever(), title: "warm up in the background".into(), by };
        let phase = |name: &str, skip| Phase { name: name.into(), skip };
        let warm = phase("warm", self.skippable.then(Self::lever));
        let boot = Boot {
            report: self.stand.text("boot.jsonl"),
            limit_ms: 150,
            phases: vec![phase("schema", None), warm, phase("serve", None)],
        };
        let clock = self.stand.site.clock.clone();
        BootPlaybook::new(boot, Levers::new(&[lever], reqwest::Client::new()), clock)
    }

    fn reported(&self, line: &[&str]) -> bool {
        let report = std::fs::read_to_string(self.stand.path("boot.jsonl")).unwrap_or_default();
        report.lines().any(|told| line.iter().all(|part| told.contains(part)))
    }

    /// The upstream answers whoever waits.
    fn answer(&self) {
        self.upstream.accept().expect("who waits").0.write_all(b"x").expect("an answer");
    }
}

#[tokio::test]
async fn a_slow_phase_that_can_wait_goes_on_in_the_background_and_back_to_its_place_when_it_has_ended() {
    let morning = Morning::new(true);
    let playbook = morning.playbook();
    let report = morning.stand.heal(&playbook, "a").await;
    check(&report, ActOutcome::Relieved);
    assert!(report.diagnosis.contains("in its phase warm for 0."), "{}", report.diagnosis);
    assert!(report.advice.iter().any(|line| line.contains("without what the phase warm does")), "{report:#?}");
    let serves = async || morning.reported(&["serve", "ended"]).then_some(());
    eventually("the end of the start", Duration::from_secs(10), serves).await;
    let (mut diary, site) = (morning.stand.diary(), &morning.stand.site);
    assert!(!withdraw(&playbook, site, &mut diary).await.expect("a diary"), "it has not ended yet");
    assert!(morning.stand.path("skip").exists());
    morning.answer();
    let ended = async || morning.reported(&["warm", "ended"]).then_some(());
    eventually("the end of the phase", Duration::from_secs(10), ended).await;
    assert!(withdraw(&playbook, site, &mut diary).await.expect("a diary"));
    assert!(!morning.stand.path("skip").exists());
}

#[tokio::test]
async fn a_slow_phase_that_cannot_be_skipped_is_named_with_its_time() {
    let morning = Morning::new(false);
    let report = morning.stand.heal(&morning.playbook(), "a").await;
    check(&report, ActOutcome::Unhealed);
    assert!(report.tried.is_empty());
    let named = "The target cannot serve without the phase warm, which has been running for 0.";
    assert!(report.advice.iter().any(|line| line.starts_with(named)), "{report:#?}");
    morning.answer();
    let well = async || morning.stand.is_well(&morning.playbook()).await.then_some(());
    eventually("the end of the start", Duration::from_secs(10), well).await;
    let playbook = morning.playbook();
    let advice = playbook.advice(&playbook.look().await);
    assert!(advice.iter().any(|line| line.contains("kept the start waiting")), "{advice:?}");
}

#[tokio::test]
async fn a_start_that_was_never_slow_is_no_sign_and_nothing_of_it_is_skipped() {
    let morning = Morning::new(true);
    morning.answer();
    let ended = async || morning.reported(&["serve", "ended"]).then_some(());
    eventually("the end of the start", Duration::from_secs(10), ended).await;
    let playbook = morning.playbook();
    assert!(morning.stand.is_well(&playbook).await);
    assert!(playbook.remedies(&playbook.look().await).is_empty());
}

#[tokio::test]
async fn a_lever_that_did_not_help_is_let_go_again_and_only_its_own_are_pulled() {
    let stand = Stand::new();
    // Nobody runs who would look at the lever.
    stand.write("boot.jsonl", "{\"phase\": \"warm\", \"state\": \"begun\", \"at\": \"2026-01-01T00:00:00Z\"}\n");
    let (upstream, at) = silent();
    let elsewhere = Stand::new();
    let morning = Morning { _start: Start::begin(elsewhere.folder.path(), at), stand, upstream, skippable: true };
    let playbook = morning.playbook();
    let mut site = morning.stand.site.clone();
    site.settle = Duration::from_millis(100);
    let report = playbooks::heal(&playbook, &site, &mut morning.stand.diary(), "a").await.expect("a diary");
    check(&report, ActOutcome::Unhealed);
    assert_eq!(report.tried.len(), 1, "{report:#?}");
    assert!(!morning.stand.path("skip").exists());
    let other: ResourceName = "other".to_owned().try_into().expect("a name");
    assert!(playbook.act(&Action::Pull { lever: other, on: true }).await.is_err());
    let pulled = Action::Pull { lever: Morning::lever(), on: true };
    playbook.act(&pulled).await.expect("pulled");
    playbook.act(&pulled).await.expect("pulled twice");
    assert!(playbook.remedies(&playbook.look().await).is_empty(), "what is pulled already is no remedy");
}
