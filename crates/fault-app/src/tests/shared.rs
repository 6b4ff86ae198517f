//! Replicas that share what they know of the upstream through a real Redis, and a Redis that is not there.

use super::harness::eventually;
use crate::resilience::breaker::{Admission, Millis, OPEN};
use crate::resilience::{Away, Resilience, Trouble, Value};
use futures_util::future::BoxFuture;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ASKED: Duration = Duration::from_secs(3);
const NOW: Millis = 1_000_000;

/// A Redis of this test's own, on a socket in its own folder.
struct Server {
    child: Child,
    folder: PathBuf,
}

impl Server {
    /// None where Redis is not installed.
    fn start(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(folder.join("redis.sock"));
        let child = command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).spawn().ok();
        if child.is_none() {
            eprintln!("redis-server is not installed: this test shows nothing");
        }
        Some(Self { child: child?, folder: folder.to_owned() })
    }

    fn replica(&self, clock: Millis) -> Resilience {
        replica(&format!("redis+unix://{}", self.folder.join("redis.sock").display()), clock)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("fault-app-{}-{name}", std::process::id()))
}

fn replica(url: &str, clock: Millis) -> Resilience {
    Resilience::new(Some(redis::Client::open(url).unwrap()), "upstream".into(), Box::new(move || clock))
}

#[derive(Debug)]
struct Malformed;

impl Trouble for Malformed {
    fn may_pass(&self) -> bool {
        false
    }
}

/// One call whose attempt has this outcome.
async fn call(replica: &Resilience, outcome: Option<i64>) -> Result<Value, Away> {
    let attempt =
        move |_| -> BoxFuture<'_, Result<i64, Malformed>> { Box::pin(async move { outcome.ok_or(Malformed) }) };
    replica.call("/data", ASKED, &attempt).await
}

async fn connected(replica: &Resilience) {
    eventually("Redis is up", async || {
        replica.state().await;
        (replica.shared_with() == "replicas").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_one_replica_learns_the_others_know() {
    let Some(server) = Server::start(&folder("shared")) else { return };
    let (one, two) = (server.replica(NOW), server.replica(NOW + 5_000));
    connected(&one).await;
    connected(&two).await;
    assert_eq!(call(&one, Some(42)).await, Ok(Value { value: 42, age: None }));
    assert_eq!(call(&two, None).await, Ok(Value { value: 42, age: Some(5_000) }), "the other's good value");
    call(&one, None).await.unwrap();
    assert_eq!(two.state().await.0.breaker.failures, 2);
    call(&two, None).await.unwrap();
    for replica in [&one, &two] {
        let (state, now) = replica.state().await;
        assert!(matches!(state.breaker.admit(now).1, Admission::Refused(_)), "{state:?}");
    }
    let late = server.replica(NOW + 5_000 + OPEN);
    assert_eq!(
        call(&late, Some(7)).await,
        Ok(Value { value: 7, age: None }),
        "a replica that has just come makes the trial"
    );
    assert_eq!(one.state().await.0.breaker, Default::default(), "and its success resets all");
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_trial() {
    let Some(server) = Server::start(&folder("trial")) else { return };
    let one = server.replica(NOW);
    connected(&one).await;
    for _ in 0..3 {
        call(&one, None).await.unwrap_err();
    }
    let replicas: Vec<Resilience> = (0..8).map(|_| server.replica(NOW + OPEN)).collect();
    futures_util::future::join_all(replicas.iter().map(connected)).await;
    let made = std::sync::atomic::AtomicUsize::new(0);
    let attempt = |_| -> BoxFuture<'_, Result<i64, Malformed>> {
        made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async { Err(Malformed) })
    };
    let calls = replicas.iter().map(|replica| replica.call("/data", ASKED, &attempt));
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_err));
    assert_eq!(made.into_inner(), 1);
}

#[tokio::test]
async fn while_redis_is_away_each_goes_by_its_own_and_brings_it_back() {
    let path = folder("away");
    let Some(server) = Server::start(&path) else { return };
    let one = server.replica(NOW);
    connected(&one).await;
    call(&one, None).await.unwrap_err();
    call(&one, None).await.unwrap_err();
    drop(server);
    call(&one, None).await.unwrap_err();
    assert_eq!(one.state().await.0.breaker.failures, 3, "what was known before, and what came since");
    assert_eq!(one.shared_with(), "workers, as long as Redis is away");

    let server = Server::start(&path).unwrap();
    connected(&one).await;
    let two = server.replica(NOW);
    connected(&two).await;
    assert_eq!(two.state().await.0.breaker.failures, 3, "an empty Redis learns what was kept");
}

#[tokio::test]
async fn a_redis_that_says_nothing_holds_nobody_up() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let one = replica(&format!("redis://{}", mute.local_addr().unwrap()), NOW);
    assert_eq!(call(&one, Some(42)).await, Ok(Value { value: 42, age: None }));
    assert_eq!(call(&one, None).await, Ok(Value { value: 42, age: Some(0) }));
    assert_eq!(one.shared_with(), "workers, as long as Redis is away");
}
