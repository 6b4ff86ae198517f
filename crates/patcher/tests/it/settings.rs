//! Settings and the start.

use crate::world::{World, failed};
use patcher::{Keys, Patcher, Settings};
use std::path::Path;
use wire::Service;
use wire::proposal::PushOutcome;

#[test]
fn the_sample_file_holds_every_key_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/patcher.toml");
    let text = std::fs::read_to_string(path).expect("the sample file");
    let sample: Settings = toml::from_str(&text).expect("settings");
    assert_eq!(format!("{sample:?}"), format!("{:?}", Settings::default()));
    let shown = format!("{sample:?}");
    // A table is named by its heading.
    let keys = shown.matches(": ").count() - (shown.matches(" {").count() - 1);
    assert_eq!(text.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count(), keys);
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(toml::from_str::<Settings>("listne = \"x\"").is_err());
}

#[test]
fn a_provider_of_which_one_thing_is_said_keeps_the_rest() {
    let written = "[models.anthropic]\nbase_url = \"http://127.0.0.1:1\"\n[models.ollama]\nmodel = \"x\"";
    let Settings { models, .. } = toml::from_str(written).expect("settings");
    assert_eq!((models.anthropic.input_price, models.anthropic.model.as_str()), (2_000_000, "claude-sonnet-5-5"));
    assert_eq!(models.ollama.base_url, "http://127.0.0.1:11434");
    assert!(toml::from_str::<Settings>("[models.gemini]\nurl = \"x\"").is_err());
}

#[tokio::test]
async fn a_credential_in_a_remotes_url_fails_the_start_and_is_not_told() {
    let mut world = World::new();
    for url in ["https://x-access-token:hunter2@host/x.git", "ssh://git:hunter2@host/x.git", "file://hunter2@/x.git"] {
        world.target.repository.url = url.into();
        let catalogue = [(world.target.name.clone(), world.target.clone())].into();
        let credentials = testkit::credentials(Service::Patcher);
        let started = Patcher::new(&world.settings, &Keys::default(), catalogue, credentials, chassis::clock::system());
        let error = format!("{:?}", started.expect_err("no start"));
        assert!(error.contains("tiny") && !error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_remote_of_another_kind_fails_its_own_work_only() {
    let mut world = World::new();
    for url in ["https://host/x.git", "ext::sh -c true"] {
        world.target.repository.url = url.into();
        let patcher = world.start();
        failed(patcher.ask::<PushOutcome>(&world.reset(4)).await, "unusable_remote", false);
        patcher.stop().await;
    }
}

#[tokio::test]
async fn a_remote_over_ssh_without_a_key_fails_the_start_and_the_setting_is_named() {
    let mut world = World::new();
    for url in ["ssh://git@host/x.git", "git@host:x.git"] {
        world.target.repository.url = url.into();
        let catalogue = [(world.target.name.clone(), world.target.clone())].into();
        let credentials = testkit::credentials(Service::Patcher);
        let started = Patcher::new(&world.settings, &Keys::default(), catalogue, credentials, chassis::clock::system());
        let error = format!("{:?}", started.expect_err("no start"));
        assert!(error.contains("tiny") && error.contains("`ssh_key` is not set"), "{error}");
    }
}
