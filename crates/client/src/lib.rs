#![doc = include_str!("../README.md")]

pub mod effects;
pub mod incident_store;
pub mod handovers;
pub mod rag_gateway;
pub mod patcher;
pub mod verifier;
pub mod deployer;
pub mod front;
pub mod warden;

pub use chassis::calls::{CallError, Callee};
pub use deployer::Deployer;
pub use effects::{EffectError, Effects};
pub use front::Front;
pub use handovers::Handovers;
pub use incident_store::IncidentStore;
pub use patcher::Patcher;
pub use rag_gateway::RagGateway;
pub use verifier::Verifier;
pub use warden::Warden;
