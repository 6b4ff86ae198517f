//! How a command ends when there is no way to the stack, and what it tells.

use crate::home::{Home, run_in};
use crate::sample;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

fn problem(code: &str) -> Value {
    json!({ "code": code, "message": "no", "request_id": "r-1" })
}

#[test]
fn without_a_stack_every_command_that_needs_one_ends_with_3_and_says_how_to_start_one() {
    let home = tempfile::tempdir().unwrap();
    for command in [
        &["status"][..],
        &["incidents", "list"],
        &["incidents", "show", sample::ID],
        &["kb", "list"],
        &["kb", "seed"],
        &["reset"],
        &["pause"],
        &["resume"],
    ] {
        let ended = run_in(home.path(), command);
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{command:?}: {ended:?}");
        assert!(ended.err.contains("no stack runs in") && ended.err.contains("kintsugi up"), "{ended:?}");
    }
}

#[test]
fn a_stack_that_was_killed_is_told_apart_from_one_that_never_ran() {
    let home = Home::always(200, json!({}));
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    home.write_stack(&home.stub.url, child.id());
    let ended = home.run(&["incidents", "list"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains(&format!("is gone (it was process {})", child.id())), "{ended:?}");
}

#[test]
fn a_service_that_does_not_answer_is_named_and_ends_with_3() {
    let home = Home::always(200, json!({}));
    let (listener, nobody) = testkit::listener();
    drop(listener);
    home.write_stack(&nobody, std::process::id());
    let ended = home.run(&["incidents", "list"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("incident-store does not answer"), "{ended:?}");
}

#[test]
fn a_missing_token_ends_with_4_and_names_its_file() {
    let home = Home::always(200, json!({}));
    std::fs::remove_file(home.path().join("secrets/operator-token")).unwrap();
    let ended = home.run(&["resume"]);
    assert_eq!(ended.code, 4);
    assert!(ended.err.contains("secrets/operator-token"), "{ended:?}");
    assert!(home.stub.asked().is_empty(), "nothing is asked without a token");
}

#[test]
fn refusals_end_with_the_number_of_their_kind() {
    for (status, code) in [(401, 4), (403, 4), (404, 5), (409, 1), (400, 1)] {
        let home = Home::always(status, problem("refused_for_a_test"));
        let ended = home.run(&["incidents", "show", sample::ID]);
        assert_eq!(ended.code, code, "{status}: {ended:?}");
        assert!(ended.err.contains("refused_for_a_test") || ended.err.contains("no"), "{ended:?}");
    }
}

#[test]
fn a_failure_as_json_stands_on_standard_error() {
    let home = tempfile::tempdir().unwrap();
    let ended = run_in(home.path(), &["status", "--output", "json"]);
    let told: Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!((ended.out.as_str(), told["exit"].as_i64()), ("", Some(3)));
    let members: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(members, ["advice", "causes", "error", "exit"]);
}

#[test]
fn the_operators_token_goes_with_every_call_and_into_no_output() {
    let home = Home::always(500, problem("broken"));
    let ended = home.run(&["pause"]);
    assert!(home.stub.asked().iter().all(|asked| asked.authorization == format!("Bearer {}", crate::home::TOKEN)));
    assert!(!format!("{}{}", ended.out, ended.err).contains(crate::home::TOKEN), "{ended:?}");
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_would_be_right() {
    let home = Home::always(200, json!({}));
    for (arguments, right) in [
        (&["incidents", "list", "--status", "healed"][..], "awaiting_approval"),
        (&["incidents", "list", "--limit", "0"], "1 to 10000"),
        (&["incidents", "show", "../../etc"], "incident"),
        (&["incidents", "dismiss", sample::ID, "--verdict", "code_fault"], "expected_denial"),
        (&["incidents", "approve", sample::ID, "--digest", "abc"], "64 lower-case hexadecimal digits"),
        (&["kb", "show", "../secret"], "kb list"),
        (&["frobnicate"], "help"),
    ] {
        let ended = home.run(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(right), "{arguments:?}: {ended:?}");
    }
    assert!(home.stub.asked().is_empty(), "nothing is asked");
}

#[test]
fn help_teaches_exit_codes_and_files_and_every_command_has_its_own() {
    let home = tempfile::tempdir().unwrap();
    let ended = run_in(home.path(), &["--help"]);
    assert_eq!(ended.code, 0);
    assert!(ended.out.contains("Exit codes:") && ended.out.contains("secrets/operator-token"), "{}", ended.out);
    for command in
        [&["up"][..], &["demo"], &["doctor"], &["status"], &["reset"], &["incidents", "list"], &["kb", "seed"]]
    {
        let ended = run_in(home.path(), &[command, &["--help"]].concat());
        assert_eq!(ended.code, 0);
        assert!(ended.out.contains("Example"), "{command:?}: {}", ended.out);
    }
    assert!(run_in(home.path(), &["--version"]).out.starts_with("kintsugi "));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let rows: Vec<_> = (0..100).map(sample::row).collect();
    let home = Home::always(200, sample::overview(&rows, None));
    let mut command = Command::new(env!("CARGO_BIN_EXE_kintsugi"));
    command.arg("--home").arg(home.path()).args(["incidents", "list", "--limit", "100", "--output", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
