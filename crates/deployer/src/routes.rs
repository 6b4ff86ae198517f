//! The routes: operations for the healer, and what runs.

use crate::app::App;
use crate::callback;
use crate::ledger::LedgerError;
use crate::site::{NotLive, Site};
use crate::traffic::TrafficError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Role};
use chassis::error::Plain;
use chassis::operations::{self, KeyConflict, read_operation};
use chassis::{ApiError, Reply};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::sync::Arc;
use wire::operation::task_digest;
use wire::relief::{Relieve, Relieved, Withdraw, Withdrawn};
use wire::rollout::{Deploy, Rollout, Suspects};
use wire::{Authority, Service, TargetName, paths};

const HEALER: &[Role] = &[Role::Service(Service::Healer)];
const READERS: &[Role] = &[Role::Service(Service::Healer), Role::Operator];

/// Adds the routes.
pub(crate) fn configure(cfg: &mut web::ServiceConfig, app: &web::Data<App>) {
    let operation = format!("{}/{{scope}}/{{step}}", paths::OPERATIONS);
    let rollout = format!("{}/{{target}}", paths::ROLLOUTS);
    cfg.app_data(app.clone())
        .app_data(app.operations.clone())
        .route(paths::READY, web::get().to(tell_readiness))
        .service(
            web::resource(operation)
                .wrap(Allow(HEALER))
                .route(web::put().to(ask_rollout))
                .route(web::get().to(read_operation::<Rollout>)),
        )
        .service(callback::resource())
        .service(web::resource(paths::RELIEFS).wrap(Allow(HEALER)).route(web::post().to(relieve)))
        .service(
            web::resource(format!("{}/withdraw", paths::RELIEFS)).wrap(Allow(HEALER)).route(web::post().to(withdraw)),
        )
        .service(web::resource(format!("{rollout}/suspects")).wrap(Allow(READERS)).route(web::get().to(read_suspects)))
        .service(web::resource(rollout).wrap(Allow(READERS)).route(web::get().to(read_live)));
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Plain(#[from] Plain),
    #[error(transparent)]
    Key(#[from] KeyConflict),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the relief is not in force")]
    Traffic(#[from] TrafficError),
}

impl AskError {
    /// None where the front or the file system is away: the same may succeed later.
    fn inner(&self) -> Option<&dyn ApiError> {
        match self {
            Self::Plain(error) => Some(error),
            Self::Key(error) => Some(error),
            Self::Ledger(error) | Self::Traffic(TrafficError::Ledger(error)) => Some(error),
            Self::Traffic(_) => None,
        }
    }
}

impl ApiError for AskError {
    fn status(&self) -> StatusCode {
        self.inner().map_or(StatusCode::SERVICE_UNAVAILABLE, ApiError::status)
    }
    fn code(&self) -> &'static str {
        self.inner().map_or(wire::problem::code::UNAVAILABLE, ApiError::code)
    }
}

impl App {
    fn site(&self, target: &TargetName) -> Result<Arc<Site>, AskError> {
        let site = self.sites.get(target).map(Arc::clone);
        site.ok_or_else(|| Plain::NotFound(format!("there is no target {target}")).into())
    }

    fn check_ready(&self) -> Result<(), AskError> {
        match *self.ready.borrow() {
            true => Ok(()),
            false => Err(Plain::Unavailable(anyhow::anyhow!("the schema is not up to date yet")).into()),
        }
    }
}

async fn ask_rollout(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    deploy: web::Json<Deploy>,
) -> Result<HttpResponse, Reply<AskError>> {
    let key = operations::key(path.into_inner()).map_err(AskError::from)?;
    let deploy = deploy.into_inner();
    let site = app.site(&deploy.target)?;
    // Before the operation exists: a refusal here must not be what a newer lease finds under the same key.
    admit(&app, &deploy.target, deploy.authority).await?;
    let (task, own) = (task_digest(&deploy), key.clone());
    let work = |reporter| async move { site.deploy(deploy, own, reporter).await };
    let operation = app.operations.begin(key, task, work).map_err(AskError::from)?;
    Ok(operations::answer(&operation))
}

/// Whether this authority may act on a target; kept when it is the highest seen.
async fn admit(app: &App, target: &TargetName, authority: Authority) -> Result<(), AskError> {
    app.check_ready()?;
    match app.ledger.admit(target, authority).await? {
        Ok(()) => Ok(()),
        Err(stale) => Err(Plain::Conflict { code: stale.code(), message: stale.to_string() }.into()),
    }
}

async fn relieve(app: web::Data<App>, relieve: web::Json<Relieve>) -> Result<web::Json<Relieved>, Reply<AskError>> {
    let site = app.site(&relieve.target)?;
    admit(&app, &relieve.target, relieve.authority).await?;
    let relieved = site.relieve(&relieve).await.map_err(AskError::from)?;
    let none = || Plain::NotFound(format!("the target file of {} has no relief for {}", relieve.target, relieve.code));
    Ok(web::Json(relieved.ok_or_else(none).map_err(AskError::from)?))
}

async fn withdraw(app: web::Data<App>, withdraw: web::Json<Withdraw>) -> Result<web::Json<Withdrawn>, Reply<AskError>> {
    let site = app.site(&withdraw.target)?;
    admit(&app, &withdraw.target, withdraw.authority).await?;
    Ok(web::Json(site.withdraw(&withdraw).await.map_err(AskError::from)?))
}

async fn read_live(app: web::Data<App>, path: web::Path<TargetName>) -> Result<HttpResponse, Reply<AskError>> {
    let target = path.into_inner();
    let site = app.site(&target)?;
    app.check_ready()?;
    let why = match site.live().await.map_err(AskError::from)? {
        Ok(live) => return Ok(HttpResponse::Ok().json(live)),
        Err(NotLive::Silent(why)) => return Err(AskError::from(Plain::Unavailable(anyhow::Error::msg(why))).into()),
        Err(NotLive::Nothing(None)) => format!("nothing of {target} runs yet"),
        Err(NotLive::Nothing(Some(problem))) => format!("nothing of {target} runs yet: {problem}"),
        Err(NotLive::Other(why)) => format!("what runs of {target} is not what its pipeline said: {why}"),
    };
    Err(AskError::from(Plain::NotFound(why)).into())
}

/// A time before a moment.
#[derive(Debug, Deserialize)]
struct Span {
    before: DateTime<Utc>,
    within_s: u32,
}

async fn read_suspects(
    app: web::Data<App>,
    path: web::Path<TargetName>,
    span: web::Query<Span>,
) -> Result<web::Json<Suspects>, Reply<AskError>> {
    let site = app.site(&path.into_inner())?;
    app.check_ready()?;
    let within = TimeDelta::seconds(i64::from(span.within_s));
    Ok(web::Json(site.suspects(span.before, within).await.map_err(AskError::from)?))
}

async fn tell_readiness(app: web::Data<App>) -> Result<HttpResponse, Reply<AskError>> {
    app.check_ready()?;
    app.ledger.generation().await.map_err(AskError::from)?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "ok": true })))
}
