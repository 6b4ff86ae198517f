//! The HTTP surface: the operations protocol.

use crate::patcher::Patcher;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Caller, Role};
use chassis::error::Plain;
use chassis::operations::{self, KeyConflict, Operations};
use chassis::{ApiError, Reply};
use serde_json::Value;
use wire::operation::task_digest;
use wire::problem::code;
use wire::proposal::PatchTask;
use wire::{Service, TargetName};

const CALLERS: &[Role] = &[Role::Service(Service::Healer), Role::Service(Service::IncidentStore)];

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let operation = web::resource(format!("{}/{{scope}}/{{step}}", wire::paths::OPERATIONS))
        .wrap(Allow(CALLERS))
        .route(web::put().to(put_operation))
        .route(web::get().to(operations::read_operation::<Value>));
    config.service(operation);
}

/// Begins an operation, or finds it.
async fn put_operation(
    caller: web::ReqData<Caller>,
    path: web::Path<(String, String)>,
    task: web::Json<PatchTask>,
    patcher: web::Data<Patcher>,
    operations: web::Data<Operations<Value>>,
) -> Result<HttpResponse, Reply<Rejected>> {
    let (key, task) = (operations::key(path.into_inner()).map_err(Rejected::Key)?, task.into_inner());
    may_ask(&caller, &task)?;
    let target = target_of(&task);
    let target = patcher.target(target).ok_or_else(|| Rejected::UnknownTarget(target.clone()))?;
    let digest = task_digest(&task);
    let work = {
        let (patcher, key) = (patcher.into_inner(), key.clone());
        move |reporter| async move { patcher.run(key, target, task, reporter).await }
    };
    let operation = operations.begin(key, digest, work).map_err(Rejected::Conflict)?;
    Ok(operations::answer(&operation))
}

/// A reset is the store's, everything else the healer's.
fn may_ask(caller: &Caller, task: &PatchTask) -> Result<(), Rejected> {
    let (wanted, what) = match task {
        PatchTask::Reset(_) => (Service::IncidentStore, "reset"),
        PatchTask::Propose(_) => (Service::Healer, "propose"),
        PatchTask::Push(_) => (Service::Healer, "push"),
        PatchTask::Revert(_) => (Service::Healer, "revert"),
    };
    let may = caller.roles.contains(&Role::Service(wanted));
    may.then_some(()).ok_or(Rejected::Forbidden { what, wanted })
}

fn target_of(task: &PatchTask) -> &TargetName {
    match task {
        PatchTask::Propose(task) => &task.target,
        PatchTask::Push(task) => &task.proposal.target,
        PatchTask::Revert(task) => &task.target,
        PatchTask::Reset(task) => &task.target,
    }
}

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
enum Rejected {
    #[error(transparent)]
    Key(Plain),
    #[error("only {wanted} may ask for a {what}")]
    Forbidden { what: &'static str, wanted: Service },
    #[error("the catalogue has no target {0}")]
    UnknownTarget(TargetName),
    #[error(transparent)]
    Conflict(KeyConflict),
}

impl ApiError for Rejected {
    fn status(&self) -> StatusCode {
        match self {
            Rejected::Key(plain) => plain.status(),
            Rejected::Forbidden { .. } => StatusCode::FORBIDDEN,
            Rejected::UnknownTarget(_) => StatusCode::BAD_REQUEST,
            Rejected::Conflict(conflict) => conflict.status(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Rejected::Key(plain) => plain.code(),
            Rejected::Forbidden { .. } => code::FORBIDDEN,
            Rejected::UnknownTarget(_) => code::BAD_REQUEST,
            Rejected::Conflict(conflict) => conflict.code(),
        }
    }
}
