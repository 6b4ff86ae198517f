use super::*;
use std::os::unix::fs::symlink;

fn tree(digit: char) -> TreeId {
    digit.to_string().repeat(40).parse().expect("a tree id")
}

fn incoming(store: &Store, text: &str) -> TempDir {
    let incoming = store.incoming().expect("a folder");
    fs::create_dir(incoming.path().join("bin")).expect("a folder");
    let app = incoming.path().join("bin/app");
    fs::write(&app, text).expect("a file");
    fs::set_permissions(&app, Permissions::from_mode(0o700)).expect("its mode");
    fs::write(incoming.path().join("data"), "data").expect("a file");
    incoming
}

#[test]
fn what_is_kept_is_found_by_its_tree_and_is_read_only() {
    let below = tempfile::tempdir().expect("a folder");
    let store = Store::open(below.path()).expect("a store");
    let recipe = Digest::of("recipe");
    let digest = store.keep(incoming(&store, "one"), &tree('a'), &recipe).expect("kept");
    assert_eq!(store.find(&tree('a'), &recipe), Some(digest.clone()));
    assert_eq!(store.find(&tree('b'), &recipe), None);
    assert_eq!(store.find(&tree('a'), &Digest::of("another recipe")), None);
    let mode =
        |path: &str| fs::metadata(store.folder(&digest).join(path)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("bin/app"), mode("data")), (0o555, 0o444));
    let manifest = fs::read(store.folder(&digest).join(MANIFEST)).expect("a manifest");
    let manifest: Manifest = serde_json::from_slice(&manifest).expect("its form");
    assert_eq!(manifest.digest(), digest);
    assert_eq!(store.keep(incoming(&store, "one"), &tree('b'), &recipe).expect("kept"), digest);
    assert_ne!(store.keep(incoming(&store, "two"), &tree('c'), &recipe).expect("kept"), digest);
}

#[test]
fn an_artefact_that_was_changed_is_not_found_and_can_be_made_again() {
    let below = tempfile::tempdir().expect("a folder");
    let store = Store::open(below.path()).expect("a store");
    let recipe = Digest::of("recipe");
    let digest = store.keep(incoming(&store, "one"), &tree('a'), &recipe).expect("kept");
    fs::write(store.folder(&digest).join("cache"), "of a running instance").expect("a write");
    assert_eq!(store.find(&tree('a'), &recipe), Some(digest.clone()), "what lies beside the files does not matter");
    let app = store.folder(&digest).join("bin/app");
    fs::remove_file(&app).expect("it was there");
    fs::write(&app, "tampered").expect("a write");
    assert_eq!(store.find(&tree('a'), &recipe), None);
    assert_eq!(store.keep(incoming(&store, "one"), &tree('a'), &recipe).expect("kept"), digest);
    assert_eq!(store.find(&tree('a'), &recipe), Some(digest));
}

#[test]
fn links_special_files_and_nothing_are_refused() {
    let below = tempfile::tempdir().expect("a folder");
    let store = Store::open(below.path()).expect("a store");
    let recipe = Digest::of("recipe");
    let with_link = incoming(&store, "one");
    symlink("/etc/passwd", with_link.path().join("link")).expect("a link");
    let with_fifo = incoming(&store, "one");
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(&with_fifo.path().join("fifo"), mode).expect("a fifo");
    for bad in [with_link, with_fifo, store.incoming().expect("a folder")] {
        let refused = store.keep(bad, &tree('a'), &recipe);
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(store.find(&tree('a'), &recipe), None);
}

#[test]
fn a_verdict_is_answered_by_a_store_opened_later() {
    let below = tempfile::tempdir().expect("a folder");
    let store = Store::open(below.path()).expect("a store");
    let proposal = Digest::of("proposal");
    assert_eq!(store.verdict(&proposal).expect("no error"), None);
    let verdict = Verdict {
        reduced: None,
        proposal: proposal.clone(),
        admitted: true,
        gates: Vec::new(),
        tree: Some(tree('a')),
        artefact: None,
        spans: Vec::new(),
    };
    let kept = KeptVerdict { verdict, asked: Digest::of("asked") };
    store.keep_verdict(&kept).expect("kept");
    let _left = store.incoming().expect("a folder").keep();
    let later = Store::open(below.path()).expect("a store");
    assert_eq!(later.verdict(&proposal).expect("no error"), Some(kept));
    let left = fs::read_dir(below.path()).expect("a folder").flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".incoming")));
    fs::write(below.path().join(format!("verdicts/{proposal}.json")), "{").expect("a write");
    assert!(matches!(later.verdict(&proposal), Err(StoreError::Damaged { .. })));
}
