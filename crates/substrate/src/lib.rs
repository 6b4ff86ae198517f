#![doc = include_str!("../README.md")]

mod elsewhere;
mod place;
pub mod postgres;
mod process;
pub mod redis;

pub use elsewhere::{Elsewhere, InvalidUrl};
pub use place::folder_for;
pub use postgres::Postgres;
pub use process::{Owned, free_port};
pub use redis::Redis;

use rand::Rng;
use std::path::PathBuf;

/// Why a server could not be brought up.
#[derive(Debug, thiserror::Error)]
pub enum SubstrateError {
    /// Its program is not on this machine.
    #[error("{program} is not on this machine: install it with `{install}`")]
    Missing {
        /// The program.
        program: &'static str,
        /// How to get it.
        install: &'static str,
    },
    /// A file or program of it could not be used.
    #[error("cannot {what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A program of it said no.
    #[error("{program} failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// The tail of what it said.
        output: String,
    },
    /// It did not become ready.
    #[error("{program} was not ready within {seconds} s; its log is {log}")]
    NotReady {
        /// The program.
        program: &'static str,
        /// The limit.
        seconds: u64,
        /// Where to look.
        log: PathBuf,
    },
}

pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> SubstrateError {
    let path = path.into();
    move |source| SubstrateError::Io { what, path, source }
}

/// A fresh secret: 32 hexadecimal digits from the system's randomness.
pub fn secret() -> String {
    let bytes: [u8; 16] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
