//! A verifier double: the real paths, roles and wire types, and a script instead of a sandbox.

use actix_web::{HttpResponse, web};
use chassis::Stop;
use chassis::auth::{Allow, Role};
use chassis::operations;
use chassis::server::Server;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use wire::operation::{Operation, State};
use wire::proposal::Proposal;
use wire::span::{Progress, Span, SpanKind};
use wire::verification::{Admit, Gate, GateReport, Verdict, VerifyTask};
use wire::{Digest, OperationKey, Problem, Service, TreeId, paths};

/// What it does when it is asked to judge.
#[derive(Debug, Clone, Default)]
pub enum Mode {
    /// Every gate passes.
    #[default]
    Admit,
    /// The second gate says no.
    Refuse,
    /// It admits another tree.
    OtherTree,
    /// It claims to have admitted without a gate.
    NoGates,
    /// It is about another proposal.
    OtherProposal,
    /// Its operation fails.
    Fail { retry: bool },
}

#[derive(Debug, Default)]
pub struct Script {
    pub mode: Mode,
    /// How many calls are answered with 503 first.
    pub away: usize,
    /// How many times it forgets what runs, as a restart does.
    pub crashes: usize,
    /// How many candidates the second gate refuses first, whatever the mode.
    pub refusals: usize,
    /// What is left of the next candidate without the hunks that change nothing.
    pub reduced: Option<String>,
    pub verdicts: HashMap<Digest, Verdict>,
    pub asked: Vec<(OperationKey, Admit)>,
    operations: HashMap<OperationKey, Operation<Verdict>>,
}

impl Script {
    /// Forgets what it was asked, as a restart does.
    pub fn forget(&mut self) {
        self.operations.clear();
    }
}

/// See the module.
#[derive(Debug)]
pub struct Double {
    pub base: String,
    script: Arc<Mutex<Script>>,
    stop: Stop,
}

struct Shared {
    script: Arc<Mutex<Script>>,
    remote: PathBuf,
}

impl Double {
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    pub fn start(remote: &Path) -> Self {
        let (listener, base) = testkit::listener();
        let (script, stop) = (Arc::<Mutex<Script>>::default(), Stop::new());
        let shared = web::Data::new(Shared { script: Arc::clone(&script), remote: remote.to_owned() });
        let server = Server::new(Service::Verifier, testkit::credentials(Service::Verifier));
        let word = stop.clone();
        tokio::spawn(async move {
            let routes = move |config: &mut web::ServiceConfig| {
                let callers = Allow(&[Role::Service(Service::Patcher)]);
                let operation = web::resource(format!("{}/{{scope}}/{{step}}", paths::OPERATIONS)).wrap(callers);
                let operation = operation.route(web::put().to(begin)).route(web::get().to(wait));
                let verdict = web::resource(format!("{}/{{digest}}", paths::VERDICTS)).wrap(callers);
                config.app_data(shared.clone()).service(operation).service(verdict.route(web::get().to(verdict_of)));
            };
            server.serve(listener, word, routes).await.expect("the double serves");
        });
        Self { base, script, stop }
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("nobody panics with the script")
    }

    pub fn set(&self, mode: Mode) {
        self.script().mode = mode;
    }

    /// Puts a verdict beside, as if it had been reached.
    pub fn admit_anyway(&self, proposal: &Proposal) {
        let verdict = verdict(&proposal.digest, Some(proposal.tree.clone()), &Mode::Admit);
        let verdict = Verdict { artefact: Some(proposal.artefact.clone()), ..verdict };
        self.script().verdicts.insert(proposal.digest.clone(), verdict);
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.stop.now();
    }
}

