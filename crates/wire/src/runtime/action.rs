//! The actions. Their parameters are names out of the target's inventory and numbers that the platform itself found;
//! never a path, a command or a text out of a log.

use super::ResourceName;
use serde::{Deserialize, Serialize};

/// A process that is surely the one that was meant: a pid alone may have been given to another since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its pid.
    pub pid: i32,
    /// When it was started, in the kernel's clock ticks since boot (`/proc/PID/stat`, field 22).
    pub started: u64,
}

/// Whom the callers of an endpoint ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The endpoint.
    Primary,
    /// Who can answer instead of it.
    Backup,
    /// Nobody: the breaker is open.
    Nobody,
}

/// What is done to the resource that is being healed. Each can be repeated: done twice is as done once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Writes a database's journal into its file and empties it.
    Checkpoint {
        /// The file, and what belongs to it, is copied as it is first, under this name beneath the resource's folder of copies.
        copy: String,
    },
    /// Restores a backup.
    Restore {
        /// Its file name, beneath the resource's folder of backups.
        backup: String,
        /// The file is kept as it is first, as for `checkpoint`.
        copy: String,
    },
    /// Writes the defaults that the target file names.
    WriteDefaults {
        /// The file is kept as it is first, as for `checkpoint`; where there was none, that is noted.
        copy: String,
    },
    /// Puts a copy that was kept back in its place.
    PutBack {
        /// Its name.
        copy: String,
    },
    /// Sets one of the target's levers.
    Pull {
        /// Its name.
        lever: ResourceName,
        /// On or off.
        on: bool,
    },
    /// Writes what callers of the resource read: where it is.
    Register {
        /// `host:port`, out of the inventory or found free by the platform.
        at: String,
    },
    /// Writes what callers of an endpoint read: whom they ask, and how long they wait.
    Route {
        /// Whom. By its name: an address may hold what nobody is to be told.
        to: Way,
        /// The time-out of a call.
        timeout_ms: u64,
    },
    /// Ends a process of the target's own.
    End {
        /// Which.
        process: Process,
    },
    /// Starts the command that the target file names.
    Start {},
    /// Ends what `Start` started.
    Stop {},
    /// Compresses logs that are older than the resource's limit.
    Compress {
        /// Marks what is compressed, so that just this is expanded again.
        batch: String,
    },
    /// Makes them readable as they were.
    Expand {
        /// Which.
        batch: String,
    },
    /// Moves files to the secondary store, all but the newest.
    MoveAway {
        /// The folder beneath the secondary store.
        batch: String,
    },
    /// Brings them back.
    BringBack {
        /// Which.
        batch: String,
    },
    /// Deletes what the target file names as disposable.
    Clear {},
    /// Renews a credential with the refresh token.
    Refresh {},
    /// Uses the backup credential, or the primary one again.
    UseCredential {
        /// Whether it is the backup.
        backup: bool,
    },
    /// Restarts the pods of a workload, with the same template; once an incident.
    RestartPods {},
    /// Gives a workload the template of one of its revisions again.
    UseRevision {
        /// Its number, as `deployment.kubernetes.io/revision` says it, now or formerly.
        revision: u64,
    },
    /// Sets how many pods a workload has.
    ScalePods {
        /// So many.
        replicas: u32,
    },
    /// Sets how much memory the container that the target file names may have.
    LimitMemory {
        /// Its limit, bytes.
        limit: u64,
        /// What is set aside for it, bytes; none: that stays as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<u64>,
    },
    /// Deletes the pods of a workload that have failed for good and that it has replaced.
    DeleteFailedPods {},
    /// What a newer writer knows; never done.
    #[serde(other)]
    Unknown,
}
