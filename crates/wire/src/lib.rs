#![doc = include_str!("../README.md")]

pub mod ids;
pub mod key;
pub mod service;
pub mod digest;
pub mod problem;
pub mod paths;
pub mod span;
pub mod detection;
pub mod plan;
pub mod knowledge;
pub mod proposal;
pub mod verification;
pub mod artefact;
pub mod rollout;
pub mod runtime;
pub mod event;
pub mod incident;
pub mod related;
pub mod apply;
pub mod transitions;
pub mod chain;
pub mod check;
pub mod lease;
pub mod model;
pub mod operation;
pub mod reset;
pub mod session;
pub mod view;
pub mod source;
pub mod push;
pub mod redact;
pub mod timeline;
pub mod traffic;
pub mod vouch;
pub mod target;

pub use digest::Digest;
pub use ids::{
    Authority, CommitId, Cursor, Epoch, EventId, FaultCode, Fence, IncidentId, Position, ReplayId, TargetName, TreeId,
};
pub use key::OperationKey;
pub use problem::Problem;
pub use redact::redact;
pub use service::Service;
