//! The HTTP interface.

use crate::app::Verifier;
use crate::error::blocking;
use crate::{admit, build, replay};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Caller, Role};
use chassis::error::{Plain, respond};
use chassis::operations::{self, KeyConflict, OperationFailed, Operations, Reporter};
use chassis::{ApiError, Reply};
use serde_json::Value;
use std::sync::Arc;
use wire::problem::code;
use wire::verification::{Verdict, VerifyTask};
use wire::{Digest, Service, TargetName, paths};

const TASKS: &[Role] =
    &[Role::Service(Service::Patcher), Role::Service(Service::Deployer), Role::Service(Service::Healer)];
const VERDICTS: &[Role] = &[Role::Service(Service::Patcher), Role::Operator];

/// Why a task is not begun.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("this token may not ask for this task")]
    NotYours,
    #[error("no target file here names {0}: use the name of one in the verifier's `targets` folder")]
    UnknownTarget(TargetName),
    #[error("{0:?} is not the base URL of an instance: it must look like http://127.0.0.1:8000")]
    BaseUrl(String),
    #[error(transparent)]
    Key(#[from] Plain),
    #[error(transparent)]
    Conflict(#[from] KeyConflict),
}

impl ApiError for Refused {
    fn status(&self) -> StatusCode {
        match self {
            Refused::NotYours => StatusCode::FORBIDDEN,
            Refused::UnknownTarget(_) | Refused::BaseUrl(_) => StatusCode::BAD_REQUEST,
            Refused::Key(error) => error.status(),
            Refused::Conflict(error) => error.status(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Refused::NotYours => code::FORBIDDEN,
            Refused::UnknownTarget(_) | Refused::BaseUrl(_) => code::BAD_REQUEST,
            Refused::Key(error) => error.code(),
            Refused::Conflict(error) => error.code(),
        }
    }
}

/// The routes over the service's parts.
pub fn configure(
    verifier: Arc<Verifier>,
    operations: Operations<Value>,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let (verifier, operations) = (web::Data::from(verifier), web::Data::new(operations));
    move |config| {
        config
            .app_data(verifier.clone())
            .app_data(operations.clone())
            .route(paths::READY, web::get().to(tell_readiness))
            .service(
                web::resource(format!("{}/{{scope}}/{{step}}", paths::OPERATIONS))
                    .wrap(Allow(TASKS))
                    .route(web::put().to(begin_task))
                    .route(web::get().to(operations::read_operation::<Value>)),
            )
            .service(
                web::resource(format!("{}/{{digest}}", paths::VERDICTS))
                    .wrap(Allow(VERDICTS))
                    .route(web::get().to(read_verdict)),
            );
    }
}

async fn tell_readiness(verifier: web::Data<Verifier>) -> HttpResponse {
    let why = match verifier.ready.get() {
        Some(Ok(())) => return HttpResponse::Ok().json(serde_json::json!({ "ok": true })),
        Some(Err(why)) => why.as_str(),
        None => "the sandbox was not tried yet",
    };
    respond(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, why)
}

async fn begin_task(
    verifier: web::Data<Verifier>,
    operations: web::Data<Operations<Value>>,
    caller: web::ReqData<Caller>,
    path: web::Path<(String, String)>,
    task: web::Json<VerifyTask>,
) -> Result<HttpResponse, Reply<Refused>> {
    let key = operations::key(path.into_inner()).map_err(Refused::Key)?;
    let task = task.into_inner();
    allow(&caller, &task)?;
    check(&verifier, &task)?;
    let asked = Digest::of_json(&serde_json::json!(task));
    let verifier = verifier.into_inner();
    let operation =
        operations.begin(key, asked, |reporter| work(verifier, task, reporter)).map_err(Refused::Conflict)?;
    Ok(operations::answer(&operation))
}

/// Who may ask for what: a planner's hand judges candidates, whoever rolls out builds, both ends of a recovery replay.
fn allow(caller: &Caller, task: &VerifyTask) -> Result<(), Refused> {
    let allowed: &[Service] = match task {
        VerifyTask::Admit(_) => &[Service::Patcher],
        VerifyTask::Build(_) => &[Service::Deployer],
        VerifyTask::Replay(_) => &[Service::Deployer, Service::Healer],
    };
    let fits = |role: &Role| matches!(role, Role::Service(service) if allowed.contains(service));
    if caller.roles.iter().any(fits) { Ok(()) } else { Err(Refused::NotYours) }
}

fn check(verifier: &Verifier, task: &VerifyTask) -> Result<(), Refused> {
    let target = match task {
        VerifyTask::Admit(task) => &task.target,
        VerifyTask::Build(task) => &task.target,
        VerifyTask::Replay(task) => &task.target,
    };
    if !verifier.knows(target) {
        return Err(Refused::UnknownTarget(target.clone()));
    }
    if let VerifyTask::Replay(task) = task {
        let url = reqwest::Url::parse(&task.base_url).ok();
        let fits = |url: &reqwest::Url| {
            url.scheme() == "http" && url.has_host() && url.username().is_empty() && url.query().is_none()
        };
        url.filter(fits).ok_or_else(|| Refused::BaseUrl(task.base_url.chars().take(200).collect()))?;
    }
    Ok(())
}

/// The answer's JSON is exactly that of the task's own type.
async fn work(verifier: Arc<Verifier>, task: VerifyTask, reporter: Reporter) -> Result<Value, OperationFailed> {
    let stop = verifier.stop.clone();
    let answer = async {
        Ok(match task {
            VerifyTask::Admit(task) => serde_json::json!(admit::admit(&verifier, task, &reporter).await?),
            VerifyTask::Build(task) => serde_json::json!(build::plain(&verifier, task, &reporter).await?),
            VerifyTask::Replay(task) => serde_json::json!(replay::live(&verifier, task, &reporter).await?),
        })
    };
    tokio::select! {
        answer = answer => answer,
        () = stop.requested() => Err(OperationFailed::retry("stopping", "the verifier stops: ask again with the same key")),
    }
}

async fn read_verdict(
    verifier: web::Data<Verifier>,
    digest: web::Path<String>,
) -> Result<web::Json<Verdict>, Reply<Plain>> {
    let digest = Digest::try_from(digest.into_inner()).map_err(|error| Plain::BadRequest(error.to_string()))?;
    let (store, wanted) = (verifier.store.clone(), digest.clone());
    let kept = blocking("reading a verdict", move || store.verdict(&wanted)).await;
    let kept = kept.map_err(|error| Plain::Unexpected(error.into()))?;
    let missing = || Plain::NotFound(format!("there is no verdict on the proposal {digest}"));
    Ok(web::Json(kept.ok_or_else(missing)?.verdict))
}
