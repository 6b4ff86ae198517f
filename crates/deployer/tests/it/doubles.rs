//! A front that reads the route file, and a verifier that makes artefacts from the repository. Both speak the real
//! protocols on real ports; what they say can be set.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use wire::artefact::{ArtefactFile, MANIFEST, Manifest};
use wire::operation::{Operation, State};
use wire::rollout::{FrontStats, LabelStats, RouteTable};
use wire::verification::{Built, Judgement, Replay, ReplayReport, VerifyTask};
use wire::{CommitId, Digest, IncidentId, OperationKey, Problem, ReplayId};

/// How long a waiting call is held.
const HOLD: Duration = Duration::from_millis(500);

/// What the doubles do and have seen.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// The front does not look at the file.
    pub(crate) is_frozen: bool,
    /// Every label but the first fails.
    pub(crate) is_failing: bool,
    /// Requests of a label that are never answered.
    pub(crate) stuck: Option<String>,
    /// What a replay is judged; none: it never ends.
    pub(crate) judgement: Option<Judgement>,
    /// Builds fail for good.
    pub(crate) breaks_builds: bool,
    pub(crate) builds: Vec<CommitId>,
    pub(crate) replays: Vec<Replay>,
    /// What the reliefs of incidents have answered.
    pub(crate) relieved: BTreeMap<IncidentId, u64>,
    table: RouteTable,
    labels: Vec<String>,
}

/// Both doubles.
#[derive(Debug, Clone)]
pub(crate) struct Doubles {
    pub(crate) front: String,
    pub(crate) verifier: String,
    script: Arc<Mutex<Script>>,
    routes: PathBuf,
    remote: PathBuf,
    store: PathBuf,
}

impl Doubles {
    pub(crate) fn start(routes: &Path, remote: &Path, store: &Path) -> Self {
        let (one, front) = testkit::listener();
        let (two, verifier) = testkit::listener();
        let script = Script { judgement: Some(Judgement::Met), ..Script::default() };
        let doubles = Self {
            front,
            verifier,
            script: Arc::new(Mutex::new(script)),
            routes: routes.to_owned(),
            remote: remote.to_owned(),
            store: store.to_owned(),
        };
        let shared = doubles.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    let operation = "/v1/operations/{scope}/{step}";
                    App::new()
                        .app_data(web::Data::new(shared.clone()))
                        .route("/-/routes", web::get().to(routes_in_force))
                        .route("/-/stats", web::get().to(stats))
                        .route(operation, web::put().to(ask))
                        .route(operation, web::get().to(wait))
                };
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.listen(one).expect("a listener").listen(two).expect("a listener");
                server.run().await.expect("the doubles run");
            });
        });
        doubles
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("nobody panics holding the script")
    }

    /// The table in force.
    pub(crate) fn table(&self) -> RouteTable {
        let mut script = self.script();
        let file = std::fs::read(&self.routes).ok().and_then(|text| serde_json::from_slice::<RouteTable>(&text).ok());
        if let Some(table) = file.filter(|table| !script.is_frozen && *table != script.table) {
            for route in &table.routes {
                if !script.labels.contains(&route.label) {
                    script.labels.push(route.label.clone());
                }
            }
            script.table = table;
        }
        script.table.clone()
    }

    fn build(&self, commit: &CommitId) -> Built {
        let repository = git2::Repository::open_bare(&self.remote).expect("the remote");
        let id = git2::Oid::from_str(commit.as_str()).expect("an id");
        let tree = repository.find_commit(id).expect("the commit").tree().expect("a tree");
        let (mut manifest, mut contents) = (Manifest::default(), Vec::new());
        tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if let Ok(blob) = repository.find_blob(entry.id()) {
                let path = format!("{folder}{}", entry.name().expect("a name"));
                let (content, executable) = (blob.content().to_vec(), false);
                let (size, sha256) = (content.len() as u64, Digest::of(&content));
                manifest.files.push(ArtefactFile { path: path.clone(), executable, size, sha256 });
                contents.push((path, content));
            }
            git2::TreeWalkResult::Ok
        })
        .expect("a walk");
        let artefact = manifest.digest();
        let folder = self.store.join(artefact.as_str());
        for (path, content) in contents {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        std::fs::write(folder.join(MANIFEST), serde_json::to_vec(&manifest).expect("JSON")).expect("a manifest");
        Built { tree: tree.id().to_string().parse().expect("a tree id"), artefact, spans: Vec::new() }
    }

    /// Ends the replays that were never to end.
    pub(crate) fn release(&self, judgement: Judgement) {
        self.script().judgement = Some(judgement);
    }

    /// Builds a commit without being asked over HTTP, as an admission would have.
    pub(crate) fn admit(&self, commit: &CommitId) -> Built {
        self.build(commit)
    }
}

