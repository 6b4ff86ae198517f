//! What a person says to an incident.

use super::list;
use crate::connection::Connection;
use crate::exit::WrongUse;
use crate::output::Answer;
use reqwest::Method;
use serde::Serialize;
use serde_json::Value;
use wire::incident::Incident;
use wire::plan::Verdict;
use wire::session::{Approve, Dismiss, Reject, Resolve, Retry};
use wire::{Digest, IncidentId, Service, paths};

/// What is said.
#[derive(Debug, Clone)]
pub enum Word {
    /// The change may be pushed, or the playbook run; by default exactly what is proposed now.
    Approve {
        /// The change that was read.
        digest: Option<Digest>,
        /// Said with it.
        note: String,
    },
    /// It may not.
    Reject {
        /// Why.
        note: String,
    },
    /// A person has healed it.
    Resolve {
        /// What they did.
        note: String,
    },
    /// There is nothing to heal.
    Dismiss {
        /// What it is instead.
        verdict: Verdict,
        /// Why.
        note: String,
    },
    /// Something has changed: it is to be tried again.
    Retry {
        /// What.
        note: String,
    },
}

/// Says it.
///
/// # Errors
/// When the store does not answer, has no such incident, or refuses.
pub async fn say(connection: &Connection, id: IncidentId, word: Word) -> anyhow::Result<Answer> {
    match word {
        Word::Approve { digest, note } => {
            let digest = match digest {
                Some(digest) => digest,
                None => admitted(&connection.store()?.incident(id).await?)?,
            };
            send(connection, id, "approve", &Approve { digest, note }).await
        }
        Word::Reject { note } => send(connection, id, "reject", &Reject { digest: None, note }).await,
        Word::Resolve { note } => send(connection, id, "resolve", &Resolve { note }).await,
        Word::Dismiss { verdict, note } => send(connection, id, "dismiss", &Dismiss { verdict, note }).await,
        Word::Retry { note } => send(connection, id, "retry", &Retry { note }).await,
    }
}

/// The change, or what a playbook would do, that waits for a word.
fn admitted(incident: &Incident) -> Result<Digest, WrongUse> {
    incident.proposed().cloned().ok_or_else(|| {
        let status = incident.status.as_str();
        WrongUse(format!("incident {} has nothing to approve: it is {status}", incident.id))
    })
}

async fn send(connection: &Connection, id: IncidentId, word: &str, body: &impl Serialize) -> anyhow::Result<Answer> {
    let path = format!("{}/api/incidents/{id}/{word}", paths::DEVELOPER);
    let callee = connection.callee(Service::IncidentStore)?;
    let answer: Value = callee.call(Method::POST, &path, Some(body)).await?;
    let now = connection.store()?.incident(id).await?;
    Answer::new(
        format!("{word}: done\n{}", list::line(&now)),
        &serde_json::json!({ "answer": answer, "incident": now }),
    )
}
