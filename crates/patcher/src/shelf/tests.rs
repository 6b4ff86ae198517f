use super::*;
use std::sync::mpsc;
use testkit::tiny::Tiny;

fn shelf(limit: Duration) -> (tempfile::TempDir, Arc<Target>, Shelf) {
    let folder = tempfile::tempdir().expect("a folder");
    let target = Tiny::create(folder.path()).target;
    let catalogue = [(target.name.clone(), target.clone())].into();
    let shelf = Shelf::new(folder.path().join("work"), Access::default(), limit, &catalogue);
    (folder, Arc::new(target), shelf)
}

#[tokio::test]
async fn a_crash_is_a_failure_and_the_next_one_works() {
    let (_folder, target, shelf) = shelf(Duration::from_secs(20));
    let crashed = shelf.work::<(), _>(&target, |_, _| panic!("the fixer crashed")).await;
    assert!(matches!(crashed, Err(Failure::Crashed)), "{crashed:?}");
    let head = shelf.work(&target, |work, _| Ok(work.fetch()?)).await;
    assert!(head.is_ok(), "{head:?}");
}

#[tokio::test]
async fn work_that_hangs_is_left_and_the_next_one_waits_until_it_has_ended() {
    let (_folder, target, shelf) = shelf(Duration::from_millis(200));
    let (release, held) = mpsc::channel::<()>();
    let hung = shelf.work(&target, move |_, _| Ok(held.recv().is_ok())).await;
    assert!(matches!(hung, Err(Failure::TooLong(_))), "{hung:?}");
    let waiting = shelf.work(&target, |_, _| Ok(())).await;
    assert!(matches!(waiting, Err(Failure::TooLong(_))), "two worked at once: {waiting:?}");
    release.send(()).expect("it still waits");
    testkit::eventually("its turn", Duration::from_secs(20), async || shelf.work(&target, |_, _| Ok(())).await.ok())
        .await;
}
