//! The sample file, and values that cannot be meant.

use notifier::Settings;

fn load(text: &str) -> Result<Settings, String> {
    let source = config::File::from_str(text, config::FileFormat::Toml);
    let loaded = config::Config::builder().add_source(source).build().and_then(config::Config::try_deserialize);
    loaded.map_err(|error| error.to_string())
}

#[test]
fn the_sample_file_loads_and_says_what_the_defaults_are() {
    let sample = load(include_str!("../../../../deploy/notifier.toml")).unwrap();
    assert_eq!(format!("{sample:?}"), format!("{:?}", Settings::default()));
    sample.check().unwrap();
}

#[test]
fn unknown_keys_and_values_that_would_tell_nobody_are_refused() {
    assert!(load("retry = 1").unwrap_err().contains("retry"));
    for text in ["per_minute = 0", "timeout_ms = 0", "refusals = 0", "retry_min_ms = 0", "retry_max_ms = 1"] {
        let error = load(text).unwrap().check().unwrap_err();
        assert!(error.to_string().contains(text.split(' ').next().unwrap()), "{text}: {error}");
    }
}
