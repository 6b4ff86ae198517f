//! What is read and what is not.

use crate::world::{World, cure};
use git2::Repository;
use wire::proposal::{ProposeOutcome, Refusal};

const FILE: &str = "faults/greet.py";
const FAULTY: &str = "def other(value):\n    return \"value \" + value\n";

async fn refusal(world: &World) -> Refusal {
    let patcher = world.start();
    let outcome = patcher.ask(&world.propose(cure())).await;
    patcher.stop().await;
    match outcome {
        Ok(ProposeOutcome::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_symlink_in_the_place_of_a_listed_file_is_refused() {
    let world = World::new();
    world.developer(&[(FILE, Some("../app.py"), 0o120_000)]);
    assert_eq!(refusal(&world).await.code, "not_a_file");
}

#[tokio::test]
async fn a_listed_file_behind_a_linked_folder_is_not_followed() {
    let mut world = World::new();
    world.target.patch.files = vec!["linked/greet.py".into()];
    world.developer(&[("linked", Some("faults"), 0o120_000)]);
    assert_eq!(refusal(&world).await.code, "no_match");
}

#[tokio::test]
async fn a_listed_file_that_is_gone_or_no_text_or_huge_is_told() {
    let world = World::new();
    world.developer(&[(FILE, None, 0)]);
    assert_eq!(refusal(&world).await.code, "no_match");
    let huge = "#\n".repeat(600_000);
    world.developer(&[(FILE, Some(&huge), 0o100_644)]);
    assert_eq!(refusal(&world).await.code, "too_large");
}

#[tokio::test]
async fn a_file_that_is_not_utf_8_is_refused() {
    let world = World::new();
    let repository = Repository::open_bare(&world.tiny.remote).expect("the remote");
    let head = repository.find_commit(repository.refname_to_id("refs/heads/main").unwrap()).unwrap();
    let blob = repository.blob(b"x = \"\xff\" + y\n").expect("a blob");
    let mut update = git2::build::TreeUpdateBuilder::new();
    update.upsert(FILE, blob, git2::FileMode::Blob);
    let tree = update.create_updated(&repository, &head.tree().unwrap()).expect("a tree");
    let who = head.author();
    let tree = repository.find_tree(tree).unwrap();
    repository.commit(Some("refs/heads/main"), &who, &who, "bytes", &tree, &[&head]).expect("a commit");
    assert_eq!(refusal(&world).await.code, "not_a_text");
}

#[tokio::test]
async fn a_diff_over_the_targets_bound_is_refused() {
    let mut world = World::new();
    world.target.patch.max_diff_bytes = 100;
    let refusal = refusal(&world).await;
    assert_eq!(refusal.code, "too_large");
    assert!(refusal.why.contains("100"), "{refusal:?}");
}

#[tokio::test]
async fn every_listed_file_that_matches_is_changed_and_keeps_its_mode() {
    let mut world = World::new();
    world.target.patch.files.extend(["a b/ö.py".to_owned(), "no_newline.py".to_owned(), "missing.py".to_owned()]);
    world.developer(&[
        ("a b/ö.py", Some(FAULTY), 0o100_755),
        ("no_newline.py", Some(FAULTY.trim_end()), 0o100_644),
        ("unlisted.py", Some(FAULTY), 0o100_644),
    ]);
    let patcher = world.start();
    let (proposal, commit) = world.pushed(&patcher).await;
    assert_eq!(proposal.files, [FILE, "a b/ö.py", "no_newline.py"]);
    assert_eq!(world.file("a b/ö.py"), FAULTY.replace("+ value", "+ str(value)"));
    assert_eq!(world.file("no_newline.py"), FAULTY.trim_end().replace("+ value", "+ str(value)"));
    assert_eq!(world.file("unlisted.py"), FAULTY);
    let repository = Repository::open_bare(&world.tiny.remote).expect("the remote");
    let tree = repository.find_tree(git2::Oid::from_str(commit.tree.as_str()).unwrap()).expect("the tree");
    let entry = tree.get_path(std::path::Path::new("a b/ö.py")).expect("the file");
    assert_eq!(entry.filemode(), 0o100_755);
    patcher.stop().await;
}
