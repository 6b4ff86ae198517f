//! Lessons: how recoveries ended, never changed; one that is not to be believed is passed over.

use super::{Store, StoreError, WRITE, serialization};
use crate::schema::lessons;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use wire::Digest;
use wire::plan::Lesson;

/// How many lessons are read at once.
const PAGE: i64 = 100;
const AFTER: &str = "SELECT number, lesson FROM lessons WHERE number > $1 AND NOT EXISTS ( \
    SELECT 1 FROM withdrawn_lessons WHERE withdrawn_lessons.incident = lessons.incident AND lessons.number <= up_to) \
    ORDER BY number LIMIT $2";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Jsonb)]
    lesson: serde_json::Value,
}

#[derive(Insertable)]
#[diesel(table_name = lessons)]
struct NewRow {
    incident: uuid::Uuid,
    digest: String,
    lesson: serde_json::Value,
    learned_at: DateTime<Utc>,
}

impl Store {
    /// Keeps a lesson. The same again changes nothing; an incident that was opened again has several.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep(&self, lesson: &Lesson, at: DateTime<Utc>) -> Result<(), StoreError> {
        let json = serde_json::to_value(lesson).map_err(serialization)?;
        let digest = Digest::of_json(&json);
        let row = NewRow { incident: lesson.incident.0, digest: digest.to_string(), lesson: json, learned_at: at };
        let work = self.db.run(|conn| {
            Box::pin(async move {
                // The number is drawn under the lock, so that no reader sees a number before a lower one.
                conn.batch_execute("LOCK TABLE lessons IN SHARE ROW EXCLUSIVE MODE").await?;
                diesel::insert_into(lessons::table).values(row).on_conflict_do_nothing().execute(conn).await?;
                Ok(())
            })
        });
        self.limited(WRITE, work).await
    }
}

/// A page of the lessons after a number, with theirs; not those that were withdrawn.
pub(super) async fn after(conn: &mut AsyncPgConnection, number: i64) -> Result<Vec<(i64, Lesson)>, StoreError> {
    let query = diesel::sql_query(AFTER).bind::<BigInt, _>(number).bind::<BigInt, _>(PAGE);
    let rows: Vec<Row> = query.load(conn).await?;
    let read = rows.into_iter().map(|row| serde_json::from_value(row.lesson).map(|lesson| (row.number, lesson)));
    read.collect::<Result<_, _>>().map_err(serialization)
}
