//! The real process, killed at the worst moment: the receiver has the message, the notifier does not know it.

use crate::receiver::{Receiver, SECRET};
use crate::running::LIMIT;
use crate::running::now;
use crate::store::Store;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::ExposeSecret;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use testkit::eventually;

/// How many messages are told.
const MESSAGES: usize = 8;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_delivery_and_note_it_tells_again_under_the_same_id_and_loses_nothing() {
    let pid = Arc::new(AtomicI32::new(0));
    let victim = Arc::clone(&pid);
    let receiver = Receiver::new(move |message, attempt| {
        // Every third message costs the notifier its life at the first attempt, after the message has been taken.
        let n: usize = message["data"]["text"].as_str().unwrap().parse().unwrap();
        if n.is_multiple_of(3) && attempt == 1 {
            kill(Pid::from_raw(victim.load(Ordering::SeqCst)), Signal::SIGKILL).unwrap();
        }
        None
    });
    let (store, database) = (Store::default(), testkit::database().await);
    let (base, hook) = (store.serve(), receiver.serve());
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials.toml");
    std::fs::write(&credentials, "token = \"test-token-of-notifier\"\n").unwrap();
    let launch = || {
        let (port, _) = testkit::listener();
        let address = port.local_addr().unwrap();
        drop(port);
        let child = Command::new(env!("CARGO_BIN_EXE_notifier"))
            .env_clear()
            .env("KINTSUGI_SETTINGS_DIR", folder.path())
            .env("KINTSUGI_CREDENTIALS", &credentials)
            .env("DATABASE_URL", database.url().expose_secret())
            .env("WEBHOOK_URL", &hook)
            .env("WEBHOOK_SECRET", SECRET)
            .env("NOTIFIER__INCIDENT_STORE", &base)
            .env("NOTIFIER__LISTEN", address.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        pid.store(i32::try_from(child.id()).unwrap(), Ordering::SeqCst);
        Process(child)
    };
    let mut process = launch();
    let mut lives = 1;
    // The first life makes the sink: what happened before it is not told.
    let first = now() + chrono::TimeDelta::seconds(60);
    let ids: Vec<_> = (0..MESSAGES).map(|n| store.detect(first, &n.to_string())).collect();
    eventually("every message is taken", LIMIT * 6, async || {
        if process.0.try_wait().unwrap().is_some() {
            process = launch();
            lives += 1;
        }
        (receiver.taken().len() == MESSAGES).then_some(())
    })
    .await;
    let wanted: Vec<String> = ids.iter().map(|id| format!("{id}-1")).collect();
    assert_eq!(receiver.ids(), wanted, "each once, in order, by a receiver that keeps the ids");
    assert!(lives == 1 + MESSAGES.div_ceil(3), "{lives} lives");
    assert!(receiver.repeated() >= 2, "the kills came too late to matter: {}", receiver.repeated());
}
