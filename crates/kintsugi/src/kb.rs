//! `kintsugi kb`: what the knowledge base holds, and what it finds.

use crate::connection::Connection;
use crate::exit::WrongUse;
use crate::output::{Answer, plain};
use anyhow::Context;
use reqwest::Method;
use std::fmt::Write;
use std::path::Path;
use wire::knowledge::{
    Document, DocumentPage, DocumentSource, GivenDocument, KnowledgeStatus, SearchAnswer, SearchRequest, SeedRequest,
    Seeded, Withdrawn,
};
use wire::{FaultCode, Service, paths};

/// The longest document that is sent, bytes; the service has its own bound.
const MAX_DOCUMENT: u64 = 1 << 20;
/// How much of a title is shown in a line, characters.
const SHOWN_TITLE: usize = 60;

/// What is known, one line each.
///
/// # Errors
/// When the service does not answer.
pub async fn list(connection: &Connection, limit: u32) -> anyhow::Result<Answer> {
    let callee = connection.callee(Service::RagGateway)?;
    let path = format!("{}?limit={limit}", paths::DOCUMENTS);
    let page: DocumentPage = callee.call(Method::GET, &path, None::<&()>).await?;
    let status: KnowledgeStatus = callee.call(Method::GET, paths::STATUS, None::<&()>).await?;
    let mut text = String::new();
    for entry in &page.documents {
        let cure = if entry.has_rule { "rule" } else { "-" };
        let source = source(entry.source);
        let _ = writeln!(text, "{:<44} {source:<8} {cure:<5} {}", plain(&entry.id), plain(&entry.title));
    }
    if page.documents.is_empty() {
        text.push_str("nothing is known yet: `kintsugi kb seed` reads the folder of cures\n");
    }
    text.push_str(&summary(&status));
    Answer::new(text, &serde_json::json!({ "documents": page.documents, "status": status }))
}

fn source(source: DocumentSource) -> &'static str {
    match source {
        DocumentSource::Folder => "folder",
        DocumentSource::Given => "given",
        DocumentSource::Learned => "learned",
    }
}

fn summary(status: &KnowledgeStatus) -> String {
    let why = status.reason.as_ref().map_or_else(String::new, |reason| format!(" ({})", plain(reason)));
    format!("{} documents, {} lessons; search is {}{why}", status.documents, status.lessons, status.engine)
}

/// One document, whole.
///
/// # Errors
/// When the service does not answer or has no such document.
pub async fn show(connection: &Connection, id: &str) -> anyhow::Result<Answer> {
    let path = path_of(id)?;
    let document: Document = connection.callee(Service::RagGateway)?.call(Method::GET, &path, None::<&()>).await?;
    let faults: Vec<String> = document.entry.faults.iter().map(ToString::to_string).collect();
    let mut text = format!("{}  ({})\n", plain(&document.entry.title), plain(&document.entry.id));
    let _ = writeln!(text, "faults: {}", if faults.is_empty() { "any".to_owned() } else { faults.join(", ") });
    let _ = writeln!(text, "root cause: {}", plain(&document.root_cause));
    let _ = writeln!(text, "verification: {}", plain(&document.verification));
    let _ = writeln!(text, "remedy: {}", if document.remedy.is_some() { "a rule that patches code" } else { "none" });
    let _ = write!(text, "\n{}", plain(&document.text));
    Answer::new(text, &document)
}

/// Takes a document out.
///
/// # Errors
/// When the service does not answer, has no such document, or its own folder has it.
pub async fn remove(connection: &Connection, id: &str) -> anyhow::Result<Answer> {
    let path = path_of(id)?;
    let gone: Withdrawn = connection.callee(Service::RagGateway)?.call(Method::DELETE, &path, None::<&()>).await?;
    Answer::new(format!("{} is removed ({})", plain(&gone.document), source(gone.source)), &gone)
}

fn path_of(id: &str) -> Result<String, WrongUse> {
    let plain_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
    if !plain_id || id.contains("..") {
        return Err(WrongUse(format!("{id:?} is no document's id: `kintsugi kb list` shows them")));
    }
    Ok(format!("{}/{id}", paths::DOCUMENTS))
}

/// What is near a text. Exits 1 when nothing that is known fits.
///
/// # Errors
/// When the service does not answer.
pub async fn search(
    connection: &Connection,
    query: &str,
    code: Option<FaultCode>,
    limit: usize,
) -> anyhow::Result<Answer> {
    let request = SearchRequest { query: query.to_owned(), code, limit: Some(limit) };
    let callee = connection.callee(Service::RagGateway)?;
    let found: SearchAnswer = callee.call(Method::POST, paths::SEARCH, Some(&request)).await?;
    let mut text = String::new();
    for near in &found.neighbours {
        let title: String = plain(&near.title).chars().take(SHOWN_TITLE).collect();
        let _ = writeln!(text, "{:.2}  {:<44} {title}", near.confidence.unwrap_or(near.score), plain(&near.document));
    }
    let least = found.min_confidence;
    text.push_str(&if found.abstains {
        format!("nothing that is known fits (a confidence of {least:.2} is needed); search is {}", found.engine)
    } else {
        format!("search is {}; a confidence of {least:.2} is needed", found.engine)
    });
    Ok(Answer::new(text, &found)?.done_if(!found.abstains))
}

/// Brings the knowledge base up to date: from the service's own folder, or with documents of one's own.
///
/// # Errors
/// When a file cannot be read, or the service does not answer or refuses a document.
pub async fn seed(connection: &Connection, folder: Option<&Path>) -> anyhow::Result<Answer> {
    let documents = folder.map(documents).transpose()?.unwrap_or_default();
    let callee = connection.callee(Service::RagGateway)?;
    let seeded: Seeded = callee.call(Method::POST, paths::SEED, Some(&SeedRequest { documents })).await?;
    let text = format!(
        "{} added, {} updated, {} unchanged, {} removed; {} known",
        seeded.added, seeded.updated, seeded.unchanged, seeded.removed, seeded.total
    );
    Answer::new(text, &seeded)
}

/// The Markdown files of a folder.
fn documents(folder: &Path) -> anyhow::Result<Vec<GivenDocument>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    if paths.is_empty() {
        return Err(WrongUse(format!("{} holds no *.md file", folder.display())).into());
    }
    let read = |path: &std::path::PathBuf| {
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        anyhow::ensure!(length <= MAX_DOCUMENT, "{} is longer than {MAX_DOCUMENT} bytes", path.display());
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(GivenDocument { name, text })
    };
    paths.iter().map(read).collect()
}
