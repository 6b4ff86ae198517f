//! Documents that callers gave.

use super::{Store, StoreError, WRITE};
use crate::schema::given_documents as given;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

/// How many documents are read at once.
const PAGE: i64 = 50;
/// How many are kept at most.
const MAX_GIVEN: i64 = 1_000;

/// A changed document gets a new number, so that every reader reads it again.
const GIVE: &str = "INSERT INTO given_documents (id, text, given_at) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET text = excluded.text, given_at = excluded.given_at, number = DEFAULT \
    WHERE given_documents.text <> excluded.text";

impl Store {
    /// Keeps documents, all or none. One that is there with the same text stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Full`], else what the database says.
    pub async fn give(&self, documents: Vec<(String, String)>, at: DateTime<Utc>) -> Result<(), StoreError> {
        let work = self.db.run(|conn| {
            Box::pin(async move {
                conn.batch_execute("LOCK TABLE given_documents IN SHARE ROW EXCLUSIVE MODE").await?;
                for (id, text) in documents {
                    let row = diesel::sql_query(GIVE).bind::<diesel::sql_types::Text, _>(id);
                    let row = row.bind::<diesel::sql_types::Text, _>(text);
                    row.bind::<diesel::sql_types::Timestamptz, _>(at).execute(conn).await?;
                }
                let count: i64 = given::table.count().get_result(conn).await?;
                if count > MAX_GIVEN { Err(StoreError::Full(MAX_GIVEN)) } else { Ok(()) }
            })
        });
        self.limited(WRITE, work).await
    }
}

/// A page of the documents after a number, with theirs.
pub(super) async fn after(conn: &mut AsyncPgConnection, number: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let query = given::table.filter(given::number.gt(number)).order(given::number).limit(PAGE);
    Ok(query.select((given::number, given::text)).load(conn).await?)
}
