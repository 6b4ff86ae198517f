//! Lessons that were taken out.

use super::{Store, StoreError, WRITE};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use wire::IncidentId;

/// How many are read at once.
const PAGE: i64 = 100;
const WITHDRAW: &str = "INSERT INTO withdrawn_lessons (incident, up_to, withdrawn_at) \
    SELECT incident, max(number), $2 FROM lessons WHERE incident = $1 GROUP BY incident \
    ON CONFLICT (incident) DO UPDATE SET up_to = excluded.up_to, withdrawn_at = excluded.withdrawn_at, number = DEFAULT \
    WHERE withdrawn_lessons.up_to < excluded.up_to";
const AFTER: &str = "SELECT number, incident FROM withdrawn_lessons WHERE number > $1 ORDER BY number LIMIT $2";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Uuid)]
    incident: uuid::Uuid,
}

impl Store {
    /// Takes an incident's lessons out. Answers whether there were any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn withdraw_lesson(&self, incident: IncidentId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let work = self.db.run(|conn| {
            Box::pin(async move {
                // No lesson comes in between, and no reader sees a number before a lower one.
                conn.batch_execute("LOCK TABLE lessons IN SHARE ROW EXCLUSIVE MODE").await?;
                let row = diesel::sql_query(WITHDRAW).bind::<Uuid, _>(incident.0).bind::<Timestamptz, _>(at);
                Ok(row.execute(conn).await? > 0)
            })
        });
        self.limited(WRITE, work).await
    }
}

/// A page of the withdrawals after a number, with theirs.
pub(super) async fn after(conn: &mut AsyncPgConnection, number: i64) -> Result<Vec<(i64, IncidentId)>, StoreError> {
    let query = diesel::sql_query(AFTER).bind::<BigInt, _>(number).bind::<BigInt, _>(PAGE);
    let rows: Vec<Row> = query.load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.number, IncidentId(row.incident))).collect())
}