async fn routes_in_force(doubles: web::Data<Doubles>) -> HttpResponse {
    HttpResponse::Ok().json(doubles.table())
}

async fn stats(doubles: web::Data<Doubles>) -> HttpResponse {
    let generation = doubles.table().generation;
    let script = doubles.script();
    let labels: BTreeMap<String, LabelStats> = script
        .labels
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let answers = if index > 0 && script.is_failing { ("GET /greet 5xx", 9) } else { ("GET /greet 2xx", 50) };
            let in_flight = i64::from(script.stuck.as_ref() == Some(label));
            (label.clone(), LabelStats { in_flight, answers: BTreeMap::from([(answers.0.to_owned(), answers.1)]) })
        })
        .collect();
    HttpResponse::Ok().json(FrontStats { generation, labels, relieved: script.relieved.clone() })
}

async fn ask(
    doubles: web::Data<Doubles>,
    path: web::Path<(String, String)>,
    task: web::Json<VerifyTask>,
) -> HttpResponse {
    let (scope, step) = path.into_inner();
    let key = OperationKey::new(scope, step).expect("a key");
    let state = match task.into_inner() {
        VerifyTask::Build(build) => {
            doubles.script().builds.push(build.commit.clone());
            if doubles.script().breaks_builds {
                State::Failed { problem: Problem::new("build_failed", "it does not build"), retry: false }
            } else {
                State::Done { outcome: serde_json::to_value(doubles.build(&build.commit)).expect("JSON") }
            }
        }
        VerifyTask::Replay(replay) => {
            doubles.script().replays.push(replay.clone());
            match doubles.script().judgement {
                Some(judgement) => {
                    State::Done { outcome: serde_json::to_value(report(&replay, judgement)).expect("JSON") }
                }
                None => State::Running,
            }
        }
        VerifyTask::Admit(_) => return HttpResponse::Forbidden().finish(),
    };
    HttpResponse::Ok().json(Operation { key, state, progress: Vec::new() })
}

/// Only replays are waited for; they end when they are released.
async fn wait(doubles: web::Data<Doubles>, path: web::Path<(String, String)>) -> HttpResponse {
    let (scope, step) = path.into_inner();
    let judged = async || doubles.script().judgement;
    let judgement = tokio::time::timeout(HOLD, testkit::eventually("a judgement", 2 * HOLD, judged)).await.ok();
    let replay = doubles.script().replays.last().cloned().expect("a replay");
    let key = OperationKey::new(scope, step).expect("a key");
    let state = judgement.map_or(State::Running, |judgement| State::Done { outcome: report(&replay, judgement) });
    HttpResponse::Ok().json(Operation { key, state, progress: Vec::new() })
}

fn report(replay: &Replay, judgement: Judgement) -> ReplayReport {
    ReplayReport {
        replay: ReplayId::fresh(),
        code: replay.code.clone(),
        judgement,
        why: format!("the double says {judgement:?}"),
        status: Some(200),
        took_ms: 1.0,
        witnesses: Vec::new(),
        answer: None,
        sequence: None,
        spans: Vec::new(),
    }
}
