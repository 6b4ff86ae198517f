//! Settings and the start.

use crate::world::World;
use patcher::{Patcher, Settings};
use std::path::Path;
use wire::Service;

#[test]
fn the_sample_file_holds_every_key_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/patcher.toml");
    let text = std::fs::read_to_string(path).expect("the sample file");
    let sample: Settings = toml::from_str(&text).expect("settings");
    assert_eq!(format!("{sample:?}"), format!("{:?}", Settings::default()));
    let keys = format!("{sample:?}").matches(": ").count();
    assert_eq!(text.lines().filter(|line| line.contains(" = ")).count(), keys);
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(toml::from_str::<Settings>("listne = \"x\"").is_err());
}

#[tokio::test]
async fn a_remote_that_cannot_be_used_fails_the_start_without_telling_a_credential() {
    let mut world = World::new();
    for url in ["https://x-access-token:hunter2@host/x.git", "https://host/x.git", "git@host:x.git"] {
        world.target.repository.url = url.into();
        let catalogue = [(world.target.name.clone(), world.target.clone())].into();
        let credentials = testkit::credentials(Service::Patcher);
        let started = Patcher::new(&world.settings, catalogue, credentials, chassis::clock::system());
        let error = format!("{:?}", started.expect_err("no start"));
        assert!(error.contains("tiny") && !error.contains("hunter2"), "{error}");
    }
}
