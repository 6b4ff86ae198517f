//! What is asked and answered, and what is to be kept there. Pure.

use super::BackboardError;
use crate::document::Document;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;

/// The longest text that is kept or asked for, bytes.
const LONGEST: usize = 4 * 1024;
/// In a memory's metadata: the document, and of what it was made.
const DOCUMENT: &str = "kintsugi_document";
const DIGEST: &str = "kintsugi_digest";

/// An assistant, as far as it matters.
#[derive(Debug, Deserialize)]
pub(super) struct Assistant {
    pub(super) assistant_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    created_at: String,
}

/// An answer with memories, the nearest first where it is a search's.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    #[serde(default)]
    pub(super) memories: Vec<Memory>,
}

/// A memory, as far as it matters.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Memory {
    pub(super) id: String,
    #[serde(default)]
    metadata: Option<HashMap<String, Value>>,
}

/// What is to be done there.
#[derive(Debug, PartialEq)]
pub(super) struct Work {
    /// The documents that are not kept yet.
    pub(super) write: Vec<Arc<Document>>,
    /// The ids of memories that are not known here any more, or not so.
    pub(super) remove: Vec<String>,
}

impl Found {
    /// The documents of the memories, each once.
    pub(super) fn documents(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let ids = self.memories.iter().filter_map(|memory| memory.text(DOCUMENT));
        ids.filter(|id| seen.insert(*id)).map(str::to_owned).collect()
    }
}

impl Memory {
    fn text(&self, key: &str) -> Option<&str> {
        self.metadata.as_ref()?.get(key)?.as_str()
    }
}

/// What is to be written and removed. A memory that is not ours stays.
pub(super) fn work(known: &[Arc<Document>], kept: &[Memory]) -> Work {
    let wanted: HashMap<&str, &str> =
        known.iter().map(|document| (document.id.as_str(), document.digest.as_str())).collect();
    let (mut there, mut remove) = (HashSet::new(), Vec::new());
    for memory in kept {
        let Some(document) = memory.text(DOCUMENT) else { continue };
        let same = wanted.get(document).is_some_and(|digest| memory.text(DIGEST) == Some(digest));
        // A write whose answer was lost may have been done twice.
        if (!same || !there.insert(document)) && id(memory.id.clone()).is_ok() {
            remove.push(memory.id.clone());
        }
    }
    let write = known.iter().filter(|document| !there.contains(document.id.as_str())).cloned().collect();
    Work { write, remove }
}

/// A document as a memory.
pub(super) fn memory_of(document: &Document) -> Value {
    let codes: Vec<&str> = document.faults.iter().map(wire::FaultCode::as_str).collect();
    let text = format!("{}\n{}\n{}\n{}", document.title, codes.join(" "), document.symptoms, document.root_cause);
    json!({ "content": bounded(&text), "metadata": { DOCUMENT: document.id, DIGEST: document.digest } })
}

/// A search.
pub(super) fn question(text: &str, limit: usize) -> Value {
    json!({ "query": bounded(text), "limit": limit })
}

/// A new assistant.
pub(super) fn assistant(name: &str) -> Value {
    json!({ "name": name, "description": "Incidents and cures of one installation of Kintsugi" })
}

/// The assistant of a name: the eldest, so that two replicas that made one each agree.
pub(super) fn ours(all: Vec<Assistant>, name: &str) -> Option<String> {
    let mut named: Vec<Assistant> = all.into_iter().filter(|one| one.name == name).collect();
    named.sort_by(|a, b| (&a.created_at, &a.assistant_id).cmp(&(&b.created_at, &b.assistant_id)));
    named.into_iter().find_map(|one| id(one.assistant_id).ok())
}

/// An id that becomes part of a path.
pub(super) fn id(text: String) -> Result<String, BackboardError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let right = !text.is_empty() && text.len() <= 128 && text.bytes().all(plain);
    right.then_some(text).ok_or_else(|| BackboardError::Form("an id is none".to_owned()))
}

/// A text as a query's value.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The `detail` of a refusal: a text, or a list of them.
pub(super) fn detail(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let told = match body.get("detail") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => {
            let texts = all.iter().filter_map(|one| one.get("msg")?.as_str());
            texts.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    };
    let told = if told.is_empty() { "it says nothing more".to_owned() } else { told };
    models::error::word(&told)
}

fn bounded(text: &str) -> String {
    let mut text = wire::redact::redact(text).into_owned();
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::knowledge::DocumentSource;

    fn document(id: &str) -> Arc<Document> {
        let text = format!(
            "+++\nid = \"{id}\"\ntitle = \"A title\"\nsymptoms = \"it fails with password=hunter22\"\nroot_cause = \"a cause\"\n\
             verdict = \"code_fault\"\n+++\nText.\n"
        );
        Arc::new(Document::parse_from(&text, DocumentSource::Folder).unwrap())
    }

    fn memory(id: &str, of: &Document, digest: &str) -> Memory {
        let metadata = json!({ DOCUMENT: of.id, DIGEST: digest });
        serde_json::from_value(json!({ "id": id, "content": "x", "metadata": metadata })).unwrap()
    }

    #[test]
    fn what_is_missing_is_written_and_what_is_stale_or_there_twice_is_removed() {
        let (kept, changed, new, gone) = (document("kept"), document("changed"), document("new"), document("gone"));
        let there = [
            memory("m1", &kept, kept.digest.as_str()),
            memory("m2", &kept, kept.digest.as_str()),
            memory("m3", &changed, "another"),
            memory("m4", &gone, gone.digest.as_str()),
            serde_json::from_value(json!({ "id": "m5", "content": "somebody else's", "metadata": null })).unwrap(),
        ];
        let work = work(&[kept, Arc::clone(&changed), Arc::clone(&new)], &there);
        assert_eq!(work, Work { write: vec![changed, new], remove: vec!["m2".into(), "m3".into(), "m4".into()] });
    }

    #[test]
    fn nothing_secret_goes_there() {
        let text = memory_of(&document("one")).to_string() + &question("password=hunter22", 1).to_string();
        assert!(!text.contains("hunter22"), "{text}");
    }

    #[test]
    fn of_two_assistants_of_the_name_the_elder_is_ours() {
        let one = |id: &str, name: &str, at: &str| Assistant {
            assistant_id: id.into(),
            name: name.into(),
            created_at: at.into(),
        };
        let all = vec![one("b", "kintsugi", "2026-02"), one("a", "other", "2026-01"), one("c", "kintsugi", "2026-01")];
        assert_eq!(ours(all, "kintsugi").as_deref(), Some("c"));
        assert_eq!(ours(vec![one("../x", "kintsugi", "")], "kintsugi"), None);
        assert_eq!(encoded("a b/ü"), "a%20b%2F%C3%BC");
    }

    #[test]
    fn a_refusal_tells_its_detail_in_both_forms() {
        assert_eq!(detail(br#"{"detail":"no such key"}"#), "no such key");
        assert_eq!(
            detail(br#"{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}"#),
            "field required"
        );
        assert_eq!(detail(b"<html>"), "it says nothing more");
    }
}
