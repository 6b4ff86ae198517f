#![doc = include_str!("../README.md")]

mod change;
mod cluster;
mod diagnose;
mod error;
mod kinds;
pub mod quantity;
mod snapshot;

pub use change::{Changer, Now, Order, Set, Upon};
pub use cluster::{Cluster, IN_CLUSTER};
pub use diagnose::Findings;
pub use diagnose::endpoints::Endpoints;
pub use diagnose::failed::Failed;
pub use diagnose::logs::{LastWords, MissingRule};
pub use diagnose::memory::{Memory, OutOfMemory, raised};
pub use diagnose::pods::{Ailing, Pods};
pub use diagnose::policies::Touching;
pub use diagnose::revisions::Revision;
pub use diagnose::setup::{Rollout, Setup};
pub use diagnose::storage::Storage;
pub use error::{CallError, ChangeError, ConnectError};
pub use snapshot::Snapshot;
