//! Variants that somebody supplies, as files.

use crate::fault::Fault;
use crate::tree;
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};

/// The largest file, bytes.
const MAX_FILE: u64 = 256 * 1024;
/// How a folder must look.
const SHAPE: &str = "a folder of variants has the folders sql, api and db (one or more of them) with *.rs files, or *.rs \
                     files whose names begin with sql, api or db; each is a whole fault file with its function `run`, e.g. as src/faults/fault_sql.txt is";

/// A file with a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplied {
    /// Of which fault.
    pub fault: Fault,
    /// Where it is from.
    pub path: PathBuf,
    /// The file.
    pub text: String,
}

/// Reads a folder, in the order of names.
///
/// # Errors
/// When the folder or a file is not right; it says which and what would be.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Supplied>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let fault = Fault::ALL.into_iter().find(|fault| match path.is_dir() {
            true => name == fault.name(),
            false => name.starts_with(fault.name()),
        });
        match (fault, path.is_dir()) {
            (Some(fault), true) => {
                for path in entries(&path)?.into_iter().filter(|path| is_rust(path)) {
                    found.push(supplied(fault, path)?);
                }
            }
            (Some(fault), false) if is_rust(&path) => found.push(supplied(fault, path)?),
            (None, false) if is_rust(&path) => bail!("{} is of no fault: {SHAPE}", path.display()),
            _ => {}
        }
    }
    ensure!(!found.is_empty(), "{} holds no variant: {SHAPE}", folder.display());
    Ok(found)
}

fn supplied(fault: Fault, path: PathBuf) -> anyhow::Result<Supplied> {
    let length = path.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
    ensure!(length <= MAX_FILE, "{} has {length} bytes; a variant has at most {MAX_FILE}", path.display());
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {} as text", path.display()))?;
    ensure!(tree::is_sound(&text), "{} is not Rust: it has a syntax error", path.display());
    ensure!(
        tree::parse(&text).is_some_and(|tree| tree::function(&tree.root(), "run").is_some()),
        "{} has no function `run`: {SHAPE}",
        path.display()
    );
    Ok(Supplied { fault, path, text })
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = folder.read_dir().with_context(|| format!("cannot read the folder {}: {SHAPE}", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}
