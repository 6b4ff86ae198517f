//! Hosts that are away, or are there and say nothing.

use crate::place::{IMPATIENCE_MS, Place, commit, open, work};
use git_remote::{Access, RemoteError};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

/// Far more than the limits of these tests, and far less than for ever.
const AT_MOST: Duration = Duration::from_secs(60);

/// The processes whose arguments name a path.
fn naming(path: &Path) -> Vec<String> {
    let wanted = path.display().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let told = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    told.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| line.contains(&wanted)).collect()
}

/// Waits until the kernel has swept them.
async fn none_left(path: &Path) {
    testkit::eventually("no child is left", AT_MOST, async || naming(path).is_empty().then_some(())).await;
}

#[test]
fn a_host_that_is_away_is_told_within_the_limit_and_may_be_back() {
    let Some(mut place) = Place::new() else { return };
    let (remote, work) = (place.writer(), place.work("one"));
    place.sshd.pause();
    let begun = Instant::now();
    let away = remote.fetch(&work).expect_err("away");
    assert!(matches!(away, RemoteError::Away { .. }), "{away:?}");
    assert_eq!((away.code(), away.may_pass()), ("unavailable", true));
    assert!(away.to_string().contains(&format!("127.0.0.1:{}", place.sshd.port)), "{away}");
    assert!(begun.elapsed() < AT_MOST);
    place.sshd.resume();
    let seen = remote.fetch(&work).expect("the tip");
    place.sshd.pause();
    let away = remote.publish(&work, seen, commit(&work, seen, "first")).expect_err("away");
    assert_eq!((away.code(), away.may_pass()), ("unavailable", true), "{away:?}");
}

#[test]
fn a_folder_that_is_away_may_be_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = folder.path().join("nowhere.git").display().to_string();
    let remote = open(&url, "main", &Access::default()).expect("a remote");
    let own = work(folder.path(), "one");
    for away in [remote.fetch(&own).map(|_| ()), remote.mirror(&own)] {
        let away = away.expect_err("away");
        assert_eq!((away.code(), away.may_pass()), ("unavailable", true), "{away:?}");
    }
}

#[tokio::test]
async fn a_host_that_accepts_and_is_silent_is_left_at_the_limit() {
    let Some(place) = Place::new() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let access = Access::new(&place.sshd.writer, &place.sshd.known_hosts, IMPATIENCE_MS);
    let remote = open(&format!("ssh://git@127.0.0.1:{port}/x.git"), "main", &access).expect("a remote");
    let begun = Instant::now();
    let silent = remote.fetch(&place.work("one")).expect_err("silent");
    assert_eq!((silent.code(), silent.may_pass()), ("unavailable", true), "{silent:?}");
    assert!(begun.elapsed() < AT_MOST);
    none_left(&place.sshd.writer).await;
}

#[tokio::test]
async fn a_host_that_lets_us_in_and_is_silent_is_left_at_the_limit() {
    let Some(place) = Place::new() else { return };
    let access = Access::new(&place.sshd.mute, &place.sshd.known_hosts, 3_000);
    let remote = open(&place.url(), "main", &access).expect("a remote");
    let begun = Instant::now();
    let own = place.work("one");
    let silent = remote.fetch(&own).expect_err("silent");
    assert!(matches!(silent, RemoteError::Silent { .. }), "{silent:?}");
    assert!(begun.elapsed() < AT_MOST);
    none_left(&place.sshd.mute).await;
    let seen = place.writer().fetch(&own).expect("the repository here is usable");
    let silent = remote.publish(&own, seen, commit(&own, seen, "first")).expect_err("silent");
    assert!(matches!(silent, RemoteError::Silent { .. }), "{silent:?}");
}
