//! The page at `/test-fault`, and the state that it shows.

use crate::harness::{NOBODY, Running};

#[test]
fn the_page_loads_nothing_from_elsewhere_and_holds_no_script_or_style() {
    let app = Running::start(NOBODY, &[]);
    let page = app.send("GET /test-fault");
    assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{}", page.head);
    assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
    for wrong in ["<style", " style=", "<script>", " onclick=", "http://", "https://"] {
        assert!(!page.text.contains(wrong), "{wrong} in the page");
    }
    let loaded: Vec<&str> = page.text.split('"').filter(|part| part.starts_with("/test-fault/assets/")).collect();
    assert_eq!(loaded.len(), 3, "{loaded:?}");
    for path in loaded {
        let asset = app.send(&format!("GET {path}"));
        assert!(asset.status == 200 && asset.head.contains("x-content-type-options: nosniff"), "{path}: {asset:?}");
        for wrong in ["innerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://"] {
            assert!(!asset.text.contains(wrong), "{wrong} in {path}");
        }
    }
}

#[test]
fn every_fault_has_a_button_and_every_button_a_route() {
    let app = Running::start(NOBODY, &[]);
    let page = app.send("GET /test-fault").text;
    let index = app.send("GET /").json();
    let faults = index["faults"].as_array().unwrap();
    for fault in faults {
        let path = fault.as_str().unwrap().strip_prefix("POST ").unwrap();
        assert!(page.contains(&format!("data-path=\"{path}\"")), "{path}");
    }
    assert_eq!(page.matches("data-path=").count(), faults.len());
    assert_eq!(page.matches("<button").count(), faults.len());
}

#[test]
fn the_state_begins_empty_and_keeps_the_last_answers() {
    let app = Running::start(NOBODY, &[("APP_VERSION", "v7")]);
    let state = app.send("GET /test-fault/state").json();
    assert_eq!((&state["version"], &state["upstream"]["breaker"]), (&"v7".into(), &"closed".into()), "{state}");
    assert_eq!((&state["pool"]["in_use"], &state["pool"]["connections"]), (&0.into(), &8.into()), "{state}");
    assert!(state["answers"].as_array().unwrap().is_empty() && state["upstream"]["last_good"].is_null(), "{state}");
    for id in 0..25 {
        app.send(&format!("POST /test-fault/run\nx-request-id: r{id}"));
    }
    let state = app.send("GET /test-fault/state").json();
    let answers = state["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 20, "{state}");
    let newest = &answers[0];
    for (key, value) in [("request_id", "r24"), ("route", "/test-fault/run"), ("code", "database_unreachable")] {
        assert_eq!(newest[key], value, "{newest}");
    }
    assert_eq!((&newest["status"], newest["ms"].is_u64()), (&503.into(), true), "{newest}");
}
