//! The sample file.

use incident_store::Settings;
use std::path::Path;

#[test]
fn the_sample_file_names_every_setting_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/incident-store.toml");
    let text = std::fs::read_to_string(path).expect("the sample file");
    assert_eq!(toml::from_str::<Settings>(&text).expect("settings"), Settings::default());
    let keys = toml::from_str::<toml::Table>(&text).expect("a table").len();
    assert_eq!(keys, 15, "the sample file shows every setting");
}

#[test]
fn an_unknown_setting_fails() {
    assert!(toml::from_str::<Settings>("watch_windows = 1").is_err());
}
