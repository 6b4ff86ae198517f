#![doc = include_str!("../README.md")]

mod app;
mod database;
mod log;
mod problem;
mod report;
mod request;
mod routes;
mod settings;
mod stop;

use futures_util::future::BoxFuture;
use std::process::ExitCode;
use tokio_postgres::{Error, Transaction};

/// The fault bodies, handed in by the binary. They are all that the binary holds, so after a patch nothing else is
/// compiled again.
#[derive(Clone, Copy)]
pub struct Faults {
    /// Behind `POST /test-fault/run`.
    pub sql: for<'a> fn(&'a Transaction<'_>) -> BoxFuture<'a, Result<i32, Error>>,
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
