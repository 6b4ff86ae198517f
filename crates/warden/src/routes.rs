//! The routes: operations for the healer, and how the resources are.

use crate::app::App;
use crate::ward::Ward;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Role};
use chassis::error::Plain;
use chassis::operations::{self, KeyConflict, OperationFailed, Reporter, read_operation};
use chassis::{ApiError, Reply};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use wire::operation::task_digest;
use wire::runtime::{ResourceView, WardTask};
use wire::{FaultCode, Service, TargetName, paths};

const HEALER: &[Role] = &[Role::Service(Service::Healer)];
const READERS: &[Role] = &[Role::Service(Service::Healer), Role::Operator];

/// Adds the routes.
pub(crate) fn configure(cfg: &mut web::ServiceConfig, app: &web::Data<App>) {
    cfg.app_data(app.clone())
        .app_data(app.operations.clone())
        .route(paths::READY, web::get().to(tell_readiness))
        .service(
            web::resource(format!("{}/{{scope}}/{{step}}", paths::OPERATIONS))
                .wrap(Allow(HEALER))
                .route(web::put().to(begin))
                .route(web::get().to(read_operation::<Value>)),
        )
        .service(web::resource(paths::RESOURCES).wrap(Allow(READERS)).route(web::get().to(list)));
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Plain(#[from] Plain),
    #[error(transparent)]
    Key(#[from] KeyConflict),
}

impl AskError {
    fn inner(&self) -> &dyn ApiError {
        match self {
            Self::Plain(error) => error,
            Self::Key(error) => error,
        }
    }
}

impl ApiError for AskError {
    fn status(&self) -> StatusCode {
        self.inner().status()
    }
    fn code(&self) -> &'static str {
        self.inner().code()
    }
}

impl App {
    fn ward(&self, target: &TargetName, code: &FaultCode) -> Result<Arc<Ward>, AskError> {
        let ward = self.wards.iter().find(|ward| ward.target == *target && ward.resource.fault == *code);
        let missing =
            || format!("no resource of {target} on this machine has the fault {code}: name one in its target file");
        Ok(ward.map(Arc::clone).ok_or_else(|| Plain::NotFound(missing()))?)
    }
}

async fn begin(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    task: web::Json<WardTask>,
) -> Result<HttpResponse, Reply<AskError>> {
    let key = operations::key(path.into_inner()).map_err(AskError::from)?;
    let task = task.into_inner();
    let (target, code) = match &task {
        WardTask::Act(act) => (&act.target, &act.code),
        WardTask::Prepare(prepare) => (&prepare.target, &prepare.code),
        WardTask::Watch(watch) => (&watch.target, &watch.code),
    };
    let ward = app.ward(target, code)?;
    if let WardTask::Act(act) = &task {
        // Before the operation exists: a refusal here must not be what a newer lease finds under the same key.
        let admitted = app.authorities.admit(target, &ward.resource.name, act.authority);
        if let Err(stale) = admitted.map_err(|error| AskError::from(Plain::Unavailable(error)))? {
            return Err(AskError::from(Plain::Conflict { code: stale.code(), message: stale.to_string() }).into());
        }
    }
    let digest = task_digest(&task);
    let own = app.clone();
    let work = |reporter| async move { perform(&own, &ward, &task, &reporter).await };
    let operation = app.operations.begin(key, digest, work).map_err(AskError::from)?;
    Ok(operations::answer(&operation))
}

async fn perform(app: &App, ward: &Ward, task: &WardTask, reporter: &Reporter) -> Result<Value, OperationFailed> {
    match task {
        WardTask::Act(act) => {
            // A newer lease or epoch may have come while this one waited for its turn.
            let may = || match app.authorities.admit(&act.target, &ward.resource.name, act.authority) {
                Ok(Ok(())) => Ok(()),
                Ok(Err(stale)) => Err(OperationFailed::give_up(stale.code(), stale.to_string())),
                Err(error) => Err(OperationFailed::retry("no_state", format!("{error:#}"))),
            };
            answer(ward.heal(act, reporter, may).await?)
        }
        WardTask::Prepare(prepare) => answer(ward.prepare(prepare).await?),
        WardTask::Watch(watch) => answer(ward.watch(watch).await?),
    }
}

fn answer(report: impl Serialize) -> Result<Value, OperationFailed> {
    serde_json::to_value(report).map_err(|error| OperationFailed::give_up("malformed", error.to_string()))
}

async fn list(app: web::Data<App>) -> web::Json<Vec<ResourceView>> {
    web::Json(app.wards.iter().map(|ward| ward.view()).collect())
}

async fn tell_readiness() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "ok": true }))
}
