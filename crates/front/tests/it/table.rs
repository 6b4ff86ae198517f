//! The table: what is chosen, and what is not taken.

use crate::running::table;
use front::table::{Table, Upstream};

const UP: &str = "http://127.0.0.1:1";

#[track_caller]
fn check(path: &str, wanted: Option<&str>) {
    let routes = [("/a", UP, "a"), ("/", UP, "all"), ("/a/b/", UP, "ab"), ("/a-b", UP, "a-b")];
    let table = Table::check(table(1, &routes)).expect("a right table");
    assert_eq!(table.choose(path).map(|upstream| upstream.label.as_str()), wanted, "{path}");
}

#[test]
fn the_longest_prefix_wins_and_ends_where_a_segment_ends() {
    check("/", Some("all"));
    check("/other", Some("all"));
    check("/a", Some("a"));
    check("/a/", Some("a"));
    check("/a/c", Some("a"));
    check("/ab", Some("all"));
    check("/a/b", Some("ab"));
    check("/a/b/c", Some("ab"));
    check("/a/bc", Some("a"));
    check("/a-b/c", Some("a-b"));
    check("*", None);
}

#[test]
fn an_empty_table_leads_nowhere() {
    assert!(Table::default().choose("/").is_none());
}

#[track_caller]
fn check_error(routes: &[(&str, &str, &str)], wanted: &str) {
    let error = Table::check(table(1, routes)).expect_err("not a right table");
    assert!(error.contains(wanted), "{error:?}, wanted {wanted:?}");
}

#[test]
fn what_is_wrong_with_a_table_is_said() {
    check_error(&[("a", UP, "l")], "is no prefix");
    check_error(&[("/-", UP, "l")], "is no prefix");
    check_error(&[("/-/x", UP, "l")], "is no prefix");
    check_error(&[("/-/callbacks/x", UP, "l")], "is no prefix");
    check_error(&[("/developer/x", UP, "l")], "is no prefix");
    check_error(&[("/a", UP, "l"), ("/a/", UP, "m")], "there twice");
    check_error(&[("/a", UP, "")], "1 to 256 bytes");
    check_error(&[("", UP, "l")], "1 to 256 bytes");
    check_error(&[("/a", UP, &"l".repeat(300))], "1 to 256 bytes");
    check_error(&vec![("/a", UP, "l"); 300], "at most 256");
    for url in [
        "https://127.0.0.1:1",
        "127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://:1",
        "http://h:1/p",
        "x y",
    ] {
        check_error(&[("/a", url, "l")], "expected http://HOST:PORT");
    }
}

#[test]
fn an_upstream_may_have_an_address_of_six() {
    let upstream = Upstream::parse("http://[::1]:80/", "l").expect("an upstream");
    assert_eq!((upstream.host.as_str(), upstream.authority().as_str()), ("::1", "[::1]:80"));
}
