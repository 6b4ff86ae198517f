//! Documents that callers gave.

use super::{Given, Store, StoreError, WRITE};
use crate::schema::given_documents as given;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

/// How many documents are read at once.
const PAGE: i64 = 50;
/// How many are kept at most, and of how many it is kept that they were withdrawn: who reads has read those before long ago.
const MAX_GIVEN: i64 = 1_000;

/// A changed document gets a new number, so that every reader reads it again.
const GIVE: &str = "INSERT INTO given_documents (id, text, given_at) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET text = excluded.text, given_at = excluded.given_at, number = DEFAULT, \
    withdrawn_at = NULL WHERE given_documents.text <> excluded.text OR given_documents.withdrawn_at IS NOT NULL";
/// What is left tells readers that it is gone.
const WITHDRAW: &str = "UPDATE given_documents SET text = '', withdrawn_at = $2, number = DEFAULT \
    WHERE id = $1 AND withdrawn_at IS NULL";
const FORGET: &str = "DELETE FROM given_documents WHERE withdrawn_at IS NOT NULL AND number NOT IN \
    (SELECT number FROM given_documents WHERE withdrawn_at IS NOT NULL ORDER BY number DESC LIMIT $1)";
const LOCK: &str = "LOCK TABLE given_documents IN SHARE ROW EXCLUSIVE MODE";

impl Store {
    /// Keeps documents, all or none. One that is there with the same text stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Full`], else what the database says.
    pub async fn give(&self, documents: Vec<(String, String)>, at: DateTime<Utc>) -> Result<(), StoreError> {
        let work = self.db.run(|conn| {
            Box::pin(async move {
                conn.batch_execute(LOCK).await?;
                for (id, text) in documents {
                    let row = diesel::sql_query(GIVE).bind::<diesel::sql_types::Text, _>(id);
                    let row = row.bind::<diesel::sql_types::Text, _>(text);
                    row.bind::<diesel::sql_types::Timestamptz, _>(at).execute(conn).await?;
                }
                let count: i64 = given::table.filter(given::withdrawn_at.is_null()).count().get_result(conn).await?;
                if count > MAX_GIVEN { Err(StoreError::Full(MAX_GIVEN)) } else { Ok(()) }
            })
        });
        self.limited(WRITE, work).await
    }

    /// Takes a document out. Answers whether it was there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn withdraw_given(&self, id: String, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let work = self.db.run(|conn| {
            Box::pin(async move {
                conn.batch_execute(LOCK).await?;
                let row = diesel::sql_query(WITHDRAW).bind::<diesel::sql_types::Text, _>(id);
                let gone = row.bind::<diesel::sql_types::Timestamptz, _>(at).execute(conn).await?;
                diesel::sql_query(FORGET).bind::<diesel::sql_types::BigInt, _>(MAX_GIVEN).execute(conn).await?;
                Ok(gone > 0)
            })
        });
        self.limited(WRITE, work).await
    }
}

/// A page of the changes after a number, with theirs.
pub(super) async fn after(conn: &mut AsyncPgConnection, number: i64) -> Result<Vec<(i64, Given)>, StoreError> {
    let query = given::table.filter(given::number.gt(number)).order(given::number).limit(PAGE);
    let columns = (given::number, given::id, given::text, given::withdrawn_at.is_not_null());
    let rows: Vec<(i64, String, String, bool)> = query.select(columns).load(conn).await?;
    let read = |(number, id, text, is_gone)| (number, if is_gone { Given::Withdrawn(id) } else { Given::Text(text) });
    Ok(rows.into_iter().map(read).collect())
}
