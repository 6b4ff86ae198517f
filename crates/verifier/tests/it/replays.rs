//! Replays against running instances.

use crate::world::World;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::tiny::FAULT;
use wire::verification::Judgement;
use wire::{CommitId, Digest};

struct Instance {
    process: Child,
    url: String,
}

impl Instance {
    /// Runs an artefact as the deployer would, on a free port.
    async fn start(world: &World, artefact: &Digest) -> Self {
        let (listener, url) = testkit::listener();
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let process = Command::new("/usr/bin/python3")
            .arg(world.artefact(artefact).join("app.py"))
            .env("PORT", port.to_string())
            .env("UPSTREAM_URL", format!("http://127.0.0.1:{}", world.tiny.upstream.port))
            .stdout(Stdio::null())
            .spawn()
            .expect("python");
        let health = format!("{url}/healthz");
        let http = verifier::endpoint::client().and_then(|client| client.build()).expect("a client");
        let ask = async || http.get(&health).send().await.ok().filter(|answer| answer.status().is_success());
        testkit::eventually("the instance's health", Duration::from_secs(10), ask).await;
        Self { process, url }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

async fn replayed(world: &World, key: &str, commit: CommitId) -> wire::verification::ReplayReport {
    let built = world.build(&format!("build-{key}"), commit).await.expect("it is built");
    let instance = Instance::start(world, &built.artefact).await;
    world.replay(key, FAULT, &instance.url).await
}

#[tokio::test]
async fn a_replay_is_judged_from_both_sides() {
    let world = World::start().await;
    let faulty = replayed(&world, "faulty", world.tiny.head()).await;
    assert_eq!((faulty.judgement, faulty.status), (Judgement::Broken, Some(500)), "{}", faulty.why);
    let (good, sly) = (world.tiny.good_diff(), world.tiny.sly_diff());
    let healed = replayed(&world, "healed", world.push(&good)).await;
    assert_eq!(healed.judgement, Judgement::Met, "{}", healed.why);
    assert_eq!(healed.witnesses[0].seen, Some(1));
    assert_eq!(healed.spans.len(), 1);
    let faulty_text = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
    let back = faulty_text.replace("str(value)", "value");
    world.push(&world.tiny.diff_to(&back));
    let constant = replayed(&world, "constant", world.push(&sly)).await;
    assert_eq!((constant.judgement, constant.status), (Judgement::NoWitness, Some(200)), "{}", constant.why);
}

#[tokio::test]
async fn where_nobody_listens_nothing_can_be_said_and_silence_has_broken_the_contract() {
    let world = World::start().await;
    // Nobody listens on port 1; a port that was just given back may be somebody else's by now.
    let closed = "http://127.0.0.1:1";
    let report = world.replay("closed", FAULT, closed).await;
    assert_eq!((report.judgement, report.status), (Judgement::Unverified, None), "{}", report.why);
    // It listens and never answers: the deadline of the contract ends the wait.
    let (_listener, silent) = testkit::listener();
    let report = world.replay("silent", FAULT, &silent).await;
    assert_eq!(report.judgement, Judgement::Broken, "{}", report.why);
    assert!((1900.0..4000.0).contains(&report.took_ms), "{}", report.took_ms);
}

#[tokio::test]
async fn nothing_is_sent_without_a_contract_or_its_permission() {
    let (listener, url) = testkit::listener();
    listener.set_nonblocking(true).expect("a listener");
    let world = World::of(|target| target.replace("replay = \"live\"", "replay = \"scratch\""), |_| {}).await;
    for (key, code, wanted) in [("scratch", FAULT, "not_permitted"), ("unknown", "OTHER", "no_contract")] {
        let report = world.replay(key, code, &url).await;
        assert_eq!(report.judgement, Judgement::Unverified);
        assert!(report.why.starts_with(wanted), "{}", report.why);
    }
    assert!(listener.accept().is_err(), "nobody called");
}
