use super::*;
use testkit::tiny::Tiny;

struct Both {
    tiny: Tiny,
    one: Work,
    two: Work,
    _folder: tempfile::TempDir,
}

fn both() -> Both {
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = Tiny::create(folder.path());
    let open = |name: &str| {
        Work::open(&folder.path().join(name), &tiny.target, &Access::default()).expect("a working repository")
    };
    let (one, two) = (open("one"), open("two"));
    Both { tiny, one, two, _folder: folder }
}

fn commit(work: &Work, head: &Head, message: &str) -> CommitId {
    let at = chassis::clock::system();
    let author = Author { name: "K".into(), email: "k@kintsugi.invalid".into(), at: chassis::Clock::now(&*at) };
    work.record(&author, message, &head.tree, &head.commit).expect("a commit")
}

#[tokio::test]
async fn of_two_who_saw_the_same_head_the_second_is_told_that_it_lost() {
    let Both { tiny, one, two, _folder } = both();
    let (head, same) = (one.fetch().expect("a head"), two.fetch().expect("a head"));
    assert_eq!(head, same);
    let (first, second) = (commit(&one, &head, "first"), commit(&two, &head, "second"));
    assert_eq!(one.publish(&head.commit, &first).expect("an answer"), Swap::Done);
    assert_eq!(two.publish(&head.commit, &second).expect("an answer"), Swap::Lost);
    assert_eq!(tiny.head(), first, "the first commit is not overwritten");
    let newer = two.fetch().expect("the newer head");
    let second = commit(&two, &newer, "second");
    assert_eq!(two.publish(&newer.commit, &second).expect("an answer"), Swap::Done);
    assert_eq!(testkit::repository::log(&tiny.remote), ["second", "first", "Begin"]);
}

#[tokio::test]
async fn a_commit_that_lost_is_not_on_the_branch() {
    let Both { tiny, one, _folder, .. } = both();
    let head = one.fetch().expect("a head");
    let lost = commit(&one, &head, "lost");
    assert!(one.ancestor(&head.commit, &lost).expect("an answer").is_none());
    assert!(one.ancestor(&head.commit, &head.commit).expect("an answer").is_some());
    assert_eq!(tiny.head(), head.commit);
}

#[tokio::test]
async fn a_fetch_brings_what_others_pushed_and_its_history() {
    let Both { one, two, _folder, .. } = both();
    let head = one.fetch().expect("a head");
    let pushed = commit(&one, &head, "why\n\nKintsugi-Reset: 7\nKintsugi-Epoch: 5\n");
    one.publish(&head.commit, &pushed).expect("pushed");
    let seen = two.fetch().expect("the newer head");
    assert_eq!(seen.commit, pushed);
    let history = two.history(&seen.commit, 200).expect("a history");
    assert_eq!(history.iter().map(|past| past.commit.clone()).collect::<Vec<_>>(), [pushed, head.commit]);
    assert_eq!(history.first().and_then(Past::epoch), Some(wire::Epoch(7)));
    assert_eq!(two.history(&seen.commit, 1).expect("a history").len(), 1);
}