async fn begin(
    path: web::Path<(String, String)>,
    task: web::Json<VerifyTask>,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let key = operations::key(path.into_inner()).expect("a key");
    let VerifyTask::Admit(admit) = task.into_inner() else { return HttpResponse::BadRequest().finish() };
    let mut script = shared.script.lock().expect("a script");
    if script.away > 0 {
        script.away -= 1;
        return HttpResponse::ServiceUnavailable().json(Problem::new("unavailable", "away"));
    }
    let running: Operation<Verdict> = Operation { key: key.clone(), state: State::Running, progress: Vec::new() };
    if script.operations.contains_key(&key) {
        return HttpResponse::Accepted().json(running);
    }
    let digest = Proposal::digest_of(&admit.target, &admit.code, &admit.base, &admit.diff);
    let refuses = script.refusals > 0;
    script.refusals = script.refusals.saturating_sub(1);
    let mode = if refuses { Mode::Refuse } else { script.mode.clone() };
    let mut verdict = verdict(&digest, tree_of(&shared.remote, &admit), &mode);
    verdict.reduced = script.reduced.take().filter(|_| admit.minimise);
    let state = match script.mode {
        Mode::Fail { retry } => State::Failed { problem: Problem::new("sandbox_broken", "no sandbox"), retry },
        _ => State::Done { outcome: verdict.clone() },
    };
    script.verdicts.insert(digest, verdict);
    let progress = vec![built()];
    script.operations.insert(key.clone(), Operation { key: key.clone(), state, progress });
    script.asked.push((key, admit));
    HttpResponse::Accepted().json(running)
}

async fn wait(path: web::Path<(String, String)>, shared: web::Data<Shared>) -> HttpResponse {
    let key = operations::key(path.into_inner()).expect("a key");
    let mut script = shared.script.lock().expect("a script");
    if script.crashes > 0 {
        script.crashes -= 1;
        script.forget();
    }
    match script.operations.get(&key) {
        Some(operation) => HttpResponse::Ok().json(operation),
        None => HttpResponse::NotFound().json(Problem::new("not_found", "forgotten")),
    }
}

async fn verdict_of(digest: web::Path<String>, shared: web::Data<Shared>) -> HttpResponse {
    let mut script = shared.script.lock().expect("a script");
    if script.away > 0 {
        script.away -= 1;
        return HttpResponse::ServiceUnavailable().json(Problem::new("unavailable", "away"));
    }
    let digest = Digest::try_from(digest.into_inner()).expect("a digest");
    match script.verdicts.get(&digest) {
        Some(verdict) => HttpResponse::Ok().json(verdict),
        None => HttpResponse::NotFound().json(Problem::new("not_found", "no verdict")),
    }
}

fn built() -> Progress {
    let at = chassis::clock::system().now();
    let span = Span { kind: SpanKind::Build, name: "build".into(), start: at, end: at };
    Progress { at, note: "build".into(), stage: None, span: Some(span), call: None, delay_ms: None }
}

fn verdict(digest: &Digest, tree: Option<TreeId>, mode: &Mode) -> Verdict {
    let gate = |gate, passed, code: &str| {
        let why = format!("it was {code}");
        GateReport { gate, passed, code: code.into(), why, evidence: Value::Null }
    };
    let mut verdict = Verdict {
        reduced: None,
        proposal: digest.clone(),
        admitted: true,
        gates: Gate::REQUIRED.map(|required| gate(required, true, "ok")).to_vec(),
        tree,
        artefact: Some(Digest::of("the artefact")),
        spans: Vec::new(),
    };
    match mode {
        Mode::Admit | Mode::Fail { .. } => {}
        Mode::Refuse => {
            verdict.admitted = false;
            verdict.artefact = None;
            verdict.gates = vec![gate(Gate::Scope, true, "ok"), gate(Gate::Build, false, "tests_failed")];
        }
        Mode::OtherTree => verdict.tree = "e".repeat(40).parse().ok(),
        Mode::NoGates => verdict.gates.clear(),
        Mode::OtherProposal => verdict.proposal = Digest::of("another"),
    }
    verdict
}

/// The tree that a candidate makes, found out independently.
fn tree_of(remote: &Path, admit: &Admit) -> Option<TreeId> {
    let repository = git2::Repository::open_bare(remote).ok()?;
    let base = repository.find_commit(git2::Oid::from_str(admit.base.as_str()).ok()?).ok()?.tree().ok()?;
    let diff = git2::Diff::from_buffer(admit.diff.as_bytes()).ok()?;
    let mut index = repository.apply_to_tree(&base, &diff, None).ok()?;
    index.write_tree_to(&repository).ok()?.to_string().parse().ok()
}
