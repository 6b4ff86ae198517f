//! Who pushes at once with another.

use crate::place::{Place, commit};
use git_remote::Swap;
use std::sync::{Arc, Barrier};

#[test]
fn of_pushers_who_saw_the_same_tip_exactly_one_wins_each_time() {
    const PUSHERS: usize = 3;
    let Some(place) = Place::new() else { return };
    for round in 0..4 {
        let before = place.head();
        let barrier = Arc::new(Barrier::new(PUSHERS));
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|number| {
                let (remote, work, barrier) =
                    (place.writer(), place.work(&format!("{round}-{number}")), Arc::clone(&barrier));
                std::thread::spawn(move || {
                    let seen = remote.fetch(&work).expect("the tip");
                    let own = commit(&work, seen, &format!("{round} {number}"));
                    barrier.wait();
                    (own, remote.publish(&work, seen, own).expect("an answer"))
                })
            })
            .collect();
        let ends: Vec<_> = pushers.into_iter().map(|pusher| pusher.join().expect("an end")).collect();
        let won: Vec<_> = ends.iter().filter(|(_, swap)| *swap == Swap::Done).collect();
        assert_eq!(won.len(), 1, "{ends:?}");
        assert_eq!(Some(&place.head()), won.first().map(|(own, _)| own), "the branch is where the winner put it");
        assert_ne!(place.head(), before);
    }
    assert_eq!(testkit::repository::log(&place.remote).len(), 5);
}

#[test]
fn who_comes_later_loses_and_wins_on_the_newer_tip() {
    let Some(place) = Place::new() else { return };
    let (remote, one, two) = (place.writer(), place.work("one"), place.work("two"));
    let seen = remote.fetch(&one).expect("the tip");
    assert_eq!(remote.fetch(&two).expect("the tip"), seen);
    assert_eq!(remote.publish(&one, seen, commit(&one, seen, "first")).expect("an answer"), Swap::Done);
    assert_eq!(remote.publish(&two, seen, commit(&two, seen, "second")).expect("an answer"), Swap::Lost);
    let newer = remote.fetch(&two).expect("the newer tip");
    assert_eq!(remote.publish(&two, newer, commit(&two, newer, "second")).expect("an answer"), Swap::Done);
    assert_eq!(testkit::repository::log(&place.remote), ["second", "first", "Begin"]);
}

#[test]
fn a_branch_that_somebody_holds_locked_is_a_lost_race() {
    let Some(place) = Place::new() else { return };
    let (remote, work) = (place.writer(), place.work("one"));
    let seen = remote.fetch(&work).expect("the tip");
    std::fs::write(place.remote.join("refs/heads/main.lock"), "").expect("a lock");
    assert_eq!(remote.publish(&work, seen, commit(&work, seen, "first")).expect("an answer"), Swap::Lost);
    assert_eq!(place.head(), seen);
}

#[test]
fn what_a_killed_life_left_in_the_working_repository_is_no_obstacle() {
    let Some(place) = Place::new() else { return };
    let (remote, work) = (place.writer(), place.work("one"));
    let seen = remote.fetch(&work).expect("the tip");
    std::fs::write(work.path().join("refs/kintsugi/seen.lock"), "").expect("a lock left over");
    std::fs::write(work.path().join("FETCH_HEAD"), "half").expect("half a file");
    let other = place.work("two");
    remote.fetch(&other).expect("the tip");
    let newer = commit(&other, seen, "newer");
    assert_eq!(remote.publish(&other, seen, newer).expect("an answer"), Swap::Done);
    assert_eq!(remote.fetch(&work).expect("the tip"), newer);
    assert!(work.find_commit(newer).is_ok());
}
