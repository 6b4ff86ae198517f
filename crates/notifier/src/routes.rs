//! The handlers: parse, do, answer.

use crate::app::Notifier;
use crate::message;
use crate::webhook::Outcome;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chassis::error::respond;
use database::DbError;
use serde_json::json;

/// `GET /v1/deliveries`: how far each sink has been told, what stands in the way now, and what was refused for good.
///
/// # Errors
/// 503 without the database.
pub(crate) async fn list_deliveries(notifier: web::Data<Notifier>) -> Result<HttpResponse, Reply<DbError>> {
    let Some(delivery) = &notifier.delivery else {
        let why = "WEBHOOK_URL is not set: nobody is told of anything";
        return Ok(HttpResponse::Ok().json(json!({ "configured": false, "why": why, "sinks": [], "dead_letters": [] })));
    };
    let (sinks, dead_letters) = notifier.ledger.list().await?;
    let trouble = delivery.trouble();
    Ok(HttpResponse::Ok()
        .json(json!({ "configured": true, "sinks": sinks, "trouble": trouble, "dead_letters": dead_letters })))
}

/// `POST /v1/test`: sends a test message now, once; 502 when the receiver does not take it.
pub(crate) async fn send_test(notifier: web::Data<Notifier>) -> HttpResponse {
    let Some(delivery) = &notifier.delivery else {
        let why = "WEBHOOK_URL is not set; set it and WEBHOOK_SECRET (or …_FILE), and start again";
        return respond(StatusCode::CONFLICT, "not_configured", why);
    };
    let id = uuid::Uuid::new_v4().simple().to_string();
    let message = message::test(&id, notifier.clock.0.now(), &notifier.dashboard);
    match delivery.try_once(&message).await {
        Outcome::Delivered => HttpResponse::Ok().json(json!({ "delivered": message.id })),
        Outcome::Later { why, .. } | Outcome::Refused(why) => respond(StatusCode::BAD_GATEWAY, "not_delivered", why),
    }
}

/// `GET /readyz`: whether it can tell, or has nobody to tell.
///
/// # Errors
/// 503 without the database.
pub(crate) async fn tell_readiness(notifier: web::Data<Notifier>) -> Result<HttpResponse, Reply<DbError>> {
    if notifier.delivery.is_some() {
        notifier.ledger.list().await?;
    }
    Ok(HttpResponse::Ok().json(json!({ "ready": true })))
}
