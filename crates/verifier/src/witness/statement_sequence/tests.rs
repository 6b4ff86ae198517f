use super::*;

const TIMEOUT: &str = r"(?i)statement_timeout\s*(?:=|to)\s*'?(?P<value>\d+)\s*(?P<unit>ms|s|min)?";

/// As the database time-out's contract has it.
fn sequence() -> Sequence {
    let step = |text: &str| serde_json::from_str::<StatementStep>(text).expect("a step");
    let timeout =
        StatementStep { statement: TIMEOUT.into(), ..step(r#"{"statement": "", "above_ms": 0, "at_most_ms": 5500}"#) };
    let sleep = step(r#"{"statement": "(?i)pg_sleep", "completed_at_least_ms": 1000}"#);
    Sequence::of(&[timeout, sleep], &["(?i)\\b(?:savepoint|rollback)\\b".into()]).expect("expressions")
}

fn entry(transaction: &str, took_ms: f64, sql: &str) -> Entry {
    let transaction = (!transaction.is_empty()).then(|| transaction.to_owned());
    Entry { sql: super::super::sql::without_comments(sql), took_ms, transaction, failed: false }
}

#[track_caller]
fn check(statements: &[(&str, f64, &str)], wanted: u64, told: &str) {
    let entries: Vec<Entry> = statements.iter().map(|(transaction, ms, sql)| entry(transaction, *ms, sql)).collect();
    let found = sequence().find(&entries, 5);
    assert_eq!(found.transactions, wanted, "{statements:?}: {:?}", found.sample);
    assert!(found.sample.join("\n").contains(told), "{:?} should tell {told:?}", found.sample);
}

#[test]
fn a_bounded_timeout_and_a_completed_sleep_in_one_transaction_are_found() {
    for set in [
        "SET LOCAL statement_timeout = '5s'",
        "SET LOCAL statement_timeout = 5500",
        "SET statement_timeout TO '5000ms'",
        "set local STATEMENT_TIMEOUT to 1",
        "SET LOCAL statement_timeout = '5000'",
    ] {
        check(
            &[("a", 0.1, "BEGIN"), ("a", 0.1, set), ("a", 0.2, "SELECT 1"), ("a", 1000.0, "SELECT pg_sleep(1)")],
            1,
            set,
        );
    }
    let both = [("a", 0.1, "SET statement_timeout=9"), ("b", 0.1, "SET statement_timeout=9")];
    let sleeps = [("b", 1500.0, "SELECT pg_sleep(2)"), ("a", 1500.0, "SELECT pg_sleep(2)")];
    check(&[both, sleeps].concat(), 2, "pg_sleep(2)");
}

#[test]
fn a_sleep_that_was_removed_shortened_or_cancelled_is_missed() {
    let set = ("a", 0.1, "SET LOCAL statement_timeout = '5s'");
    // A cancelled statement is an error in the log and no completed one: nothing of it is here.
    check(&[set], 0, "step 2 of 2 was not completed");
    check(&[set, ("a", 0.3, "SELECT 1")], 0, "step 2 of 2");
    check(&[set, ("a", 999.9, "SELECT pg_sleep(0.9999)")], 0, "step 2 of 2");
    check(&[set, ("a", 0.1, "SELECT pg_sleep(0)"), ("a", 4000.0, "SELECT count(*) FROM t")], 0, "step 2 of 2");
    check(&[], 0, "");
}

#[test]
fn a_timeout_that_was_raised_switched_off_or_removed_is_seen() {
    let sleep = ("a", 2000.0, "SELECT pg_sleep(2)");
    for set in [
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL statement_timeout = '0s'",
        "SET LOCAL statement_timeout = '6s'",
        "SET LOCAL statement_timeout = 5501",
        "SET LOCAL statement_timeout = '1min'",
        "SET LOCAL statement_timeout = 99999999999999999999999",
        "SET LOCAL statement_timeout = 5000; SET LOCAL statement_timeout = 0",
    ] {
        check(&[("a", 0.1, set), sleep], 0, "out of bounds (above 0 ms, at most 5500 ms)");
    }
    check(&[sleep], 0, "step 1 of 2");
    let first = ("a", 0.1, "SET LOCAL statement_timeout = 5000");
    check(&[first, ("a", 0.1, "SET LOCAL statement_timeout = 0"), sleep], 0, "out of bounds");
    check(&[first, ("a", 0.1, "SAVEPOINT x"), sleep], 0, "forbidden: 0.1 ms: SAVEPOINT x");
    check(&[first, ("a", 0.1, "ROLLBACK TO x"), sleep], 0, "forbidden");
}

#[test]
fn the_steps_stand_in_one_transaction_in_their_order() {
    let set = |transaction| (transaction, 0.1, "SET LOCAL statement_timeout = 5000");
    let sleep = |transaction| (transaction, 2000.0, "SELECT pg_sleep(2)");
    check(&[set("a"), sleep("b")], 0, "step");
    check(&[set(""), sleep("a")], 0, "step 1 of 2");
    check(&[set("a"), sleep("")], 0, "step 2 of 2");
    check(&[set(""), sleep("")], 0, "");
    check(&[sleep("a"), set("a")], 0, "step 2 of 2");
    // One statement is one step, however much it holds.
    check(&[("a", 2000.0, "SET statement_timeout = 5000; SELECT pg_sleep(2)")], 0, "step 2 of 2");
}

#[test]
fn a_comment_is_no_statement() {
    let set = ("a", 0.1, "SET LOCAL statement_timeout = 5000");
    check(&[set, ("a", 2000.0, "SELECT count(*) FROM t -- pg_sleep(2)")], 0, "step 2 of 2");
    check(&[set, ("a", 2000.0, "SELECT /* pg_sleep(2) */ count(*) FROM t")], 0, "step 2 of 2");
    check(
        &[("a", 0.1, "SELECT 1 /* statement_timeout = 5000 */"), ("a", 2000.0, "SELECT pg_sleep(2)")],
        0,
        "step 1 of 2",
    );
    let hidden = ("a", 0.1, "SET LOCAL statement_timeout = /* statement_timeout = 5000 */ 0");
    check(&[hidden, ("a", 2000.0, "SELECT pg_sleep(2)")], 0, "out of bounds");
}

#[test]
fn a_value_is_read_in_its_unit() {
    let regex = Regex::new(r"v=(?P<value>[\d.]+)(?P<unit>[a-z]+)?").expect("an expression");
    for (text, wanted) in [
        ("v=7", Some(7.0)),
        ("v=7ms", Some(7.0)),
        ("v=1500us", Some(1.5)),
        ("v=1.5s", Some(1500.0)),
        ("v=2min", Some(120_000.0)),
        ("v=1h", Some(3_600_000.0)),
        ("v=1d", Some(86_400_000.0)),
        ("v=1y", None),
        ("v=1.2.3", None),
    ] {
        assert_eq!(regex.captures(text).and_then(|captures| milliseconds(&captures)), wanted, "{text}");
    }
}
