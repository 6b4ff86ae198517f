//! A target that a pipeline deploys: the pipeline is played, over HTTP and signed; so is the target that it deploys.

mod words;

use crate::place::{LIMIT, Place};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use chassis::webhook::Key;
use client::EffectError;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wire::rollout::{Deploy, Rollout, RolloutOutcome, ToldBy};
use wire::{CommitId, Problem};

pub(crate) const SECRET: &str = "a-secret-of-the-pipeline-0123456789";

/// What the deployed target answers.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) health: u16,
    pub(crate) commit: String,
}

/// A deployer whose target is deployed by a pipeline.
pub(crate) struct Stage {
    pub(crate) place: Place,
    pub(crate) url: String,
    answers: Arc<Mutex<Answers>>,
    _secret: tempfile::NamedTempFile,
}

impl Stage {
    /// With more lines of the target file's `[deploy]`.
    pub(crate) async fn with(more: &str) -> Self {
        let answers = Arc::new(Mutex::new(Answers { health: 200, commit: String::new() }));
        let (listener, url) = testkit::listener();
        let shared = Arc::clone(&answers);
        std::thread::spawn(move || {
            let app = move || {
                let answers = Arc::clone(&shared);
                App::new().default_service(web::to(move || {
                    let Answers { health, commit } = answers.lock().expect("answers").clone();
                    let status = StatusCode::from_u16(health).expect("a status");
                    async move { HttpResponse::build(status).json(json!({ "build": { "commit": commit } })) }
                }))
            };
            let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a listener");
            actix_web::rt::System::new().block_on(server.run()).expect("the target runs");
        });
        let secret = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(secret.path(), format!("{SECRET}\n")).expect("the secret");
        let deploy = format!(
            "\n[deploy]\nbackend = \"pipeline\"\nurl = \"{url}\"\nenvironment = \"production\"\nsecret = \"{}\"\n{more}\n",
            secret.path().display()
        );
        let edit = |target: String| target.replace("timeout_ms = 10000", "timeout_ms = 400") + &deploy;
        let mut place = Place::with(edit).await;
        place.start().await;
        Self { place, url, answers, _secret: secret }
    }

    /// A target that says which version it is.
    pub(crate) async fn new() -> Self {
        Self::with("version = { path = \"/version\", json = \"/build/commit\" }").await
    }

    pub(crate) fn runs(&self, commit: &CommitId) {
        self.answers.lock().expect("answers").commit = commit.to_string();
    }

    pub(crate) fn health(&self, status: u16) {
        self.answers.lock().expect("answers").health = status;
    }

    pub(crate) fn path(&self) -> String {
        format!("{}/tiny", wire::paths::CALLBACKS)
    }

    /// Says something of a commit, as the pipeline does.
    pub(crate) async fn say(&self, id: &str, commit: &CommitId, status: &str) -> (u16, Option<Problem>) {
        self.send(id, &word(commit, status), |_| {}).await
    }

    /// The same, with something wrong.
    pub(crate) async fn send(
        &self,
        id: &str,
        body: &Value,
        change: impl FnOnce(&mut Message),
    ) -> (u16, Option<Problem>) {
        let body = body.to_string();
        let mut message =
            Message { id: id.to_owned(), late_s: 0, secret: SECRET, path: self.path(), body, forged: None };
        change(&mut message);
        let at = now() - message.late_s;
        let key = Key::parse(message.secret).expect("a key");
        let signature = key.sign(&message.id, at, message.body.as_bytes());
        let request = reqwest::Client::new().post(format!("{}{}", self.place.base(), message.path));
        let request = request.header("webhook-id", &message.id).header("webhook-timestamp", at);
        let request = request.header("webhook-signature", signature);
        let answer = request.body(message.forged.unwrap_or(message.body)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.ok())
    }

    /// Asks for the roll-out of what a recovery has pushed.
    pub(crate) async fn deploy(&self, deploy: &Deploy, attempt: u32) -> Result<Rollout, EffectError> {
        self.place.deploy(deploy, attempt).await
    }

    /// Says it and asks for the roll-out at once.
    pub(crate) async fn both(&self, deploy: &Deploy, status: &str) -> Result<Rollout, EffectError> {
        let (rollout, said) = tokio::join!(self.deploy(deploy, 1), self.say("7-1", &deploy.commit, status));
        assert_eq!(said.0, 202, "{said:?}");
        rollout
    }
}

/// A signed message.
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) late_s: i64,
    pub(crate) secret: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
    /// Sent instead of what was signed.
    pub(crate) forged: Option<String>,
}

pub(crate) fn word(commit: &CommitId, status: &str) -> Value {
    let why = "step deploy: token ghp_0123456789abcdefghijABCDEFGHIJ012345 was refused";
    json!({ "commit": commit, "status": status, "environment": "production", "run": "https://ci.invalid/7", "why": why })
}

