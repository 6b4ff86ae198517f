//! The same over both ways: fetch, publish, mirror.

use crate::place::{Place, bare, commit, head, open, work};
use git_remote::{Access, Remote, Swap};
use git2::Repository;
use std::path::Path;

fn there_and_back(remote: &Remote, at: &Path, one: &Repository, two: &Repository) {
    let first = remote.fetch(one).expect("the tip");
    assert_eq!(first, head(at));
    assert!(one.find_commit(first).is_ok_and(|commit| commit.tree().is_ok()), "with its objects");
    let second = commit(one, first, "second");
    assert_eq!(remote.publish(one, first, second).expect("an answer"), Swap::Done);
    assert_eq!(head(at), second);
    assert_eq!(remote.publish(one, first, second).expect("an answer"), Swap::Done, "asking twice is no harm");
    assert_eq!(remote.fetch(two).expect("the tip"), second);
    assert_eq!(remote.fetch(one).expect("the tip"), second, "also when there is nothing new");
    assert_eq!(testkit::repository::log(at), ["second", "Begin"]);
}

fn branches(remote: &Remote, at: &Path, into: &Repository) {
    let repository = Repository::open_bare(at).expect("the remote");
    let tip = repository.find_commit(head(at)).expect("the head");
    repository.branch("other", &tip, true).expect("a branch");
    remote.mirror(into).expect("all branches");
    assert_eq!(into.refname_to_id("refs/heads/other").expect("the branch"), tip.id());
    assert_eq!(into.refname_to_id("refs/heads/main").expect("the branch"), tip.id());
    repository.find_branch("other", git2::BranchType::Local).expect("the branch").delete().expect("gone");
    remote.mirror(into).expect("all branches");
    assert!(into.refname_to_id("refs/heads/other").is_err(), "what is gone there is gone here");
}

#[test]
fn a_remote_over_ssh_is_fetched_moved_and_mirrored() {
    let Some(place) = Place::new() else { return };
    let remote = place.writer();
    there_and_back(&remote, &place.remote, &place.work("one"), &place.work("two"));
    branches(&remote, &place.remote, &place.work("mirror"));
}

#[test]
fn a_remote_on_this_machine_is_fetched_moved_and_mirrored() {
    let (folder, at) = bare();
    for url in [at.display().to_string(), format!("file://{}", at.display())] {
        let _again = std::fs::remove_dir_all(&at);
        testkit::repository::seed(&at, &folder.path().join("source"));
        let remote = open(&url, "main", &Access::default()).expect("a remote");
        let [one, two, mirror] =
            ["one", "two", "mirror"].map(|name| work(folder.path(), &format!("{name}-{}", url.len())));
        // Over a file, asking twice for a move that was made is a race that was lost.
        let first = remote.fetch(&one).expect("the tip");
        let second = commit(&one, first, "second");
        assert_eq!(remote.publish(&one, first, second).expect("an answer"), Swap::Done);
        assert_eq!((remote.fetch(&two).expect("the tip"), head(&at)), (second, second));
        branches(&remote, &at, &mirror);
    }
}

#[test]
fn a_key_that_may_only_read_reads_and_cannot_push() {
    let Some(place) = Place::new() else { return };
    let (reader, work) = (place.with(&place.sshd.reader).expect("a remote"), place.work("one"));
    let before = reader.fetch(&work).expect("the tip");
    reader.mirror(&place.work("mirror")).expect("all branches");
    let refused = reader.publish(&work, before, commit(&work, before, "second")).expect_err("refused");
    assert_eq!((refused.code(), refused.may_pass()), ("remote_denied", false), "{refused}");
    assert!(refused.to_string().contains("ssh_key"), "{refused}");
    assert_eq!(place.head(), before);
}
