//! Why an action came to nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;
use wire::runtime::Action;

/// Why an action came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The playbook of this kind of resource has no such action: a newer version wrote it, or it is another resource's.
    #[error("this kind of resource has no action {0}")]
    NotOffered(String),
    /// The file system said no.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// The verb.
        what: &'static str,
        /// Of which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something else said no.
    #[error("{0}")]
    Refused(String),
    /// It came to nothing before anything was changed: there is nothing to take back.
    #[error("nothing was changed: {why}")]
    Unsent {
        /// Why.
        why: String,
        /// Whether the same may go better soon, or after another look: then it is not spent.
        may_pass: bool,
    },
    /// It took too long.
    #[error("it took longer than {} ms", .0.as_millis())]
    TimedOut(Duration),
}

impl ActError {
    /// Of an action that is another kind's.
    pub(crate) fn not_offered(action: &Action) -> Self {
        let name = serde_json::to_value(action).ok();
        let name = name.as_ref().and_then(|action| action.get("do")?.as_str());
        ActError::NotOffered(name.unwrap_or("unknown").to_owned())
    }

    /// Of an input or output.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ActError {
        let path = path.to_owned();
        move |source| ActError::Io { what, path, source }
    }

    /// With its source, for a report.
    pub fn whole(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}
