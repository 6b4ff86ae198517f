//! What `fault-router` follows. `GET /v1/sources`, role `operator`.

use crate::TargetName;
use serde::{Deserialize, Serialize};

/// Every source of every target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// One entry a target.
    pub targets: Vec<Source>,
}

/// A target's folder of log files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Whose lines they are.
    pub target: TargetName,
    /// The folder.
    pub folder: String,
    /// Its files.
    pub files: Vec<FollowedFile>,
    /// What does not work at the moment, one sentence each; empty when all is well.
    #[serde(default)]
    pub troubles: Vec<String>,
    /// Detections from pushed lines that the store has not acknowledged yet, bytes on disk.
    #[serde(default)]
    pub spooled: u64,
}

/// One file that is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedFile {
    /// Its name in the folder, the last that was seen.
    pub name: String,
    /// Up to here every line was read and every detection in it acknowledged, bytes.
    pub offset: u64,
    /// How large the file is; none when it is no longer there under its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What is still to be read and acknowledged, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<u64>,
}
