use super::*;
use std::io::Write;

const REPLAY: &str = "kr-0123456789abcdef0123456789abcdef";

/// As PostgreSQL 15 writes it with `log_destination = 'jsonlog'` and `log_min_duration_statement = 0`.
fn line(application: &str, message: &str) -> String {
    let message = serde_json::to_string(message).expect("a text");
    format!(
        "{{\"timestamp\":\"2026-11-22 00:41:18.123 UTC\",\"user\":\"app\",\"dbname\":\"app\",\"pid\":4711,\
         \"remote_host\":\"[local]\",\"session_id\":\"6743c1ce.1267\",\"line_num\":5,\"ps\":\"SELECT\",\
         \"session_start\":\"2026-11-22 00:41:18 UTC\",\"vxid\":\"4/23\",\"txid\":0,\"error_severity\":\"LOG\",\
         \"message\":{message},\"application_name\":\"{application}\",\"backend_type\":\"client backend\",\"query_id\":0}}"
    )
}

fn said(log: &LogEntries) -> Vec<&str> {
    log.entries.iter().map(|entry| entry.sql.as_str()).collect()
}

#[track_caller]
fn check(application: &str, message: &str, wanted: Option<&str>) {
    let replay = REPLAY.parse().expect("a replay id");
    let got = reported(&line(application, message), &replay).map(|entry| entry.sql);
    assert_eq!(got.as_deref(), wanted, "{message}");
}

#[test]
fn completed_statements_of_both_protocols_are_read() {
    check(REPLAY, "duration: 0.123 ms  statement: SELECT 1 AS ok", Some("SELECT 1 AS ok"));
    check(REPLAY, "duration: 1.5 ms  execute <unnamed>: SELECT $1::int", Some("SELECT $1::int"));
    check(REPLAY, "duration: 12 ms  execute s0: SELECT 'a: b'", Some("SELECT 'a: b'"));
    check(REPLAY, "duration: 12.0 ms  statement: SELECT 1\n  FROM t", Some("SELECT 1\n  FROM t"));
}

#[test]
fn what_was_not_completed_or_is_another_s_does_not_count() {
    check(REPLAY, "duration: 0.1 ms  parse <unnamed>: SELECT 1", None);
    check(REPLAY, "duration: 0.1 ms  bind <unnamed>: SELECT 1", None);
    check(REPLAY, "duration: 0.1 ms", None);
    check(REPLAY, "statement: SELECT 1", None);
    check(REPLAY, "syntax error at or near \"FORM\"", None);
    check(REPLAY, "duration: soon ms  statement: SELECT 1", None);
    check("psql", "duration: 0.1 ms  statement: SELECT 1", None);
    check("psql", &format!("duration: 0.1 ms  statement: SELECT '{REPLAY}'"), None);
    check(&format!("{REPLAY}0"), "duration: 0.1 ms  statement: SELECT 1", None);
    let replay = REPLAY.parse().expect("a replay id");
    assert_eq!(reported(&format!("no json {REPLAY}"), &replay), None);
}

#[test]
fn a_statement_is_told_with_its_duration_and_the_transaction_that_is_open() {
    let replay = REPLAY.parse().expect("a replay id");
    let of = |line: &str| reported(line, &replay).expect("an entry");
    let text = line(REPLAY, "duration: 12.5 ms  statement: SELECT 1 -- one");
    let wanted = Entry {
        sql: "SELECT 1  ".into(),
        took_ms: 12.5,
        transaction: Some("6743c1ce.1267 4/23".into()),
        failed: false,
    };
    assert_eq!(of(&text), wanted);
    // The end of a transaction, and a statement that was one by itself, are logged when none is open any more.
    for vxid in ["4/0", "", "4"] {
        assert_eq!(of(&text.replace("4/23", vxid)).transaction, None, "{vxid}");
    }
    assert_eq!(of(&text.replace("\"vxid\":\"4/23\",", "")).transaction, None);
}

#[test]
fn of_many_files_the_newest_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for at in 0..MAX_FILES + 20 {
        let file = File::create(folder.path().join(format!("{at:05}.json"))).expect("a log");
        // The first names are the newest.
        let age = std::time::Duration::from_secs(60 * at as u64);
        file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30) - age).expect("a time");
    }
    let names: Vec<String> = files(folder.path())
        .expect("files")
        .iter()
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!((names.len(), names[0].as_str(), names[MAX_FILES - 1].as_str()), (MAX_FILES, "00000", "00999"));
}

#[test]
fn only_what_was_written_after_the_opening_counts_also_in_new_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let replay: ReplayId = REPLAY.parse().expect("a replay id");
    let of = |sql: &str| format!("{}\n", line(REPLAY, &format!("duration: 1.0 ms  statement: {sql}")));
    let file = folder.path().join("postgresql-1.json");
    std::fs::write(&file, of("SELECT 1")).expect("a log");
    std::fs::write(folder.path().join("postgresql-1.log"), of("SELECT 1")).expect("another log");
    let mut log = LogEntries::open(folder.path()).expect("a log");
    assert!(log.read_on(&replay));
    assert!(log.entries.is_empty());
    let mut open = File::options().append(true).open(&file).expect("the log");
    let (half, rest) = (of("SELECT 2"), of("SELECT 3"));
    let (begin, end) = half.split_at(40);
    open.write_all(begin.as_bytes()).expect("a write");
    assert!(log.read_on(&replay));
    assert!(log.entries.is_empty(), "half a line is no line");
    open.write_all(end.as_bytes()).expect("a write");
    open.write_all(rest.as_bytes()).expect("a write");
    std::fs::write(folder.path().join("postgresql-2.json"), of("SELECT 4")).expect("a new log");
    assert!(log.read_on(&replay) && log.read_on(&replay));
    assert_eq!(said(&log), ["SELECT 2", "SELECT 3", "SELECT 4"]);
    std::fs::write(&file, of("SELECT 5")).expect("a log that was begun anew");
    assert!(log.read_on(&replay));
    assert_eq!(said(&log), ["SELECT 2", "SELECT 3", "SELECT 4", "SELECT 5"]);
}

#[test]
fn a_log_that_cannot_be_read_does_not_speak() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(LogEntries::open(folder.path()).is_none(), "there is no log in it");
    assert!(LogEntries::open(&folder.path().join("none.json")).is_none());
    let file = folder.path().join("a.json");
    std::fs::write(&file, "").expect("a log");
    let mut log = LogEntries::open(&file).expect("a log");
    std::fs::remove_file(&file).expect("it was there");
    assert!(!log.read_on(&REPLAY.parse().expect("a replay id")));
}

#[test]
fn a_statement_that_the_server_refused_is_told_as_failed() {
    let replay = REPLAY.parse().expect("a replay id");
    let text = format!(
        r#"{{"application_name":"{REPLAY}","session_id":"s","vxid":"4/23","error_severity":"ERROR","message":"syntax error","statement":"SELECT FROM"}}"#
    );
    let entry = reported(&text, &replay).expect("an entry");
    assert_eq!((entry.sql.as_str(), entry.failed, entry.transaction.as_deref()), ("SELECT FROM", true, Some("s 4/23")));
    assert_eq!(reported(&text.replace("ERROR", "WARNING"), &replay), None);
}
