//! Reset All: a new epoch in one transaction, then the original fault files, target by target.

use crate::app::App;
use crate::cooldown;
use crate::error::StoreError;
use crate::journal::{self, Entry, OWN_KEYS};
use crate::rows;
use crate::schema::{healing, incidents, leases};
use actix_web::web;
use chassis::Reply;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::future::join_all;
use serde_json::Value;
use std::time::Duration;
use tracing::Instrument;
use wire::event::Body;
use wire::proposal::{PatchTask, PushOutcome, Reset};
use wire::reset::{CodeReset, ResetReport};
use wire::{Epoch, OperationKey, Problem, TargetName};

/// The limit of the transaction that begins an epoch: it archives every incident of the one before.
const LIMIT: Duration = Duration::from_secs(30);
/// How many incidents are archived at once.
const PAGE: i64 = 100;

/// The reset goes on when its caller leaves. The word to stop ends it; the next start finishes it.
pub(crate) async fn post_reset(app: web::Data<App>) -> Result<web::Json<ResetReport>, Reply<StoreError>> {
    let (answer, report) = tokio::sync::oneshot::channel();
    let stop = app.store.stop.clone();
    let span = tracing::Span::current();
    stop.clone().spawn("reset", async move {
        tokio::select! {
            report = reset(&app).instrument(span) => drop(answer.send(report)),
            () = stop.requested() => {}
        }
    });
    let report = report.await.unwrap_or(Err(StoreError::Stopping))?;
    Ok(web::Json(report))
}

async fn reset(app: &App) -> Result<ResetReport, StoreError> {
    let targets: Vec<TargetName> =
        app.catalogue.values().filter(|target| !target.reset.is_empty()).map(|target| target.name.clone()).collect();
    let begin = Begin { targets: targets.clone(), now: app.store.clock.now() };
    let begun = app.store.write_within(LIMIT, |conn| Box::pin(begin.within(conn))).await?;
    app.cooldown.clear(&app.catalogue).await;
    let code_reset = restore(app, begun.epoch, targets).await;
    let report = ResetReport {
        epoch: begun.epoch,
        reset_at: begun.at,
        archived: begun.archived,
        leases_revoked: begun.leases_revoked,
        complete: code_reset.iter().all(is_restored),
        code_reset,
        paused: true,
    };
    tracing::info!(epoch = %report.epoch, archived = report.archived, complete = report.complete, "reset");
    Ok(report)
}

/// What this process left undone in an earlier life: the same keys again, so nothing is done twice.
pub(crate) async fn finish_interrupted(app: &App) {
    let healing = match app.store.read(|conn| Box::pin(crate::healing::read(conn))).await {
        Ok(healing) if !healing.reset_pending.is_empty() => healing,
        Ok(_) => return,
        Err(error) => return tracing::error!(error = %Reply(error), "cannot tell whether a reset was interrupted"),
    };
    let restored = restore(app, healing.epoch, healing.reset_pending).await;
    let complete = restored.iter().all(is_restored);
    tracing::warn!(epoch = %healing.epoch, complete, "an interrupted reset was finished");
}

/// Begins an epoch, in one transaction.
struct Begin {
    targets: Vec<TargetName>,
    now: DateTime<Utc>,
}

struct Begun {
    epoch: Epoch,
    at: DateTime<Utc>,
    archived: u64,
    leases_revoked: u64,
}

impl Begin {
    async fn within(self, conn: &mut AsyncPgConnection) -> Result<Begun, StoreError> {
        let pending: Vec<String> = self.targets.into_iter().map(String::from).collect();
        let epoch: i64 = diesel::update(healing::table)
            .set((
                healing::epoch.eq(healing::epoch + 1),
                healing::paused.eq(true),
                healing::reset_at.eq(self.now),
                healing::reset_pending.eq(pending),
            ))
            .returning(healing::epoch)
            .get_result(conn)
            .await?;
        let (epoch, at) = (Epoch(epoch), self.now);
        let mut archived = 0;
        loop {
            let states: Vec<Value> = incidents::table
                .filter(incidents::status.ne("archived"))
                .order(incidents::id)
                .limit(PAGE)
                .select(incidents::state)
                .for_update()
                .load(conn)
                .await?;
            if states.is_empty() {
                break;
            }
            for state in states {
                let trace_parent = chassis::telemetry::trace_parent();
                let (key, body) = (format!("{OWN_KEYS}archived"), Body::Archived { epoch });
                journal::append(conn, &rows::incident(state)?, Entry { key, body, trace_parent, at }).await?;
                archived += 1;
            }
        }
        cooldown::forget(conn).await?;
        let ends: Vec<DateTime<Utc>> =
            diesel::delete(leases::table).returning(leases::expires_at).get_results(conn).await?;
        let leases_revoked = ends.iter().filter(|end| **end > at).count() as u64;
        Ok(Begun { epoch, at, archived, leases_revoked })
    }
}

/// Has every target's files restored, all at once.
async fn restore(app: &App, epoch: Epoch, targets: Vec<TargetName>) -> Vec<CodeReset> {
    join_all(targets.into_iter().map(|target| restore_one(app, epoch, target))).await
}

async fn restore_one(app: &App, epoch: Epoch, target: TargetName) -> CodeReset {
    let outcome = ask(app, epoch, &target).await;
    let settled = target.clone();
    let noted = app.store.write(move |conn| Box::pin(note_settled(conn, epoch, settled)));
    if let Err(error) = noted.await {
        tracing::warn!(%target, error = %Reply(error), "cannot note that a target's reset has an outcome");
    }
    match outcome {
        Ok(push) => CodeReset { target, push: Some(push), problem: None },
        Err(problem) => {
            tracing::warn!(%target, %epoch, %problem, "the fault files were not restored");
            CodeReset { target, push: None, problem: Some(problem) }
        }
    }
}

async fn ask(app: &App, epoch: Epoch, target: &TargetName) -> Result<PushOutcome, Problem> {
    let key = OperationKey::new(format!("reset-{epoch}"), target.as_str());
    let key = key.map_err(|error| Problem::new("invalid_key", error.to_string()))?;
    let task = PatchTask::Reset(Reset { target: target.clone(), epoch });
    let limit = Duration::from_secs(app.settings.reset_limit_s);
    let work = app.patcher.effects.run(&key, &task, limit, None);
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(|error| error.problem()),
        Err(_) => Err(Problem::new("too_long", format!("patcher did not restore the files within {limit:?}"))),
    }
}

/// This target has its outcome, good or bad, and the caller is told of it: nobody does it again behind their back.
async fn note_settled(conn: &mut AsyncPgConnection, epoch: Epoch, target: TargetName) -> Result<(), StoreError> {
    diesel::sql_query("UPDATE healing SET reset_pending = array_remove(reset_pending, $1) WHERE epoch = $2")
        .bind::<diesel::sql_types::Text, _>(target.as_str())
        .bind::<diesel::sql_types::BigInt, _>(epoch.0)
        .execute(conn)
        .await?;
    Ok(())
}

fn is_restored(code: &CodeReset) -> bool {
    matches!(code.push, Some(PushOutcome::Pushed(_) | PushOutcome::Unchanged { .. }))
}
