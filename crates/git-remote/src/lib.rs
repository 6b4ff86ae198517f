#![doc = include_str!("../README.md")]

mod url;
mod access;
mod remote;
mod file;
mod ssh;
mod child;
mod error;
mod redact;

pub use access::{Access, Refused, check_all};
pub use error::RemoteError;
pub use redact::redact;
pub use remote::{Remote, Swap};
