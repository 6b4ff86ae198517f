//! Reads the target catalogue: every `*.toml` of a folder.

use std::path::{Path, PathBuf};
use wire::target::{Catalogue, InvalidTarget, Target};

/// Why the catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The folder or a file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not a target.
    #[error("cannot use {path}")]
    Invalid {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: InvalidTarget,
    },
    /// It is a template.
    #[error("{path} still holds `${{NAME}}`: `kintsugi up` fills it in below .kintsugi/targets")]
    Unfilled {
        /// Which.
        path: PathBuf,
    },
    /// What `FAULT_MARKER` says is no marker.
    #[error("FAULT_MARKER cannot be used")]
    Marker(#[source] InvalidTarget),
    /// The file's name is not the target's.
    #[error("{path} holds the target {name}: a target file is named for its target")]
    Misnamed {
        /// Which.
        path: PathBuf,
        /// The name inside.
        name: String,
    },
}

/// Loads every target of a folder. `FAULT_MARKER` adds a marker to each, see [`Target::add_marker`]: whoever reads the
/// catalogue knows it then.
///
/// # Errors
/// At the first file that cannot be read or is not valid; it is named.
pub fn load(folder: &Path) -> Result<Catalogue, CatalogueError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| CatalogueError::Unreadable { path, source }
    };
    let marker = crate::settings::variable("FAULT_MARKER");
    let mut catalogue = Catalogue::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
        if text.split("${").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())) {
            return Err(CatalogueError::Unfilled { path });
        }
        let mut target =
            Target::parse(&text).map_err(|source| CatalogueError::Invalid { path: path.clone(), source })?;
        if path.file_stem().is_none_or(|stem| stem != target.name.as_str()) {
            return Err(CatalogueError::Misnamed { path, name: target.name.to_string() });
        }
        if let Some(marker) = &marker {
            target.add_marker(marker).map_err(|why| CatalogueError::Marker(InvalidTarget(why)))?;
        }
        catalogue.insert(target.name.clone(), target);
    }
    Ok(catalogue)
}
