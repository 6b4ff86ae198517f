//! The handlers: parse, do, answer.

use crate::Gateway;
use crate::gateway::LearnError;
use crate::lessons::LessonsError;
use crate::plan::check_request;
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chassis::error::Plain;
use serde::Deserialize;
use wire::IncidentId;
use wire::knowledge::DocumentPage;
use wire::plan::{Learned, Lesson, Plan, PlanRequest};

/// How many documents one answer lists at most.
const MAX_DOCUMENTS: usize = 1_000;

/// `POST /v1/plans`: what to do about a symptom. Changes nothing.
///
/// # Errors
/// 400 when the request is out of its bounds.
pub async fn make_plan(
    gateway: web::Data<Gateway>,
    request: web::Json<PlanRequest>,
) -> Result<web::Json<Plan>, Reply<Plain>> {
    check_request(&request).map_err(Plain::BadRequest)?;
    Ok(web::Json(gateway.plan(&request).await))
}

/// `PUT /v1/lessons/{incident}`: how a recovery ended. The same again is answered the same.
///
/// # Errors
/// 400 out of bounds, 409 `key_conflict` when the incident has another lesson, 503 without the database.
pub async fn learn_lesson(
    gateway: web::Data<Gateway>,
    incident: web::Path<IncidentId>,
    lesson: web::Json<Lesson>,
) -> Result<web::Json<Learned>, Reply<LearnError>> {
    gateway.learn(incident.into_inner(), lesson.into_inner()).await.map(web::Json).map_err(Reply)
}

/// The query of [`list_documents`].
#[derive(Debug, Deserialize)]
pub struct DocumentsQuery {
    /// How many at most.
    #[serde(default = "hundred")]
    limit: usize,
}

fn hundred() -> usize {
    100
}

/// `GET /v1/documents`: what is known, the folder's documents first, then what was learned, newest first.
pub async fn list_documents(gateway: web::Data<Gateway>, query: web::Query<DocumentsQuery>) -> web::Json<DocumentPage> {
    web::Json(gateway.documents(query.limit.min(MAX_DOCUMENTS)))
}

/// `GET /readyz`: whether lessons can be taken, too. Plans can always be made.
///
/// # Errors
/// 503 without the database.
pub async fn tell_readiness(gateway: web::Data<Gateway>) -> Result<HttpResponse, Reply<LessonsError>> {
    gateway.check_database().await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "ready": true })))
}
