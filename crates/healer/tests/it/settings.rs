//! The settings.

use healer::Settings;

#[test]
fn the_sample_file_loads_and_says_what_the_defaults_are() {
    let text = include_str!("../../../../deploy/healer.toml");
    let settings: Settings = toml::from_str(text).unwrap();
    settings.check().unwrap();
    assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
}

#[test]
fn unknown_keys_and_values_that_would_hang_the_loop_are_refused() {
    assert!(toml::from_str::<Settings>("paralel = 3").is_err());
    for wrong in [
        "parallel = 0",
        "parallel = 65",
        "lease_ms = 100",
        "lease_ms = 200000",
        "attempts = 0",
        "attempts = 21",
        "base_moves = 101",
        "effect_limit_s = 0",
        "call_limit_ms = 0",
        "retry_min_ms = 40000",
        "retry_max_ms = 4000000",
        "approval_s = 0",
        "approval_s = 2592001",
        "holder = ''",
        "min_confidence = 1.5",
        "min_confidence = nan",
        "suspect_window_s = 604801",
        "remedies_per_hour = 0",
        "remedies_per_hour = 1001",
    ] {
        let settings: Settings = toml::from_str(wrong).unwrap();
        assert!(settings.check().is_err(), "{wrong}");
    }
}
