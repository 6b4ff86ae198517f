//! The run folder: what this process and whoever looks after its machine tell each other in files.

use crate::log;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::{fs, process};

/// The file with the pid of the instance that serves.
const PID: &str = "pid";

/// The folder, where there is one.
#[derive(Clone, Default)]
pub(crate) struct RunFolder(pub(crate) Option<PathBuf>);

impl RunFolder {
    /// Makes it.
    pub(crate) fn make(&self) -> Result<(), String> {
        let Some(folder) = &self.0 else { return Ok(()) };
        fs::create_dir_all(folder).map_err(|error| format!("cannot make RUN_FOLDER {}: {error}", folder.display()))
    }

    /// Says that this process is the one that serves: somebody asks for its levers, and is sent to whoever serves. An instance that
    /// has only been started does not know whether it ever will.
    pub(crate) fn claim(&self) {
        let Some(folder) = &self.0 else { return };
        let (path, own) = (folder.join(PID), process::id().to_string());
        if fs::read_to_string(&path).is_ok_and(|pid| pid == own) {
            return;
        }
        if let Err(error) = replace(&path, &own) {
            log::line("warn", "cannot write the pid", json!({ "reason": "run_folder", "cause": error.to_string() }));
        }
    }

    /// Whether the registry of this name says that nobody is to be called: `{"at":""}`. What cannot be read says nothing.
    pub(crate) fn is_shut(&self, registry: &str) -> bool {
        let text = self.0.as_ref().and_then(|folder| fs::read_to_string(folder.join(registry)).ok());
        let said: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        said.is_some_and(|said| said.get("at").and_then(Value::as_str) == Some(""))
    }
}

/// As a whole: whoever reads it finds the old text or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension(process::id().to_string());
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}
