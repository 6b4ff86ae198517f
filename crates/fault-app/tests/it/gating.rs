//! Settings: where fault routes exist, and values that cannot be used.

use crate::harness::{NOBODY, Running, command};
use std::process::Stdio;

const RUN: &str = "POST /test-fault/run";
const HIDDEN: [&str; 15] = [
    "GET /test-fault/run",
    "POST /test-fault/external-api",
    "POST /test-fault/db-timeout",
    "POST /test-fault/pool",
    "POST /test-fault/memory",
    "POST /test-fault/session",
    "POST /test-fault/retry-storm",
    "POST /test-fault/queue",
    "GET /test-fault/session/check",
    "POST /test-fault/session/token",
    "GET /test-fault/pressure/queue",
    "PUT /test-fault/levers/drop-caches",
    "GET /test-fault",
    "GET /test-fault/state",
    "GET /test-fault/assets/page.js",
];

#[track_caller]
fn check(env: &[(&str, &str)], exists: bool) {
    let app = Running::start(NOBODY, env);
    let answer = app.send(RUN);
    if exists {
        answer.is_problem(503, "database_unreachable");
        assert_eq!(app.send("GET /test-fault").status, 200);
    } else {
        answer.is_problem(404, "not_found");
        for route in HIDDEN {
            app.send(route).is_problem(404, "not_found");
        }
    }
    let index = app.send("GET /").json();
    assert_eq!(index["faults"].as_array().unwrap().is_empty(), !exists, "{index}");
}

#[test]
fn fault_routes_exist_in_development_and_not_in_production() {
    check(&[], true);
    check(&[("APP_ENV", "development")], true);
    check(&[("APP_ENV", "production")], false);
    check(&[("APP_ENV", "staging")], false);
}

#[test]
fn what_is_said_outright_beats_the_environments_name() {
    check(&[("ENABLE_FAULT_INJECTION", "false")], false);
    check(&[("APP_ENV", "production"), ("ENABLE_FAULT_INJECTION", "true")], true);
}

#[track_caller]
fn check_refused(env: &[(&str, &str)], named: &str) {
    let output = command(env).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{stderr}");
    assert!(stderr.contains(named), "it must name {named}: {stderr}");
    assert!(!stderr.contains("canary") && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_bad_value_ends_the_start_with_a_sentence_that_names_it_and_shows_no_secret() {
    let database = ("DATABASE_URL", NOBODY);
    let report = ("INCIDENT_REPORT_URL", "http://127.0.0.1:1/");
    check_refused(&[], "DATABASE_URL");
    check_refused(&[("DATABASE_URL", "postgresql://u:canary@h:port/d")], "DATABASE_URL");
    check_refused(&[("DATABASE_URL", "postgresql://u:canary@h/d?sslmode=require")], "TLS");
    check_refused(&[database, ("PORT", "70000")], "PORT");
    check_refused(&[database, ("ENABLE_FAULT_INJECTION", "perhaps")], "ENABLE_FAULT_INJECTION");
    check_refused(&[database, ("INCIDENT_REPORT_URL", "http://u:canary@h/")], "INCIDENT_REPORT_URL");
    check_refused(&[database, ("INCIDENT_REPORT_URL", "https://h/")], "INCIDENT_REPORT_URL");
    check_refused(&[database, ("MOCK_API_BASE_URL", "http://u:canary@h/")], "MOCK_API_BASE_URL");
    check_refused(&[database, ("MOCK_API_BASE_URL", "https://h/")], "MOCK_API_BASE_URL");
    check_refused(&[database, ("RUN_FOLDER", "/dev/null/run")], "RUN_FOLDER");
    check_refused(&[database, ("REDIS_URL", "canary")], "REDIS_URL");
    check_refused(&[database, ("REDIS_URL", "rediss://u:canary@h/")], "REDIS_URL");
    check_refused(&[database, report, ("INCIDENT_REPORT_TOKEN", "canary\ncanary")], "token");
    check_refused(&[database, report, ("INCIDENT_REPORT_TOKEN_FILE", "/nowhere")], "INCIDENT_REPORT_TOKEN_FILE");
}

#[test]
fn a_taken_port_ends_the_start() {
    let app = Running::start(NOBODY, &[]);
    check_refused(&[("DATABASE_URL", NOBODY), ("PORT", &app.port.to_string())], "PORT");
}
