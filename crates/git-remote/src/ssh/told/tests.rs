use super::*;

const BRANCH: &str = "refs/heads/main";
const ID: &str = "d670460b4b4aece5915caf5c68d12f560a9fe3e4";

#[test]
fn the_tip_is_that_of_the_very_branch() {
    let answer = format!("{}\trefs/heads/refs/heads/main\n{ID}\trefs/heads/main\n", ID.replace('d', "e"));
    assert_eq!(tip(&answer, BRANCH).map(|id| id.to_string()).as_deref(), Some(ID));
    assert_eq!(tip("", BRANCH), None);
    assert_eq!(tip("what\n-\trefs/heads/main\n", BRANCH), None);
}

#[track_caller]
fn check_push(flag: &str, summary: &str, complaints: &str, expected: Option<Pushed>) {
    let answer = format!("To ssh://host/x.git\n{flag}\t{ID}:{BRANCH}\t{summary}\nDone\n");
    assert_eq!(pushed(&answer, complaints, BRANCH), expected, "for {summary}");
}

#[test]
fn a_race_that_was_lost_is_told_from_a_rule_that_refuses() {
    check_push(" ", "aaa..bbb", "", Some(Pushed::Done));
    check_push("=", "[up to date]", "", Some(Pushed::Done));
    check_push("!", "[rejected] (stale info)", "", Some(Pushed::Lost));
    check_push("!", "[remote rejected] (incorrect old value provided)", "", Some(Pushed::Lost));
    let locked = "remote: error: cannot lock ref 'refs/heads/main': is at a but expected b";
    check_push("!", "[remote rejected] (failed to update ref)", locked, Some(Pushed::Lost));
    let full =
        "remote: error: cannot lock ref 'refs/heads/main': Unable to create 'main.lock': No space left on device";
    check_push("!", "[remote rejected] (failed to update ref)", full, None);
    check_push("!", "[remote rejected] (unpacker error)", "", None);
    check_push("!", "[remote rejected] (branch is currently checked out)", "", Some(Pushed::NotBare));
    let told = "[remote rejected] (pre-receive hook declined); remote: no ticket".to_owned();
    check_push(
        "!",
        "[remote rejected] (pre-receive hook declined)",
        "remote: no ticket\n",
        Some(Pushed::Declined(told)),
    );
    assert_eq!(pushed("", "", BRANCH), None);
    assert_eq!(pushed(&format!("!\t{ID}:refs/heads/other\t[rejected] (stale info)\n"), "", BRANCH), None);
}

#[track_caller]
fn check(complaints: &str, code: &str, may_pass: bool, told: &str) {
    let files = Files { key: "/keys/own".into(), known_hosts: "/keys/hosts".into() };
    let error = failure(&Asked { what: "fetch the branch", place: "host:22", files: &files }, complaints);
    assert_eq!((error.code(), error.may_pass()), (code, may_pass), "for {complaints}: {error:?}");
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn what_may_pass_is_told_from_what_a_person_has_to_look_at() {
    let tail = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n\
                and the repository exists.\n";
    for away in [
        "ssh: Could not resolve hostname nowhere: Temporary failure in name resolution\r\n",
        "ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n",
        "kex_exchange_identification: Connection closed by remote host\r\n",
        "Timeout, server host not responding.\r\n",
        "",
    ] {
        check(&format!("{away}{tail}"), "unavailable", true, "host:22 cannot be reached");
    }
    check(&format!("me@host: Permission denied (publickey).\r\n{tail}"), "remote_denied", false, "/keys/own");
    check(&format!("Host key verification failed.\r\n{tail}"), "unknown_host", false, "not a known host");
    let changed = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n";
    check(&format!("{changed}{tail}"), "unknown_host", false, "/keys/hosts");
    check(&format!("fatal: '/x.git' does not appear to be a git repository\n{tail}"), "no_repository", false, "/x.git");
    check(&format!("ERROR: Repository not found.\n{tail}"), "no_repository", false, "not found");
    check("fatal: index-pack died\n", "git_failed", true, "index-pack died");
}

#[test]
fn nothing_secret_and_nothing_endless_is_told_on() {
    let long = format!("remote: see https://me:hunter2@host/x {}\u{1b}[31m\nfatal: no\n", "x".repeat(10_000));
    let files = Files { key: "/k".into(), known_hosts: "/h".into() };
    let told = failure(&Asked { what: "fetch the branch", place: "host", files: &files }, &long).to_string();
    assert!(!told.contains("hunter2") && !told.contains('\u{1b}') && told.chars().count() < 400, "{told}");
}
