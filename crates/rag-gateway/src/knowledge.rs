//! Reads the folder of the known cures.

use crate::document::Document;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::HashMap;
use wire::plan::Remedy;

/// The largest document, bytes.
const MAX_DOCUMENT: u64 = 256 * 1024;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The folder or a file cannot be read.
    #[error("cannot read the knowledge in {path}")]
    Unreadable {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is no document.
    #[error("{path} is not a document: {why}")]
    Invalid {
        /// Which.
        path: Utf8PathBuf,
        /// What would be right.
        why: String,
    },
    /// Two files have one id.
    #[error("{path} has the id {id:?}, which {first} has already: ids are unique")]
    Duplicate {
        /// The second.
        path: Utf8PathBuf,
        /// The first.
        first: Utf8PathBuf,
        /// The id.
        id: String,
    },
}

/// Reads every `*.md` of a folder, in the order of their names.
///
/// # Errors
/// At the first file that cannot be read or is no document; it is named.
pub fn load(folder: &Utf8Path) -> Result<Vec<Document>, KnowledgeError> {
    let unreadable = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| KnowledgeError::Unreadable { path, source }
    };
    let mut paths = Vec::new();
    for entry in folder.read_dir_utf8().map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.into_path();
        if path.extension() == Some("md") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut read: Vec<(Utf8PathBuf, Document)> = Vec::new();
    for path in paths {
        let length = path.metadata().map_err(unreadable(&path))?.len();
        if length > MAX_DOCUMENT {
            let why = format!("it has {length} bytes, at most {MAX_DOCUMENT} are read");
            return Err(KnowledgeError::Invalid { path, why });
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
        let document = Document::parse(&text).map_err(|why| KnowledgeError::Invalid { path: path.clone(), why })?;
        if let Some((first, _)) = read.iter().find(|(_, other)| other.id == document.id) {
            return Err(KnowledgeError::Duplicate { path, first: first.clone(), id: document.id });
        }
        read.push((path, document));
    }
    resolve(&mut read)?;
    Ok(read.into_iter().map(|(_, document)| document).collect())
}

/// Gives each document with a `cure` the remedy of the document that it names.
fn resolve(read: &mut [(Utf8PathBuf, Document)]) -> Result<(), KnowledgeError> {
    let cures: HashMap<String, Remedy> =
        read.iter().filter_map(|(_, document)| Some((document.id.clone(), document.remedy.clone()?))).collect();
    for (path, document) in read {
        let Some(id) = &document.cure else { continue };
        let Some(remedy) = cures.get(id) else {
            let why = format!("its `cure` is {id:?}: expected the id of a document with a `[rule]`");
            return Err(KnowledgeError::Invalid { path: path.clone(), why });
        };
        document.remedy = Some(remedy.clone());
    }
    Ok(())
}
