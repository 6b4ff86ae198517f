//! What a person says to an incident: approve, reject, resolve, dismiss, retry. It is written at the journal's end as it stands,
//! whoever holds the lease: a healer that was about to write gets its conflict, reads again, and goes on from there.

mod decide;

use crate::app::App;
use crate::append;
use crate::error::StoreError;
use crate::journal::{self, Entry, OWN_KEYS};
use actix_web::web;
use chassis::Reply;
use chassis::auth::Caller;
use chrono::{DateTime, Utc};
use decide::Word;
use diesel_async::AsyncPgConnection;
use wire::IncidentId;
use wire::incident::Incident;
use wire::session::{Approve, Dismiss, Reject, Resolve, Retry};

type Answer = Result<web::Json<Incident>, Reply<StoreError>>;
type Id = web::Path<IncidentId>;
type Person = web::ReqData<Caller>;

pub(crate) async fn approve(app: web::Data<App>, id: Id, person: Person, body: web::Json<Approve>) -> Answer {
    say(&app, *id, &person, Word::Approve(body.into_inner())).await
}

pub(crate) async fn reject(app: web::Data<App>, id: Id, person: Person, body: web::Json<Reject>) -> Answer {
    say(&app, *id, &person, Word::Reject(body.into_inner())).await
}

pub(crate) async fn resolve(app: web::Data<App>, id: Id, person: Person, body: web::Json<Resolve>) -> Answer {
    say(&app, *id, &person, Word::Resolve(body.into_inner())).await
}

pub(crate) async fn dismiss(app: web::Data<App>, id: Id, person: Person, body: web::Json<Dismiss>) -> Answer {
    say(&app, *id, &person, Word::Dismiss(body.into_inner())).await
}

pub(crate) async fn retry(app: web::Data<App>, id: Id, person: Person, body: web::Json<Retry>) -> Answer {
    say(&app, *id, &person, Word::Retry(body.into_inner())).await
}

async fn say(app: &App, id: IncidentId, person: &Caller, word: Word) -> Answer {
    word.check()?;
    let (by, now) = (person.name.clone(), app.store.clock.now());
    let incident = app.store.write(move |conn| Box::pin(write(conn, id, by, word, now))).await?;
    app.cooldown.take_in(&incident).await;
    Ok(web::Json(incident))
}

async fn write(
    conn: &mut AsyncPgConnection,
    id: IncidentId,
    by: String,
    word: Word,
    at: DateTime<Utc>,
) -> Result<Incident, StoreError> {
    let incident = append::lock(conn, id).await?;
    let Some(body) = word.decide(&incident, &by, at)? else { return Ok(incident) };
    tracing::info!(%id, by, kind = body.kind(), "a person said");
    let key = format!("{OWN_KEYS}{}/{}", body.kind(), incident.position.next());
    let trace_parent = chassis::telemetry::trace_parent();
    let (incident, _event) = journal::append(conn, &incident, Entry { key, body, trace_parent, at }).await?;
    Ok(incident)
}
