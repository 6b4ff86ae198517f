//! What recoveries come to in numbers: a projection of the journals, added up in PostgreSQL once for all replicas.

mod ledger;
mod samples;
mod series;
mod tell;

use crate::app::App;
use crate::error::StoreError;
use crate::store::Store;
use actix_web::web;
use chassis::metrics::Metrics;
use std::sync::Arc;
use std::time::Duration;
use tell::Told;
use wire::Service;
use wire::target::Catalogue;

/// How often the feed is looked at: numbers are read every few seconds.
const PACE: Duration = Duration::from_secs(1);

/// The numbers that this service tells, with those of recoveries.
pub(crate) fn metrics(store: &Store, catalogue: &Catalogue) -> Result<Metrics, prometheus::Error> {
    let metrics = Metrics::new(Service::IncidentStore)?;
    let told = Arc::new(Told::new(store.clone(), catalogue.clone()));
    metrics.registry().register(Box::new(tell::Numbers::new(Arc::clone(&told))?))?;
    Ok(metrics.refreshed_by(move || {
        let told = Arc::clone(&told);
        Box::pin(async move { told.refresh().await })
    }))
}

/// Adds up what the feed tells until the word to stop.
pub(crate) async fn follow(app: web::Data<App>) {
    app.store.wait_until_ready().await;
    let mut told = false;
    while !app.store.stop.is_stopping() {
        let step = step(&app).await;
        if let Err(error) = &step
            && !told
        {
            tracing::warn!(error = error as &dyn std::error::Error, "the numbers of recoveries stand still");
        }
        told = step.is_err();
        // A full page: there is more.
        if step.unwrap_or(false) {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            () = app.store.stop.requested() => {}
        }
    }
}

/// Adds up one page; answers whether it was a full one. What is to be added is found out first: the transaction that adds is
/// short, as one that writes holds the feed back.
async fn step(app: &web::Data<App>) -> Result<bool, StoreError> {
    let reading = app.clone();
    let page =
        app.store.read(move |conn| Box::pin(async move { ledger::read(conn, &reading.catalogue).await })).await?;
    let is_full = page.is_full;
    if page.to != page.from {
        app.store.read(move |conn| Box::pin(async move { ledger::add(conn, page).await })).await?;
    }
    Ok(is_full)
}
