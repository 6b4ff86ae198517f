#![doc = include_str!("../README.md")]

mod ask;
mod carry;
mod diary;
mod engine;
mod error;
mod files;
mod heal;
mod lever;
mod modes;
mod playbook;
mod ports;
mod processes;
mod trial;
mod watch;
mod withdraw;

pub use diary::{Diary, DiaryError};
pub use engine::{Next, Standing, next};
pub use error::ActError;
pub use files::replace;
pub use heal::{Site, heal};
pub use lever::Levers;
pub use modes::boot::BootPlaybook;
pub use modes::configuration::ConfigurationPlaybook;
pub use modes::credential::CredentialPlaybook;
pub use modes::database::DatabasePlaybook;
pub use modes::disk::DiskPlaybook;
pub use modes::endpoint::EndpointPlaybook;
pub use modes::memory::MemoryPlaybook;
pub use modes::model_server::ModelServerPlaybook;
pub use modes::network::NetworkPlaybook;
pub use modes::port::PortPlaybook;
pub use modes::workload::WorkloadPlaybook;
pub use playbook::Playbook;
pub use watch::{Row, Sign, Watcher};
pub use withdraw::withdraw;
