//! How an instance is started: everything from the target file, decided here, done in `process.rs`.

use crate::instance::Instance;
use std::path::{Path, PathBuf};
use wire::target::Target;

/// The variable by which an instance's processes are found again.
pub(crate) const INSTANCE: &str = "KINTSUGI_INSTANCE";
/// The variable that tells an instance its commit.
const VERSION: &str = "APP_VERSION";

/// A process to be started. Not `Debug`: its environment holds the target's secrets.
pub(crate) struct Launch {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
}

/// Why an instance cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error("the target's `run.command` is empty")]
    NoCommand,
    #[error("cannot read the file of the secret {name}")]
    Secret {
        name: String,
        #[source]
        source: std::io::Error,
    },
}

/// The launch of an instance. `path` is the only variable that is handed down.
pub(crate) fn launch(
    target: &Target,
    instance: &Instance,
    artefact: &Path,
    path: Option<String>,
) -> Result<Launch, LaunchError> {
    let shown = artefact.to_string_lossy();
    let mut words = target.run.command.iter().map(|word| word.replace("{artefact}", &shown));
    let program = words.next().ok_or(LaunchError::NoCommand)?;
    let mut environment: Vec<(String, String)> = path.map(|path| ("PATH".to_owned(), path)).into_iter().collect();
    environment.extend(target.run.env.clone());
    for (name, file) in &target.run.secret_env {
        let value = std::fs::read_to_string(file);
        let value = value.map_err(|source| LaunchError::Secret { name: name.clone(), source })?;
        environment.push((name.clone(), value.trim_end_matches(['\n', '\r']).to_owned()));
    }
    // Last, so that a target file cannot set them otherwise.
    environment.push((target.run.port_env.clone(), instance.port.to_string()));
    environment.push((VERSION.to_owned(), instance.commit.to_string()));
    environment.push((INSTANCE.to_owned(), instance.id.to_string()));
    Ok(Launch {
        program,
        arguments: words.collect(),
        environment,
        folder: artefact.to_owned(),
        log: Path::new(&target.logs.private).join(instance.log_name()),
    })
}
