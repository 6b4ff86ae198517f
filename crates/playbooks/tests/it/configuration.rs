use crate::stand::{Stand, check};
use playbooks::ConfigurationPlaybook;
use wire::runtime::ActOutcome;
use wire::target::{Configuration, ConfigurationFormat};

fn playbook(stand: &Stand) -> ConfigurationPlaybook {
    ConfigurationPlaybook::new(Configuration {
        path: stand.text("app.toml"),
        format: ConfigurationFormat::Toml,
        required: vec!["/server/port".into()],
        backups: stand.text("backups"),
        defaults: stand.text("defaults.toml"),
        copies: stand.text("copies"),
    })
}

fn stand() -> Stand {
    let stand = Stand::new();
    stand.write("defaults.toml", "[server]\nport = 80\n");
    stand
}

fn content(stand: &Stand) -> String {
    std::fs::read_to_string(stand.path("app.toml")).expect("a file")
}

#[tokio::test]
async fn a_missing_file_is_restored_from_the_newest_valid_backup() {
    let stand = stand();
    stand.write("backups/1.toml", "[server]\nport = 81\n");
    stand.write("backups/2.toml", "[server\nport = 82\n");
    let report = stand.heal(&playbook(&stand), "a").await;
    check(&report, ActOutcome::Healed);
    assert_eq!(content(&stand), "[server]\nport = 81\n");
}

#[tokio::test]
async fn a_torn_file_without_a_backup_gets_the_defaults_and_the_original_is_kept() {
    let stand = stand();
    stand.write("app.toml", "[server]\nport = 8");
    stand.write("app.toml", "[server]\nport = \"");
    let report = stand.heal(&playbook(&stand), "a").await;
    check(&report, ActOutcome::Healed);
    assert_eq!(content(&stand), "[server]\nport = 80\n");
    let kept = std::fs::read_dir(stand.path("copies")).expect("copies").next().expect("one").expect("read").path();
    assert_eq!(std::fs::read_to_string(kept).expect("kept"), "[server]\nport = \"");
}

#[tokio::test]
async fn what_a_file_lacks_is_filled_in_and_what_its_owner_wrote_stays() {
    let stand = stand();
    stand.write("app.toml", "name = \"mine\"\n[server]\nhost = \"here\"\n");
    let report = stand.heal(&playbook(&stand), "a").await;
    check(&report, ActOutcome::Healed);
    let content = content(&stand);
    for line in ["name = \"mine\"", "host = \"here\"", "port = 80"] {
        assert!(content.contains(line), "{content}");
    }
}

#[tokio::test]
async fn nothing_valid_to_write_is_told_and_nothing_is_changed() {
    let stand = stand();
    stand.write("defaults.toml", "no table");
    stand.write("app.toml", "[server");
    let report = stand.heal(&playbook(&stand), "a").await;
    check(&report, ActOutcome::Unhealed);
    assert_eq!(content(&stand), "[server");
    assert!(!report.advice.is_empty());
}

#[tokio::test]
async fn each_undo_puts_the_original_back() {
    use playbooks::Playbook;
    let stand = stand();
    stand.write("backups/1.toml", "[server]\nport = 81\n");
    for original in [Some("[server"), None] {
        match original {
            Some(text) => stand.write("app.toml", text),
            None => std::fs::remove_file(stand.path("app.toml")).expect("removed"),
        }
        let playbook = playbook(&stand);
        let remedies = playbook.remedies(&playbook.look().await);
        assert_eq!(remedies.len(), 2, "{remedies:?}");
        for remedy in remedies {
            playbook.act(&remedy.action).await.expect("done");
            assert!(stand.is_well(&playbook).await);
            playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
            assert_eq!(std::fs::read_to_string(stand.path("app.toml")).ok().as_deref(), original);
        }
    }
}

#[tokio::test]
async fn what_the_file_holds_is_not_told() {
    let stand = stand();
    stand.write("app.toml", "password = \"hunter2-canary\n");
    let report = stand.heal(&playbook(&stand), "a").await;
    assert!(!format!("{report:?}").contains("canary"), "{report:#?}");
}
