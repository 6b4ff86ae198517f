use super::*;
use futures::FutureExt;
use std::io::Write;
use std::pin::pin;
use testkit::tiny::Tiny;

#[tokio::test]
async fn a_layout_that_nobody_waits_for_keeps_its_turn_until_it_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = Tiny::create(folder.path());
    let work = folder.path().join("work");
    let workshop = Arc::new(Workshop::open(&work, tiny.target.clone(), Access::default()).expect("a workshop"));
    // A pipe in the place of the mark holds the layout up until somebody writes.
    let pipe = work.join("tiny/source.tree");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    {
        let turn = workshop.turn().await;
        let tree = "0123456789012345678901234567890123456789".parse().expect("a tree id");
        let mut abandoned = pin!(crate::build::lay_out(&workshop, turn, &tree, Vec::new()));
        assert!(futures::poll!(&mut abandoned).is_pending());
    }
    assert!(workshop.turn().now_or_never().is_none(), "it still works on the source folder");
    let mut open = std::fs::File::options().write(true).open(&pipe).expect("somebody reads");
    open.write_all(b"another tree").expect("a write");
    drop(open);
    let turn = tokio::time::timeout(std::time::Duration::from_secs(20), workshop.turn()).await;
    assert!(turn.is_ok(), "the turn is free when it has ended");
}
