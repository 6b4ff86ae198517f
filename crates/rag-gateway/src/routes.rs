//! The handlers: parse, do, answer.

use crate::Gateway;
use crate::catch_up::SeedError;
use crate::check::{check_request, check_search};
use crate::gateway::LearnError;
use crate::store::StoreError;
use crate::withdraw::WithdrawError;
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chassis::error::Plain;
use serde::Deserialize;
use wire::IncidentId;
use wire::knowledge::{
    Document, DocumentPage, KnowledgeStatus, SearchAnswer, SearchRequest, SeedRequest, Seeded, Withdrawn,
};
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

/// `PUT /v1/lessons/{incident}`: how a recovery ended. The same again is answered the same; an incident that was opened again may
/// have another.
///
/// # Errors
/// 400 out of bounds, 503 without the database.
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

/// `GET /v1/documents`: what is known, the folder's documents first, then given ones, then what was learned, newest first.
pub async fn list_documents(gateway: web::Data<Gateway>, query: web::Query<DocumentsQuery>) -> web::Json<DocumentPage> {
    gateway.look_for_news().await;
    web::Json(gateway.documents(query.limit.min(MAX_DOCUMENTS)))
}

/// `GET /v1/documents/{id}`: one document, whole.
///
/// # Errors
/// 404 when nothing of this id is known.
pub async fn show_document(
    gateway: web::Data<Gateway>,
    id: web::Path<String>,
) -> Result<web::Json<Document>, Reply<Plain>> {
    gateway.look_for_news().await;
    let document = gateway.document(&id);
    Ok(web::Json(document.ok_or_else(|| Plain::NotFound(format!("no document has the id {:?}", id.as_str())))?))
}

/// `DELETE /v1/documents/{id}`: takes out what was given or learned.
///
/// # Errors
/// 404 when nothing of this id is known, 409 when the folder has it or others have their cure from it, 503 without the database.
pub async fn withdraw_document(
    gateway: web::Data<Gateway>,
    id: web::Path<String>,
) -> Result<web::Json<Withdrawn>, Reply<WithdrawError>> {
    gateway.withdraw(&id).await.map(web::Json).map_err(Reply)
}

/// `POST /v1/documents/seed`: brings the knowledge base in line with the folder, or takes a caller's documents in.
///
/// # Errors
/// 400 names the document that is not right, 409 an id that the folder has, 503 without the database.
pub async fn seed_documents(
    gateway: web::Data<Gateway>,
    request: web::Json<SeedRequest>,
) -> Result<web::Json<Seeded>, Reply<SeedError>> {
    gateway.seed(request.into_inner()).await.map(web::Json).map_err(Reply)
}

/// `POST /v1/search`: what is near a text. Changes nothing.
///
/// # Errors
/// 400 when the request is out of its bounds.
pub async fn search_documents(
    gateway: web::Data<Gateway>,
    request: web::Json<SearchRequest>,
) -> Result<web::Json<SearchAnswer>, Reply<Plain>> {
    check_search(&request).map_err(Plain::BadRequest)?;
    Ok(web::Json(gateway.search(&request).await))
}

/// `GET /v1/status`: which halves of the search serve, over how much.
pub async fn tell_status(gateway: web::Data<Gateway>) -> web::Json<KnowledgeStatus> {
    gateway.look_for_news().await;
    web::Json(gateway.status())
}

/// `GET /readyz`: whether lessons can be taken, too. Plans can always be made.
///
/// # Errors
/// 503 without the database.
pub async fn tell_readiness(gateway: web::Data<Gateway>) -> Result<HttpResponse, Reply<StoreError>> {
    gateway.check_database().await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "ready": true })))
}
