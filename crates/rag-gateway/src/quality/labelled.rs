//! Labelled queries: one JSON object a line.

use serde::Deserialize;
use wire::{Digest, FaultCode};

/// How many folds the queries for fitting are cut into.
pub const FOLDS: usize = 5;

/// One query, and the documents that are about it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// The symptom: words, or log lines.
    pub query: String,
    /// The fault code, when it is known.
    #[serde(default)]
    pub code: Option<FaultCode>,
    /// The ids of the documents that are about it, any of which is right; none: nothing that is known fits.
    pub relevant: Vec<String>,
    /// How it is told, e.g. `symptom`, `log`, `plain`: figures are shown for each.
    #[serde(default)]
    pub kind: String,
}

/// What a query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Numbers may be fitted to it.
    Fit,
    /// It is only measured.
    HeldOut,
}

impl Labelled {
    /// A third is held out, by the digest of the text: nobody chose which.
    pub fn split(&self) -> Split {
        if self.number().is_multiple_of(3) { Split::HeldOut } else { Split::Fit }
    }

    /// The fold that it belongs to.
    pub fn fold(&self) -> usize {
        (self.number() / 3) as usize % FOLDS
    }

    fn number(&self) -> u32 {
        Digest::of(&self.query)
            .as_str()
            .get(..6)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .unwrap_or_default()
    }
}

/// Reads the lines of a file. Empty lines are passed over.
///
/// # Errors
/// Names the first line that is not right and says what would be.
pub fn parse(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Vec<Labelled>, String> {
    let mut read: Vec<Labelled> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = number + 1;
        let shape = r#"expected {"query": "…", "relevant": ["id of a document", …], "code"?: "…", "kind"?: "…"}"#;
        let query: Labelled =
            serde_json::from_str(line).map_err(|error| format!("line {at} is no labelled query: {error}; {shape}"))?;
        if query.query.trim().is_empty() && query.code.is_none() {
            return Err(format!("line {at} asks nothing: `query` is empty and there is no `code`"));
        }
        if let Some(id) = query.relevant.iter().find(|id| !known(id)) {
            return Err(format!(
                "line {at} names the document {id:?}, which is not known: `relevant` holds ids of documents"
            ));
        }
        if read.iter().any(|other| other.query == query.query && other.code == query.code) {
            return Err(format!("line {at} asks what an earlier line asks"));
        }
        read.push(query);
    }
    if read.is_empty() {
        return Err("there is no query in it: one JSON object a line".to_owned());
    }
    Ok(read)
}
