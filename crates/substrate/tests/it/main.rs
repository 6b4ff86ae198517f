//! Servers of our own that end by themselves.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use substrate::{Postgres, Redis, folder_for};

/// Longer than the rest of a killed server holds its memory.
const LIMIT: Duration = Duration::from_secs(30);

/// A folder that a server's own user can reach, too.
fn home() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().expect("a folder")
}

fn kill_hard(pid: Option<u32>) {
    let pid = i32::try_from(pid.expect("a private server")).expect("a pid");
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("killed");
}

/// Asks until the server has been started again: right after a signal it may still look as if it ran.
fn until_revived<E: std::fmt::Debug>(mut revive: impl FnMut() -> Result<bool, E>) {
    let until = Instant::now() + LIMIT;
    loop {
        match revive() {
            Ok(true) => return,
            outcome => assert!(Instant::now() < until, "not revived: {outcome:?}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_postgresql_comes_back_on_its_port_with_what_was_committed() {
    let home = home();
    let mut postgres = Postgres::start(&folder_for(home.path()), true).expect("PostgreSQL");
    let port = postgres.port;
    postgres.sql("postgres", "CREATE TABLE kept AS SELECT 42 AS value").expect("written");
    assert!(!postgres.revive().expect("it runs"), "a server that runs is left alone");
    kill_hard(postgres.pid());
    until_revived(|| postgres.revive());
    assert_eq!(postgres.port, port);
    assert_eq!(postgres.sql("postgres", "SELECT value FROM kept").expect("read"), "42");
}

#[test]
fn a_killed_redis_comes_back_under_its_url() {
    let home = home();
    let mut redis = Redis::start(&folder_for(home.path())).expect("Redis");
    let (url, first) = (redis.url(), redis.pid());
    kill_hard(first);
    until_revived(|| redis.revive());
    assert_eq!(redis.url(), url);
    assert_ne!(redis.pid(), first);
}
