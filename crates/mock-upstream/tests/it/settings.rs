//! What the environment says.

use mock_upstream::Settings;
use mock_upstream::draw::Mode;

fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Settings::read(find).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {cause}")
    })
}

#[test]
fn nothing_said_is_slow_and_wrong_on_port_5001_of_loopback() {
    let settings = read(&[]).expect("the defaults");
    assert_eq!((settings.host.to_string().as_str(), settings.port), ("127.0.0.1", 5001));
    let wanted = Mode::Troubled { latency: true, error: false, wrong_data: true };
    assert_eq!(settings.behaviour.mode, wanted);
}

#[test]
fn every_variable_is_read() {
    let all = [("PORT", "0"), ("HOST", "::1"), ("API_FAULT_MODE", " error , latency "), ("API_FAULT_SEED", "9")];
    let settings = read(&all).expect("right settings");
    assert_eq!((settings.host.to_string().as_str(), settings.port, settings.behaviour.seed), ("::1", 0, 9));
    let wanted = Mode::Troubled { latency: true, error: true, wrong_data: false };
    assert_eq!(settings.behaviour.mode, wanted);
    assert_eq!(read(&[("API_FAULT_MODE", "down")]).expect("a mode").behaviour.mode, Mode::Down);
}

#[test]
fn a_value_that_cannot_be_used_is_named_with_what_would_be_right() {
    for (name, value, wanted) in [
        ("PORT", "70000", "0 to 65535"),
        ("HOST", "here", "IP address"),
        ("API_FAULT_SEED", "-1", "whole number"),
        ("API_FAULT_MODE", "slow", "\"slow\" is no mode: expected latency"),
        ("API_FAULT_MODE", "none,latency", "stands alone"),
        ("API_FAULT_MODE", ",", "`modes` is empty"),
    ] {
        let told = read(&[(name, value)]).expect_err("a bad value");
        assert!(told.contains(name) && told.contains(wanted), "{name}={value}: {told}");
    }
}
