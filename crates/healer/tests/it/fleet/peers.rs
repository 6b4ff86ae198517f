//! The services that a healer asks, each over its own listener.

use super::Ground;
use crate::model::choice::Choices;
use crate::world::{Answer, Trouble};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Role};
use chassis::error::respond;
use chassis::operations::{OperationFailed, Operations, Reporter, answer, key, read_operation};
use chassis::{SharedClock, Stop};
use healer::task::Task;
use serde_json::{Value, json};
use std::sync::Arc;
use wire::operation::task_digest;
use wire::plan::PlanRequest;
use wire::problem::code;
use wire::proposal::PatchTask;
use wire::rollout::Suspects;
use wire::{OperationKey, Service, paths};

/// One of them.
#[derive(Clone)]
pub(crate) struct Peer {
    service: Service,
    ground: Arc<Ground>,
    operations: Operations<Value>,
}

impl Peer {
    pub(crate) fn new(service: Service, ground: Arc<Ground>, stop: &Stop) -> Self {
        let clock: SharedClock = Arc::clone(&ground) as SharedClock;
        Self { service, ground, operations: Operations::new(clock, stop.clone()) }
    }
}

pub(crate) fn configure(config: &mut web::ServiceConfig, peer: &Peer) {
    const HEALER: &[Role] = &[Role::Service(Service::Healer)];
    config.app_data(web::Data::new(peer.clone())).app_data(web::Data::new(peer.operations.clone()));
    let operation = web::resource(format!("{}/{{scope}}/{{step}}", paths::OPERATIONS))
        .wrap(Allow(HEALER))
        .route(web::put().to(begin))
        .route(web::get().to(read_operation::<Value>));
    config.service(operation);
    config.service(web::resource(paths::PLANS).wrap(Allow(HEALER)).route(web::post().to(plan)));
    let live = web::resource(format!("{}/{{target}}", paths::ROLLOUTS)).wrap(Allow(HEALER));
    config.service(live.route(web::get().to(read_live)));
    let suspects = web::resource(format!("{}/{{target}}/suspects", paths::ROLLOUTS)).wrap(Allow(HEALER));
    config.service(suspects.route(web::get().to(read_suspects)));
    let lessons = web::resource(format!("{}/{{incident}}", paths::LESSONS)).wrap(Allow(HEALER));
    config.service(lessons.route(web::put().to(learn)));
}

fn away(peer: &Peer) -> Option<HttpResponse> {
    let away = peer.ground.is_away(peer.service);
    away.then(|| respond(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, "away"))
}

async fn begin(peer: web::Data<Peer>, path: web::Path<(String, String)>, body: web::Json<Value>) -> HttpResponse {
    if let Some(away) = away(&peer) {
        return away;
    }
    let key = key(path.into_inner()).unwrap();
    peer.ground.was_asked(&key.step);
    let task = task(peer.service, body.into_inner());
    let digest = match &task {
        Task::Deploy(deploy) => task_digest(deploy),
        Task::Replay(replay) => task_digest(replay),
        Task::Propose(task) | Task::Push(task) | Task::Revert(task) => task_digest(task),
        other => panic!("{other:?} is no operation"),
    };
    let (ground, asked) = (Arc::clone(&peer.ground), key.clone());
    match peer.operations.begin(key, digest, move |reporter| run(ground, asked, task, reporter)) {
        Ok(operation) => answer(&operation),
        Err(conflict) => respond(StatusCode::CONFLICT, code::KEY_CONFLICT, conflict.to_string()),
    }
}

fn task(service: Service, body: Value) -> Task {
    match service {
        Service::Deployer => Task::Deploy(serde_json::from_value(body).unwrap()),
        Service::Verifier => Task::Replay(serde_json::from_value(body).unwrap()),
        _ => match serde_json::from_value(body).unwrap() {
            task @ PatchTask::Propose(_) => Task::Propose(task),
            task @ PatchTask::Push(_) => Task::Push(task),
            task @ PatchTask::Revert(_) => Task::Revert(task),
            task @ PatchTask::Reset(_) => panic!("a healer resets nothing: {task:?}"),
        },
    }
}

async fn run(ground: Arc<Ground>, key: OperationKey, task: Task, tell: Reporter) -> Result<Value, OperationFailed> {
    tell.note(format!("{} begins", key.step));
    ground.pass(&key.step).await;
    if ground.fails(&key.step) {
        return Err(OperationFailed::give_up("overloaded", "as the test wants it"));
    }
    if ground.falters(&key.step) {
        return Err(OperationFailed::retry("repository_unreachable", "the remote is away"));
    }
    tell.note(format!("{} ends", key.step));
    let answered = ground.world().ask(&task, &key, &mut Choices::default());
    match answered {
        Ok(Answer::Proposed(outcome)) => Ok(json!(outcome)),
        Ok(Answer::Pushed(outcome)) => Ok(json!(outcome)),
        Ok(Answer::Rollout(rollout)) => Ok(json!(rollout)),
        Ok(Answer::Report(told)) => Ok(json!(told.0)),
        Ok(other) => panic!("{other:?} is no outcome of an operation"),
        Err(Trouble::Stale) => Err(OperationFailed::give_up(code::FENCE_STALE, "a newer lease was seen")),
        Err(Trouble::Failed(problem)) => Err(OperationFailed { problem, retry: false }),
        Err(Trouble::Away(problem)) => Err(OperationFailed { problem, retry: true }),
    }
}

async fn plan(peer: web::Data<Peer>, request: web::Json<PlanRequest>) -> HttpResponse {
    if let Some(away) = away(&peer) {
        return away;
    }
    peer.ground.was_asked("plan");
    peer.ground.levers().plans.push(request.0.clone());
    call(&peer, "analyze-1", Task::Plan(request.into_inner()))
}

async fn read_live(peer: web::Data<Peer>) -> HttpResponse {
    match away(&peer) {
        Some(away) => away,
        None => HttpResponse::Ok().json(peer.ground.world().what_is_live()),
    }
}

async fn read_suspects(peer: web::Data<Peer>) -> HttpResponse {
    match away(&peer) {
        Some(away) => away,
        None => HttpResponse::Ok().json(Suspects { suspects: peer.ground.suspects() }),
    }
}

async fn learn(peer: web::Data<Peer>, lesson: web::Json<wire::plan::Lesson>) -> HttpResponse {
    if let Some(away) = away(&peer) {
        return away;
    }
    peer.ground.was_asked("learn");
    if peer.ground.fails("learn") {
        return respond(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, "as the test wants it");
    }
    peer.ground.levers().lessons.push(lesson.0.clone());
    call(&peer, "learn-1", Task::Learn(lesson.into_inner()))
}

fn call(peer: &Peer, step: &str, task: Task) -> HttpResponse {
    let key = OperationKey::new("call", step).unwrap();
    match peer.ground.world().effect(&task, &key, None) {
        Answer::Plan(plan) => HttpResponse::Ok().json(plan),
        Answer::Learned(learned) => HttpResponse::Ok().json(learned),
        other => panic!("{other:?}"),
    }
}
