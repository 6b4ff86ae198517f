//! Python's own library: code that nobody here has written. One half is what the patcher tries rules on, the other half has never
//! been seen by it.

use anyhow::{Context, ensure};
use codemod::Codemod;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Larger files take long to read, and small ones say little, bytes.
const MAX_FILE: u64 = 64 * 1024;
const MIN_FILE: u64 = 512;
/// How many are of use at most: what the patcher looks at, and twice that.
const KNOWN: usize = 200;
const UNSEEN: usize = 400;
/// The least number of files that nobody has seen.
const LEAST: usize = 100;

/// See the module.
#[derive(Debug)]
pub(super) struct Healthy {
    /// A folder with the files that the patcher knows.
    pub(super) folder: PathBuf,
    pub(super) known: usize,
    /// Names and texts of the others.
    pub(super) unseen: Vec<(String, String)>,
}

impl Healthy {
    /// Every other file goes into the folder.
    ///
    /// # Errors
    /// When there is no Python, or its library is too small.
    pub(super) fn split(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let (mut known, mut unseen) = (0, Vec::new());
        for (at, path) in library()?.iter().enumerate() {
            let Ok(text) = std::fs::read_to_string(path) else { continue };
            if at % 2 == 0 && known < KNOWN {
                std::fs::write(folder.join(format!("{at:04}.py")), text)?;
                known += 1;
            } else if at % 2 == 1 && unseen.len() < UNSEEN {
                unseen.push((path.display().to_string(), text));
            }
        }
        ensure!(unseen.len() >= LEAST, "{} healthy files are too few: {LEAST} are the least", unseen.len());
        Ok(Self { folder: folder.to_owned(), known, unseen })
    }

    /// Those of the unseen files that a rule would change, or fails on.
    ///
    /// # Errors
    /// When it is no rule.
    pub(super) fn fired(&self, rule: &serde_json::Value) -> anyhow::Result<Vec<String>> {
        let codemod = Codemod::new(rule, "python").context("what was learned is no rule")?;
        let fires = |text: &str| !matches!(codemod.rewrite(text), Ok(None));
        Ok(self.unseen.iter().filter(|(_, text)| fires(text)).map(|(name, _)| name.clone()).collect())
    }
}

/// The library's files, in the order of their paths.
fn library() -> anyhow::Result<Vec<PathBuf>> {
    let asked = Command::new("python3").args(["-c", "import json; print(json.__path__[0])"]).output();
    let told = String::from_utf8(asked.context("there is no python3")?.stdout).context("python3 told no path")?;
    let folder = Path::new(told.trim()).parent().context("python3's library has no folder")?.to_owned();
    let (mut found, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, Ok(about)) = (entry.path(), entry.metadata()) else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            // Tests are faulty on purpose, packages are not the library's.
            if about.is_dir() && !name.starts_with("test") && !name.ends_with("-packages") && !name.ends_with("tests") {
                folders.push(path);
            } else if name.ends_with(".py") && (MIN_FILE..=MAX_FILE).contains(&about.len()) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
