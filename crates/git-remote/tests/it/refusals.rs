//! What is refused, by whom, and what a person is told.

use crate::place::{PATIENCE_MS, Place, bare, commit, open};
use git_remote::{Access, RemoteError, check_all};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, RemoteError>, code: &str, may_pass: bool, told: &[&str]) {
    let error = outcome.expect_err("refused");
    assert_eq!((error.code(), error.may_pass()), (code, may_pass), "{error}");
    let text = error.to_string();
    told.iter().for_each(|part| assert!(text.contains(part), "{part} is not in: {text}"));
}

#[test]
fn a_key_that_the_host_does_not_know_is_refused_and_the_setting_is_named() {
    let Some(place) = Place::new() else { return };
    let remote = place.with(&place.sshd.stranger).expect("a remote");
    let key = place.sshd.stranger.display().to_string();
    refused(remote.fetch(&place.work("one")), "remote_denied", false, &["ssh_key", &key, "Permission denied"]);
}

#[test]
fn what_is_no_key_at_all_is_refused() {
    let Some(place) = Place::new() else { return };
    let remote = place.with(&place.sshd.known_hosts).expect("a remote");
    refused(remote.fetch(&place.work("one")), "remote_denied", false, &["ssh_key"]);
}

#[test]
fn a_host_with_another_key_or_none_known_is_refused_before_anything_is_sent() {
    let Some(place) = Place::new() else { return };
    let (writer, url) = (&place.sshd.writer, place.url());
    let other = Access::new(writer, &place.sshd.other_hosts, PATIENCE_MS);
    let hosts = place.sshd.other_hosts.display().to_string();
    let remote = open(&url, "main", &other).expect("a remote");
    refused(remote.fetch(&place.work("one")), "unknown_host", false, &["another host key", "ssh_known_hosts", &hosts]);
    let empty = place.remote.join("description");
    let unknown = Access::new(writer, &empty, PATIENCE_MS);
    let remote = open(&url, "main", &unknown).expect("a remote");
    refused(remote.fetch(&place.work("one")), "unknown_host", false, &["not a known host", "ssh_known_hosts"]);
}

#[test]
fn a_repository_or_a_branch_that_is_not_there_is_told_apart() {
    let Some(place) = Place::new() else { return };
    let (access, work) = (place.access(&place.sshd.writer), place.work("one"));
    let nowhere = open(&place.sshd.url(&place.remote.join("nowhere")), "main", &access).expect("a remote");
    refused(nowhere.fetch(&work), "no_repository", false, &["no such repository"]);
    let branchless = open(&place.url(), "develop", &access).expect("a remote");
    refused(branchless.fetch(&work), "no_branch", true, &["refs/heads/develop"]);
}

#[test]
fn a_rule_of_the_remote_is_told_and_not_tried_again() {
    let Some(place) = Place::new() else { return };
    let hook = place.remote.join("hooks/pre-receive");
    std::fs::create_dir_all(place.remote.join("hooks")).expect("a folder");
    std::fs::write(&hook, "#!/bin/sh\necho 'every change needs a ticket, token=hunter2hunter2'\nexit 1\n")
        .expect("a hook");
    std::fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).expect("a program");
    let (remote, work) = (place.writer(), place.work("one"));
    let seen = remote.fetch(&work).expect("the tip");
    let outcome = remote.publish(&work, seen, commit(&work, seen, "no ticket"));
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    refused(outcome, "push_declined", false, &["pre-receive hook declined", "needs a ticket"]);
    assert_eq!(place.head(), seen);
}

#[test]
fn a_repository_that_somebody_works_in_is_not_pushed_to() {
    let Some(place) = Place::new() else { return };
    git2::Repository::open_bare(&place.remote)
        .expect("the remote")
        .config()
        .expect("its settings")
        .set_bool("core.bare", false)
        .expect("set");
    let (remote, work) = (place.writer(), place.work("one"));
    let seen = remote.fetch(&work).expect("the tip");
    refused(
        remote.publish(&work, seen, commit(&work, seen, "x")),
        "unusable_remote",
        false,
        &["not a bare repository"],
    );
}

#[test]
fn a_url_or_a_branch_that_means_something_else_starts_no_program() {
    let (folder, _) = bare();
    let (file, trace) = (folder.path().join("file"), folder.path().join("trace"));
    std::fs::write(&file, "").expect("a file");
    let access = Access::new(&file, &file, PATIENCE_MS);
    let touch = format!("touch {}", trace.display());
    for url in [
        format!("ssh://-oProxyCommand={touch}/x"),
        "-oProxyCommand=touch:x".to_owned(),
        format!("ext::sh -c {touch}"),
        format!("ssh://host/x;{touch}"),
        format!("host:--upload-pack={touch}"),
    ] {
        refused(open(&url, "main", &access), "unusable_remote", false, &[]);
    }
    for branch in ["--upload-pack=touch x", "main:refs/heads/other", "+main", "*", "a b", "../x", "a..b", ""] {
        let outcome = open("ssh://host/x.git", branch, &access);
        if branch != "+main" {
            refused(outcome, "unusable_remote", false, &["not a name of a branch"]);
        }
    }
    assert!(!trace.exists(), "nothing was started");
}

#[test]
fn a_branch_that_looks_like_an_option_is_a_branch() {
    let Some(place) = Place::new() else { return };
    let repository = git2::Repository::open_bare(&place.remote).expect("the remote");
    for branch in ["--upload-pack=x", "+main"] {
        repository.reference(&format!("refs/heads/{branch}"), place.head(), true, "").expect("a branch");
        let remote = open(&place.url(), branch, &place.access(&place.sshd.writer)).expect("a remote");
        let work = place.work(&format!("of{branch}"));
        let seen = remote.fetch(&work).expect("the tip");
        assert_eq!(seen, place.head());
        let own = commit(&work, seen, "own");
        assert_eq!(remote.publish(&work, seen, own).expect("an answer"), git_remote::Swap::Done);
        assert_eq!(repository.refname_to_id(&format!("refs/heads/{branch}")).expect("the branch"), own);
        assert_eq!(place.head(), seen, "no other branch moved");
    }
}

#[test]
fn without_a_key_the_start_is_refused_and_told_what_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut target = testkit::tiny::Tiny::create(folder.path()).target;
    let check = |target: &wire::target::Target, access: &Access| {
        let outcome = check_all(&[(target.name.clone(), target.clone())].into(), access);
        outcome.map_err(|refused| format!("{refused}: {}", refused.why))
    };
    let (none, file) = (Access::default(), folder.path().join("key"));
    std::fs::write(&file, "").expect("a file");
    assert_eq!(check(&target, &none), Ok(()), "a remote on this machine needs none");
    target.repository.url = "git@host:x.git".into();
    let lacks = |access: &Access| check(&target, access).expect_err("refused");
    assert!(lacks(&none).contains("tiny") && lacks(&none).contains("`ssh_key` is not set"), "{}", lacks(&none));
    let only_key = Access::new(&file, Path::new(""), 1);
    assert!(lacks(&only_key).contains("`ssh_known_hosts` is not set"), "{}", lacks(&only_key));
    assert_eq!(check(&target, &Access::new(&file, &file, 1)), Ok(()));
    target.repository.url = "https://host/x.git".into();
    assert_eq!(check(&target, &none), Ok(()), "it fails its own work only");
    target.repository.url = "https://hunter2@host/x.git".into();
    let told = check(&target, &none).expect_err("refused");
    assert!(told.contains("credential") && !told.contains("hunter2"), "{told}");
}
