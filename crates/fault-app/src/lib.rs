#![doc = include_str!("../README.md")]

mod answers;
mod app;
mod database;
mod incident;
mod log;
pub mod memory;
mod page;
mod problem;
pub mod queue;
mod report;
mod request;
mod resilience;
pub mod retries;
mod routes;
mod run_folder;
pub mod session;
mod settings;
mod stop;
pub mod upstream;

// The original fault bodies name this library as the binary does.
#[cfg(test)]
extern crate self as fault_app;
#[cfg(test)]
mod tests;

use futures_util::future::BoxFuture;
use std::process::ExitCode;
use tokio_postgres::{Error, Transaction};

/// The fault bodies, handed in by the binary. They are all that the binary holds, so after a patch nothing else is
/// compiled again.
#[derive(Clone, Copy)]
pub struct Faults {
    /// Behind `POST /test-fault/run`.
    pub sql: for<'a> fn(&'a Transaction<'_>) -> BoxFuture<'a, Result<i32, Error>>,
    /// Behind `POST /test-fault/external-api`.
    pub api: for<'a> fn(&'a upstream::Upstream) -> BoxFuture<'a, Result<upstream::Answer, upstream::Failure>>,
    /// Behind `POST /test-fault/db-timeout`.
    pub db: for<'a> fn(&'a Transaction<'_>) -> BoxFuture<'a, Result<(), Error>>,
    /// Behind `POST /test-fault/memory`.
    pub memory: for<'a> fn(&'a memory::Pages) -> BoxFuture<'a, Result<(), memory::Full>>,
    /// Behind `POST /test-fault/session`.
    pub session: for<'a> fn(&'a session::Session) -> BoxFuture<'a, Result<(), session::Refused>>,
    /// Behind `POST /test-fault/retry-storm`.
    pub retry_storm: for<'a> fn(&'a retries::Client) -> BoxFuture<'a, Result<upstream::Answer, upstream::Failure>>,
    /// Behind `POST /test-fault/queue`.
    pub queue: for<'a> fn(&'a queue::Queue) -> BoxFuture<'a, Result<(), queue::Full>>,
}

/// Serves by the environment's settings until SIGTERM. What is wrong with them is one sentence on stderr.
pub fn run(faults: Faults) -> ExitCode {
    log::log_panics();
    let ran = settings::Settings::read(|name| std::env::var(name).ok()).and_then(|settings| app::run(settings, faults));
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("fault-app: {sentence}");
            ExitCode::FAILURE
        }
    }
}
