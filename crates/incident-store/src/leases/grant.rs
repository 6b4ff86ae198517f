//! Granting a lease.

use crate::error::StoreError;
use crate::healing;
use crate::rows;
use crate::store::Look;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use wire::incident::Incident;
use wire::lease::Lease;
use wire::{Authority, Epoch, Fence};

/// How many candidates one look tries: the target of the first may just have been taken by somebody else.
const TRIES: usize = 3;

#[derive(QueryableByName)]
struct Wanting {
    #[diesel(sql_type = Jsonb)]
    state: Value,
}

#[derive(QueryableByName)]
struct Granted {
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    due: Option<DateTime<Utc>>,
}

/// Grants a lease, or says when one may be due.
pub(super) async fn look(
    conn: &mut AsyncPgConnection,
    holder: String,
    ttl: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Look<Lease>, StoreError> {
    // Somebody is always waiting here, and mostly for nothing: locks are taken only when there is something.
    if candidate(conn, now, false).await?.is_none() {
        return Ok(Look::Nothing(next_due(conn, now).await?));
    }
    let healing = healing::read_for_share(conn).await?;
    if healing.paused {
        return Ok(Look::Nothing(None));
    }
    for _ in 0..TRIES {
        let Some(incident) = candidate(conn, now, true).await? else { break };
        let expires_at = now + ttl;
        if let Some(fence) = take(conn, &incident, &holder, healing.epoch, now, expires_at).await? {
            let authority = Authority { fence, epoch: healing.epoch };
            return Ok(Look::Found(Lease { incident, authority, expires_at }));
        }
    }
    Ok(Look::Nothing(next_due(conn, now).await?))
}

/// An incident that wants a move and whose target nobody holds, also not a recovery that waits between two tries: first what
/// has begun to act on a target, then the oldest.
const WANTING: &str = "SELECT state FROM incidents WHERE status <> 'archived' AND NOT done \
    AND (wake_at IS NULL OR wake_at <= $1) AND NOT EXISTS \
    (SELECT 1 FROM leases WHERE leases.target = incidents.target AND leases.expires_at > $1) \
    AND (under_way OR NOT EXISTS (SELECT 1 FROM incidents AS other WHERE other.target = incidents.target \
    AND other.under_way AND NOT other.done AND other.status <> 'archived')) \
    ORDER BY under_way DESC, detected_at, incidents.id LIMIT 1";

/// One that nobody else is just taking, locked; or any, to see whether it is worth taking locks.
async fn candidate(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    lock: bool,
) -> Result<Option<Incident>, StoreError> {
    let clause = if lock { " FOR UPDATE OF incidents SKIP LOCKED" } else { "" };
    let query = diesel::sql_query(format!("{WANTING}{clause}")).bind::<Timestamptz, _>(now);
    let found: Option<Wanting> = query.get_result(conn).await.optional()?;
    found.map(|wanting| rows::incident(wanting.state)).transpose()
}

/// Takes the target's lease unless somebody holds it. The fence is drawn when the row is ours, so that for a target the
/// later lease always has the higher one.
async fn take(
    conn: &mut AsyncPgConnection,
    incident: &Incident,
    holder: &str,
    epoch: Epoch,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<Fence>, StoreError> {
    let taken = diesel::sql_query(
        "INSERT INTO leases (incident_id, target, holder, fence, epoch, seen, expires_at) \
         VALUES ($1, $2, $3, 0, $4, $5, $6) \
         ON CONFLICT (target) DO UPDATE SET incident_id = EXCLUDED.incident_id, holder = EXCLUDED.holder, \
         epoch = EXCLUDED.epoch, seen = EXCLUDED.seen, expires_at = EXCLUDED.expires_at \
         WHERE leases.expires_at <= $7",
    )
    .bind::<Uuid, _>(incident.id.0)
    .bind::<Text, _>(incident.target.as_str())
    .bind::<Text, _>(holder)
    .bind::<BigInt, _>(epoch.0)
    .bind::<BigInt, _>(incident.position.0)
    .bind::<Timestamptz, _>(expires_at)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    if taken == 0 {
        return Ok(None);
    }
    let granted: Granted =
        diesel::sql_query("UPDATE leases SET fence = nextval('lease_fence') WHERE incident_id = $1 RETURNING fence")
            .bind::<Uuid, _>(incident.id.0)
            .get_result(conn)
            .await?;
    Ok(Some(Fence(granted.fence)))
}

/// When an incident wakes or a lease ends, whichever is first.
async fn next_due(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let due: Due = diesel::sql_query(
        "SELECT min(due) AS due FROM (\
         SELECT wake_at AS due FROM incidents WHERE NOT done AND status <> 'archived' AND wake_at > $1 \
         UNION ALL SELECT expires_at FROM leases WHERE expires_at > $1) AS dues",
    )
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(due.due)
}
