//! `GET /developer/incidents/api/data`: everything at a glance.

use crate::app::App;
use crate::error::StoreError;
use crate::incidents::list::{self, Filter, Place};
use crate::{feed, healing};
use actix_web::web;
use chassis::Reply;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use wire::incident::{IncidentPage, Status};
use wire::reset::Overview;
use wire::{FaultCode, TargetName};

/// The query.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// Names of statuses, a comma between them.
    status: Option<String>,
    target: Option<TargetName>,
    code: Option<FaultCode>,
    since: Option<DateTime<Utc>>,
    #[serde(default = "yes")]
    archived: bool,
    #[serde(default = "default_limit")]
    limit: u32,
    before: Option<String>,
}

fn yes() -> bool {
    true
}

fn default_limit() -> u32 {
    100
}

pub(crate) async fn read_overview(
    app: web::Data<App>,
    asked: web::Query<Asked>,
) -> Result<web::Json<Overview>, Reply<StoreError>> {
    let Asked { status, target, code, since, archived, limit, before } = asked.into_inner();
    let statuses = status.as_deref().map(statuses).transpose()?.unwrap_or_default();
    let before = before.map(Place::try_from).transpose()?;
    let filter = Filter { limit, archived, statuses, target, code, since, before };
    let overview = app.store.read(move |conn| {
        Box::pin(async move {
            // First: what happens after this is told by the stream, and perhaps also by what is read now.
            let cursor = feed::newest(conn).await?;
            let healing = healing::read(conn).await?;
            let IncidentPage { incidents, next } = list::page(conn, filter).await?;
            Ok(Overview { state: healing.state(), reset_pending: healing.reset_pending, incidents, next, cursor })
        })
    });
    Ok(web::Json(overview.await?))
}

fn statuses(text: &str) -> Result<Vec<Status>, StoreError> {
    let status = |name: &str| {
        Status::ALL.into_iter().find(|status| status.as_str() == name).ok_or_else(|| {
            let known: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
            StoreError::Invalid(format!("`status` must be of {}, with commas between several", known.join(", ")))
        })
    };
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).take(Status::ALL.len()).map(status).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_statuses_stand_side_by_side() {
        assert_eq!(statuses("resolved, escalated").unwrap(), [Status::Resolved, Status::Escalated]);
        assert_eq!(statuses("").unwrap(), []);
        assert!(statuses("healed").unwrap_err().to_string().contains("awaiting_approval"));
    }
}
