//! Mode 9, against a service that really refuses a token, and a token endpoint that really rotates.

use crate::stand::{Stand, check};
use playbooks::{CredentialPlaybook, Levers, Playbook};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use testkit::failure::authority::Authority;
use testkit::failure::server::Reply;
use wire::runtime::{ActOutcome, ActReport, Action, ResourceName, Undo};
use wire::target::{Credential, Lever, LeverBy, Refresh};

/// What the target has.
#[derive(Clone, Copy, Default)]
struct Has {
    refresh: bool,
    backup: bool,
    lever: bool,
}

fn credential(stand: &Stand, authority: &Authority, has: Has) -> (Credential, Lever) {
    let name: ResourceName = "without".to_owned().try_into().expect("a name");
    let by = LeverBy::File(stand.text("without"));
    let lever = Lever { name: name.clone(), title: "Go on without the feature".into(), by };
    let (url, token_file) = (authority.token_url(), stand.text("refresh"));
    let credential = Credential {
        probe: authority.probe(),
        probe_ms: 1_000,
        trial_ms: 300,
        file: stand.text("token"),
        refresh: has.refresh.then(|| Refresh { url, client_id: "the-client".into(), token_file }),
        backup: has.backup.then(|| stand.text("backup")),
        without: has.lever.then_some(name),
    };
    (credential, lever)
}

fn playbook(stand: &Stand, authority: &Authority, has: Has) -> CredentialPlaybook {
    let (credential, lever) = credential(stand, authority, has);
    CredentialPlaybook::new(credential, Levers::new(&[lever], reqwest::Client::new()))
}

/// A stand with a token that is refused, a refresh token and a backup.
fn stand() -> Stand {
    let stand = Stand::new();
    stand.write("token", "canary-old\n");
    stand.write("refresh", "canary-refresh-0\n");
    stand.write("backup", "canary-backup\n");
    stand
}

fn text(stand: &Stand, name: &str) -> Option<String> {
    std::fs::read_to_string(stand.path(name)).ok()
}

fn mode(stand: &Stand, name: &str) -> u32 {
    std::fs::metadata(stand.path(name)).expect("a file").permissions().mode() & 0o777
}

/// No token is in a report, and none in the diary.
#[track_caller]
fn check_silent(stand: &Stand, report: &ActReport) {
    for told in [format!("{report:?}"), text(stand, "diary.json").expect("a diary")] {
        assert!(!told.contains("canary") && !told.contains("127.0.0.1"), "{told}");
    }
}

