//! `resources`.

use crate::home::Home;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A resource that was looked at so long ago.
fn resource(name: &str, ago: TimeDelta, seen: &[(&str, Option<bool>)]) -> Value {
    let seen: Vec<Value> = seen
        .iter()
        .map(|(name, holds)| json!({"name": name, "holds": holds, "weight": 1, "seen": "what\u{1b}[2J was seen"}))
        .collect();
    let at = chassis::Clock::now(&chassis::SystemClock) - ago;
    json!({"target": "patient", "resource": name, "fault": "FAULT_SAMPLE", "at": at, "seen": seen, "held": []})
}

fn check(resources: &[Value], code: i32, words: &[&str]) {
    let home = Home::always(200, json!(resources));
    let ended = home.run(&["resources"]);
    assert_eq!(ended.code, code, "{ended:?}");
    for word in words {
        assert!(ended.out.contains(word), "{word:?} is missing: {ended:?}");
    }
    assert_eq!(home.stub.asked().remove(0).path, "/v1/resources");
}

#[test]
fn it_is_done_when_each_is_known_to_be_well() {
    let well = resource("orders", TimeDelta::zero(), &[("the file can be read", Some(true))]);
    check(std::slice::from_ref(&well), 0, &["patient", "orders", "well", "FAULT_SAMPLE"]);
    check(&[], 0, &["no resource is looked after"]);
    let ill = resource("disk", TimeDelta::zero(), &[("there is room", Some(false)), ("it can be read", Some(true))]);
    check(&[well, ill], 1, &["ill", "not so: there is room: what\u{fffd}[2J was seen"]);
}

#[test]
fn what_nobody_could_tell_or_looked_at_lately_is_not_called_well() {
    let now = TimeDelta::zero();
    check(&[resource("port", now, &[("nobody else holds it", None)])], 1, &["unknown", "cannot be told: nobody else"]);
    check(&[resource("port", now, &[])], 1, &["unknown"]);
    check(&[resource("port", TimeDelta::minutes(3), &[("it is free", Some(true))])], 1, &["unknown"]);
    let mut never = resource("port", now, &[]);
    never.as_object_mut().unwrap().remove("at");
    check(&[never], 1, &["unknown", "not looked at yet"]);
}

#[test]
fn a_target_has_its_own_and_programs_get_all_of_them() {
    let other = resource("orders", TimeDelta::zero(), &[("it holds", Some(false))]);
    let home = Home::always(200, json!([other]));
    let ended = home.run(&["resources", "--target", "another", "--output", "json"]);
    assert_eq!((ended.code, ended.json()), (0, json!({"resources": []})));
    let ended = home.run(&["resources", "--output", "json"]);
    assert_eq!((ended.code, ended.json()["resources"][0]["resource"].clone()), (1, json!("orders")));
}
