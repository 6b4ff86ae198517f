//! The kit itself works: its servers are real and its second target really fails.

use std::process::Command;
use testkit::tiny::Tiny;

#[tokio::test]
async fn each_database_is_real_and_its_own() {
    let (one, two) = (testkit::database().await, testkit::database().await);
    use secrecy::ExposeSecret;
    let ask = |url: &str, sql: &str| {
        let output = Command::new("psql").args(["-X", "-A", "-t", "-d", url, "-c", sql]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(
        ask(one.url().expose_secret(), "CREATE TABLE here (a int); SELECT count(*) FROM here"),
        "CREATE TABLE\n0"
    );
    assert_eq!(ask(two.url().expose_secret(), "SELECT to_regclass('here') IS NULL"), "t");
}

#[test]
fn the_diffs_of_the_second_target_say_what_they_are_for() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = Tiny::create(folder.path());
    assert!(tiny.good_diff().contains("+    return {\"greeting\": \"value \" + str(value)}"));
    assert!(tiny.outside_diff().contains("diff --git a/app.py b/app.py"));
    for diff in [tiny.constant_diff(), tiny.sly_diff(), tiny.broken_diff()] {
        assert!(diff.starts_with("diff --git a/faults/greet.py b/faults/greet.py"), "{diff}");
    }
}

#[test]
fn the_template_of_the_second_target_is_its_fault_byte_for_byte() {
    let home = concat!(env!("CARGO_MANIFEST_DIR"), "/tiny/app/faults");
    let read = |name: &str| std::fs::read(format!("{home}/{name}")).unwrap();
    assert_eq!(read("greet.py"), read("fault_greet.txt"));
}
