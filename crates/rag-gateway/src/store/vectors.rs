//! Vectors that a model made before.

use super::{Store, StoreError, WRITE};
use crate::schema::vectors;
use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use wire::Digest;

/// After so many days without use a vector is forgotten.
const KEPT: Days = Days::new(30);
/// Bytes of a number.
const NUMBER: usize = 4;

#[derive(Insertable)]
#[diesel(table_name = vectors)]
struct NewRow {
    text: String,
    model: String,
    vector: Vec<u8>,
    used_on: NaiveDate,
}

impl Store {
    /// The vectors of passages, as far as a model made them before, by the digest of the passage.
    ///
    /// # Errors
    /// What the database says.
    pub async fn vectors_of(
        &self,
        model: &Digest,
        passages: &[Digest],
        today: NaiveDate,
    ) -> Result<HashMap<String, Vec<f32>>, StoreError> {
        let model = model.to_string();
        let passages: Vec<String> = passages.iter().map(ToString::to_string).collect();
        let work = self.db.run(|conn| {
            Box::pin(async move {
                let wanted = vectors::model.eq(&model).and(vectors::text.eq_any(&passages));
                let stale = vectors::table.filter(wanted.clone().and(vectors::used_on.lt(today)));
                diesel::update(stale).set(vectors::used_on.eq(today)).execute(conn).await?;
                let query = vectors::table.filter(wanted).select((vectors::text, vectors::vector));
                let rows: Vec<(String, Vec<u8>)> = query.load(conn).await?;
                Ok::<_, StoreError>(rows)
            })
        });
        let rows = self.limited(WRITE, work).await?;
        Ok(rows.into_iter().map(|(text, bytes)| (text, numbers(&bytes))).collect())
    }

    /// Keeps vectors, and forgets those that nobody used for long.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep_vectors(
        &self,
        model: &Digest,
        made: &[(Digest, Vec<f32>)],
        today: NaiveDate,
    ) -> Result<(), StoreError> {
        let row = |(text, vector): &(Digest, Vec<f32>)| NewRow {
            text: text.to_string(),
            model: model.to_string(),
            vector: vector.iter().flat_map(|x| x.to_le_bytes()).collect(),
            used_on: today,
        };
        let rows: Vec<NewRow> = made.iter().map(row).collect();
        let oldest = today.checked_sub_days(KEPT).unwrap_or(today);
        let work = self.db.run(|conn| {
            Box::pin(async move {
                diesel::insert_into(vectors::table).values(rows).on_conflict_do_nothing().execute(conn).await?;
                diesel::delete(vectors::table.filter(vectors::used_on.lt(oldest))).execute(conn).await?;
                Ok(())
            })
        });
        self.limited(WRITE, work).await
    }
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<NUMBER>();
    numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
}
