//! Who rolls a target out.

use serde::{Deserialize, Serialize};

/// The longest that a pipeline is waited for, milliseconds: less than an effect may take at the healer.
const MAX_WAIT_MS: u64 = 1_500_000;

/// Who rolls a target out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backend", rename_all = "snake_case", deny_unknown_fields)]
pub enum Backend {
    /// The deployer itself: it runs the verified artefact as processes on its machine.
    Processes {},
    /// Somebody's pipeline: it builds and deploys what is pushed, and says so by a signed callback.
    Pipeline(Pipeline),
}

impl Default for Backend {
    fn default() -> Self {
        Backend::Processes {}
    }
}

/// A pipeline that deploys what is pushed to the branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Where the live version answers, `http://HOST:PORT`: it is asked there, and `front` sends the target's paths there.
    pub url: String,
    /// What the pipeline calls the place; a callback about another one is refused.
    pub environment: String,
    /// The file with the secret that signs the callbacks, 24 to 64 bytes; a second line holds the next one while it is
    /// changed. Read by the deployer only.
    pub secret: String,
    /// How long after a push the pipeline's word is waited for, milliseconds.
    #[serde(default = "default_wait")]
    pub timeout_ms: u64,
    /// Where the live version says which commit it is; left out: only the pipeline's word and the replays tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
}

fn default_wait() -> u64 {
    900_000
}

/// Where the live version says which commit it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The path of a JSON answer.
    pub path: String,
    /// The JSON pointer of the commit in it: all of its id, or at least the first seven digits.
    pub json: String,
}

impl Backend {
    /// The pipeline, if it is one.
    pub fn pipeline(&self) -> Option<&Pipeline> {
        match self {
            Backend::Processes {} => None,
            Backend::Pipeline(pipeline) => Some(pipeline),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let Some(pipeline) = self.pipeline() else { return Ok(()) };
        let place = pipeline.url.strip_prefix("http://").filter(|place| !place.contains(['/', '?', '#', '@']));
        let port = place.and_then(|place| place.rsplit_once(':')).and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none_or(|port| port == 0) {
            return Err(format!("`deploy.url` is {:?}; it must be http://HOST:PORT without a path", pipeline.url));
        }
        if pipeline.environment.is_empty() || pipeline.environment.len() > 64 || pipeline.secret.is_empty() {
            return Err("`deploy.environment` (1 to 64 bytes) and `deploy.secret` (a file) must be given".into());
        }
        if !(1..=MAX_WAIT_MS).contains(&pipeline.timeout_ms) {
            return Err(format!("`deploy.timeout_ms` must be 1 to {MAX_WAIT_MS}"));
        }
        let starts = |version: &Version| version.path.starts_with('/') && version.json.starts_with('/');
        if pipeline.version.as_ref().is_some_and(|version| !starts(version)) {
            return Err("`deploy.version` needs a `path` and a JSON pointer `json`, both beginning with `/`".into());
        }
        Ok(())
    }
}