fn now() -> i64 {
    chassis::clock::system().now().timestamp()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_live_when_the_pipeline_says_so_and_the_target_too() {
    let stage = Stage::new().await;
    let deploy = stage.place.cure();
    stage.runs(&deploy.commit);
    let rollout = stage.both(&deploy, "success").await.expect("an outcome");
    assert_eq!((rollout.outcome, rollout.told_by), (RolloutOutcome::Live, Some(ToldBy::Target)), "{}", rollout.why);
    assert_eq!((rollout.artefact, rollout.tree), (None, deploy.tree.clone()), "what it built is not known here");
    let live = stage.place.live().await.expect("what is live");
    assert_eq!((&live.commit, &live.tree, live.artefact, live.rollouts), (&deploy.commit, &deploy.tree, None, 1));
    assert!(
        stage.place.doubles.script().builds.is_empty() && stage.place.instances().is_empty(),
        "nothing is run here"
    );
    let routes = stage.place.doubles.table().routes;
    let to = |prefix: &str| routes.iter().find(|route| route.prefix == prefix).map(|route| route.upstream.as_str());
    assert_eq!((to("/"), to(wire::paths::CALLBACKS)), (Some(stage.url.as_str()), Some(stage.place.base().as_str())));
    // What is asked later is answered by the target of that time.
    stage.runs(&stage.place.commit("README", "x", "another").0);
    assert!(stage.place.live().await.is_none(), "it says that it runs something else");
    stage.health(503);
    let silent = stage.place.client().live(&stage.place.name()).await.expect_err("it does not say what runs");
    assert_eq!(silent.status(), Some(503));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_target_cannot_be_asked_the_answer_says_that_nobody_else_confirmed_it() {
    let stage = Stage::with("").await;
    let deploy = stage.place.cure();
    let rollout = stage.both(&deploy, "success").await.expect("an outcome");
    assert_eq!((rollout.outcome, rollout.told_by), (RolloutOutcome::Live, Some(ToldBy::Pipeline)));
    assert!(rollout.why.contains("nobody else confirmed it"), "{}", rollout.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_pipeline_is_a_refusal_in_its_own_words_without_their_secrets() {
    let stage = Stage::new().await;
    let deploy = stage.place.cure();
    let rollout = stage.both(&deploy, "failure").await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Refused);
    assert!(rollout.why.contains("the pipeline failed: step deploy: token"), "{}", rollout.why);
    assert!(rollout.why.contains("https://ci.invalid/7") && !rollout.why.contains("ghp_"), "{}", rollout.why);
    assert!(stage.place.live().await.is_none());
    assert!(!stage.place.log().contains("ghp_") && !stage.place.log().contains(SECRET));
    let again = stage.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(again.why, rollout.why, "the same key, the same answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipelines_word_alone_is_not_believed_when_the_target_says_otherwise() {
    let stage = Stage::new().await;
    let deploy = stage.place.cure();
    stage.runs(&"f".repeat(40).parse().expect("a commit id"));
    let failed = stage.both(&deploy, "success").await.expect_err("nothing is known");
    assert_eq!((failed.problem().code.as_str(), failed.may_pass()), ("not_confirmed", false), "{failed}");
    stage.health(500);
    let rollout = stage.deploy(&deploy, 2).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Refused, "{}", rollout.why);
    assert!(rollout.why.contains("answers /healthz with 500"), "{}", rollout.why);
    assert!(stage.place.live().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_in_time_nothing_is_known_and_a_late_one_is_still_heard() {
    let version = "version = { path = \"/version\", json = \"/build/commit\" }";
    let stage = Stage::with(&format!("timeout_ms = 700\n{version}")).await;
    let deploy = stage.place.cure();
    stage.runs(&deploy.commit);
    for attempt in [1, 2] {
        let failed = stage.deploy(&deploy, attempt).await.expect_err("nothing is known");
        assert_eq!((failed.problem().code.as_str(), failed.may_pass()), ("no_callback", false), "{failed}");
        assert!(failed.problem().message.contains("unverified"), "{failed}");
    }
    assert!(stage.place.live().await.is_none(), "that the target runs it is not the pipeline's word");
    assert_eq!(stage.say("7-1", &deploy.commit, "success").await.0, 202);
    let live = stage.place.live_at(&deploy.commit).await;
    let rollout = stage.deploy(&deploy, 3).await.expect("an outcome");
    assert_eq!((rollout.outcome, live.rollouts), (RolloutOutcome::Live, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_between_loses_neither_the_wait_nor_the_word() {
    let mut stage = Stage::new().await;
    let deploy = stage.place.cure();
    let key = Place::key(&deploy, 1);
    let url = format!("{}/v1/operations/{}/{}", stage.place.base(), key.scope, key.step);
    let asked = reqwest::Client::new().put(url).bearer_auth(testkit::token("healer")).json(&deploy).send().await;
    assert_eq!(asked.expect("an answer").status(), 202);
    let begun = async || (stage.place.count("SELECT count(*) FROM rollouts").await == 1).then_some(());
    testkit::eventually("the wait has begun", LIMIT, begun).await;
    stage.place.crash();
    stage.place.start().await;
    // It is said before anybody asks again, and not confirmed yet.
    assert_eq!(stage.say("7-1", &deploy.commit, "success").await.0, 202);
    stage.place.crash();
    stage.place.start().await;
    stage.runs(&deploy.commit);
    let rollout = stage.deploy(&deploy, 1).await.expect("an outcome");
    assert_eq!(rollout.outcome, RolloutOutcome::Live, "{}", rollout.why);
    assert_eq!(stage.place.live().await.expect("what is live").rollouts, 1);
}
