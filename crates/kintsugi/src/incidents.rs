//! `kintsugi incidents`: what the journal says, whether it still holds, and what a person says to it.

pub mod act;
pub mod describe;
pub mod list;
pub mod show;

pub use describe::describe;

use crate::connection::Connection;
use crate::output::Answer;
use anyhow::Context;
use wire::IncidentId;
use wire::check::Checked;
use wire::event::Event;

/// How often row and journal are read again while the incident moves.
const TRIES: usize = 5;

/// Checks an incident's hash chain, its certificates, and the row that is kept of it.
///
/// # Errors
/// When the store does not answer, or with what does not hold.
pub async fn verify(connection: &Connection, id: IncidentId) -> anyhow::Result<Answer> {
    let store = connection.store()?;
    let (mut row, mut journal) = (store.incident(id).await?, store.journal(id).await?);
    // The row was read first: what was appended in between makes the journal longer.
    for _ in 0..TRIES {
        if journal.last().is_none_or(|event| event.position <= row.position) {
            break;
        }
        (row, journal) = (store.incident(id).await?, store.journal(id).await?);
    }
    let found = wire::check::check(&journal, Some(&row)).with_context(|| format!("incident {id} does not hold"))?;
    Answer::new(sentence(&found), &serde_json::json!({ "holds": true, "incident": id, "found": found }))
}

/// Checks a journal alone.
///
/// # Errors
/// With what does not hold.
pub fn check(journal: &[Event]) -> anyhow::Result<String> {
    Ok(sentence(&wire::check::check(journal, None)?))
}

fn sentence(found: &Checked) -> String {
    format!(
        "{} events, the chain holds, {} certificate(s), status {}",
        found.events,
        found.certificates,
        found.status.as_str()
    )
}