async fn back(stand: &Stand, playbook: &CredentialPlaybook) {
    let mut diary = stand.diary();
    let ask = async || playbooks::withdraw(playbook, &stand.site, &mut diary).await.expect("a diary").then_some(());
    testkit::eventually("what stood in place is withdrawn", Duration::from_secs(10), ask).await;
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_both_tokens_are_kept_for_their_owner_only() {
    for status in [401, 403] {
        let (stand, authority) = (stand(), Authority::start(&[], Some("canary-refresh-0")));
        authority.refuses_by(status);
        let has = Has { refresh: true, backup: true, lever: true };
        let report = stand.heal(&playbook(&stand, &authority, has), "expired").await;
        check(&report, ActOutcome::Healed);
        assert_eq!(text(&stand, "token").as_deref(), Some("canary-access-1"));
        assert_eq!(text(&stand, "refresh").as_deref(), Some("canary-refresh-1"));
        assert_eq!((mode(&stand, "token"), mode(&stand, "refresh")), (0o600, 0o600));
        assert_eq!(authority.counts(), (1, 1), "refused once, renewed once");
        check_silent(&stand, &report);
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_is_not_sent_again_and_a_person_is_asked_to_log_in() {
    let (stand, authority) = (stand(), Authority::start(&["canary-backup"], None));
    let has = Has { refresh: true, backup: true, lever: true };
    let playbook = playbook(&stand, &authority, has);
    let report = stand.heal(&playbook, "revoked").await;
    check(&report, ActOutcome::Relieved);
    assert_eq!(report.tried.iter().map(|tried| tried.kept).collect::<Vec<_>>(), [false, true]);
    assert_eq!(text(&stand, "token").as_deref(), Some("canary-backup"));
    let advice = report.advice.join(" ");
    assert!(advice.contains("Authentication required") && advice.contains("invalid_grant"), "{advice}");
    check_silent(&stand, &report);
    // The backup is refused, too: the refresh token is left alone, the feature is switched off.
    authority.set_valid("canary-backup", false);
    let report = stand.heal(&playbook, "backup, too").await;
    check(&report, ActOutcome::Relieved);
    assert!(stand.path("without").exists());
    assert_eq!(authority.counts().1, 1, "the refresh token was sent once");
    check_silent(&stand, &report);
    // A person writes a new one; the feature is on again, and what they wrote stays.
    assert!(!playbooks::withdraw(&playbook, &stand.site, &mut stand.diary()).await.expect("a diary"));
    authority.set_valid("canary-new", true);
    stand.write("token", "canary-new\n");
    back(&stand, &playbook).await;
    assert!(!stand.path("without").exists() && !stand.path("token.primary").exists());
    assert_eq!(text(&stand, "token").as_deref(), Some("canary-new\n"));
    assert!(stand.is_well(&playbook).await);
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_not_a_refusal() {
    for trouble in [Reply::Status(503, "canary".into()), Reply::Status(200, "{\"canary\": 1}".into()), Reply::Nothing] {
        let (stand, authority) = (stand(), Authority::start(&[], Some("canary-refresh-0")));
        let playbook = playbook(&stand, &authority, Has { refresh: true, ..Has::default() });
        authority.token_endpoint_answers(Some(trouble));
        let report = stand.heal(&playbook, "in trouble").await;
        check(&report, ActOutcome::Unhealed);
        check_silent(&stand, &report);
        assert_eq!(text(&stand, "token").as_deref(), Some("canary-old\n"));
        assert!(!report.advice.join(" ").contains("Authentication required"), "{report:#?}");
        authority.token_endpoint_answers(None);
        check(&stand.heal(&playbook, "later").await, ActOutcome::Healed);
    }
}

#[tokio::test]
async fn a_401_of_the_token_endpoint_asks_for_a_person_and_repeats_nothing_it_said() {
    let (stand, authority) = (stand(), Authority::start(&[], Some("canary-refresh-0")));
    authority.token_endpoint_answers(Some(Reply::Status(401, "{\"error\": \"canary\"}".into())));
    let playbook = playbook(&stand, &authority, Has { refresh: true, ..Has::default() });
    let report = stand.heal(&playbook, "401").await;
    check(&report, ActOutcome::Unhealed);
    assert!(report.advice.join(" ").contains("Authentication required"), "{report:#?}");
    check_silent(&stand, &report);
    check(&stand.heal(&playbook, "again").await, ActOutcome::Unhealed);
    assert_eq!(authority.counts().1, 1);
}

#[tokio::test]
async fn a_token_that_was_refused_is_left_alone_for_a_while() {
    let (stand, authority) = (stand(), Authority::start(&[], None));
    let (mut slow, lever) = credential(&stand, &authority, Has { lever: true, ..Has::default() });
    slow.trial_ms = 600_000;
    let playbook = CredentialPlaybook::new(slow, Levers::new(&[lever], reqwest::Client::new()));
    check(&stand.heal(&playbook, "alone").await, ActOutcome::Relieved);
    for _ in 0..5 {
        assert!(!playbooks::withdraw(&playbook, &stand.site, &mut stand.diary()).await.expect("a diary"));
    }
    assert_eq!(authority.counts().0, 1);
}

#[tokio::test]
async fn a_renewal_that_nobody_waits_for_any_more_loses_no_token() {
    let (stand, authority) = (stand(), Authority::start(&[], Some("canary-refresh-0")));
    let playbook = playbook(&stand, &authority, Has { refresh: true, ..Has::default() });
    authority.renews_slowly(Duration::from_secs(1));
    {
        let mut diary = stand.diary();
        let healing = playbooks::heal(&playbook, &stand.site, &mut diary, "x");
        tokio::pin!(healing);
        let asked = async {
            let renewed = async || (authority.counts().1 == 1).then_some(());
            testkit::eventually("a renewal", Duration::from_secs(10), renewed).await;
        };
        tokio::select! { _ = &mut healing => panic!("it ended first"), () = asked => {} }
    }
    let report = playbooks::heal(&playbook, &stand.site, &mut stand.diary(), "x").await.expect("a diary");
    check(&report, ActOutcome::Healed);
    assert_eq!(text(&stand, "refresh").as_deref(), Some("canary-refresh-1"));
    assert_eq!(authority.counts().1, 1, "renewed once");
}

#[tokio::test]
async fn each_undo_leaves_the_credential_as_it_was() {
    let has = Has { backup: true, lever: true, ..Has::default() };
    for original in [Some("canary-old\n"), None] {
        let (stand, authority) = (stand(), Authority::start(&["canary-backup"], None));
        if original.is_none() {
            std::fs::remove_file(stand.path("token")).expect("removed");
        }
        let playbook = playbook(&stand, &authority, has);
        let remedies = playbook.remedies(&playbook.look().await);
        assert_eq!(remedies.len(), 2, "{remedies:?}");
        for remedy in remedies {
            playbook.act(&remedy.action).await.expect("done");
            playbook.act(&remedy.action).await.expect("done twice");
            assert!(stand.is_well(&playbook).await);
            let undo = remedy.undo.action().expect("an undo");
            playbook.act(undo).await.expect("undone");
            playbook.act(undo).await.expect("undone twice");
            assert_eq!(text(&stand, "token").as_deref().map(str::trim), original.map(str::trim));
            assert!(!stand.path("without").exists() && !stand.path("token.primary").exists());
        }
    }
}

#[tokio::test]
async fn a_renewal_says_why_there_is_nothing_to_take_back() {
    let (stand, authority) = (stand(), Authority::start(&[], Some("canary-refresh-0")));
    let playbook = playbook(&stand, &authority, Has { refresh: true, ..Has::default() });
    let remedies = playbook.remedies(&playbook.look().await);
    let [refresh] = remedies.as_slice() else { panic!("one remedy: {remedies:?}") };
    assert_eq!(refresh.action, Action::Refresh {});
    assert!(matches!(&refresh.undo, Undo::NotNeeded { reason } if reason.contains("refused")));
}

#[tokio::test]
async fn what_is_no_token_is_kept_when_the_backup_takes_its_place_and_comes_back_as_it_was() {
    let (stand, authority) = (stand(), Authority::start(&["canary-backup"], None));
    stand.write("token", "two words\nand two lines");
    let playbook = playbook(&stand, &authority, Has { backup: true, ..Has::default() });
    check(&stand.heal(&playbook, "a").await, ActOutcome::Relieved);
    assert_eq!(text(&stand, "token").as_deref().map(str::trim), Some("canary-backup"));
    playbook.act(&Action::UseCredential { backup: false }).await.expect("undone");
    assert_eq!(text(&stand, "token").as_deref(), Some("two words\nand two lines"));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_no_word_against_the_credential_and_is_not_replaced() {
    let (stand, authority) = (stand(), Authority::start(&["canary-backup"], None));
    std::fs::remove_file(stand.path("token")).expect("removed");
    // A folder in its place can be read by nobody, root included.
    std::fs::create_dir(stand.path("token")).expect("a folder");
    let playbook = playbook(&stand, &authority, Has { backup: true, ..Has::default() });
    let invariants = playbook.invariants(&playbook.look().await);
    assert!(invariants.iter().all(|invariant| invariant.holds.is_none()), "{invariants:?}");
    assert!(playbook.act(&Action::UseCredential { backup: true }).await.is_err());
    assert!(stand.path("token").is_dir());
}
