//! How a command ends, for scripts: a number a kind of failure, and what to do about it for people.

use crate::connection::ConnectionError;
use client::CallError;
use std::process::ExitCode;

/// The exit codes. `kintsugi --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and every check held.
    Ok = 0,
    /// Not done, or a check failed.
    NotDone = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The stack does not run, or one of its services does not answer.
    NotReachable = 3,
    /// The token is missing or not accepted.
    NotAuthorised = 4,
    /// There is no such thing.
    NotFound = 5,
    /// Ctrl-C before it was done.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Somebody pressed Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// The command line asks for something that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUse(pub String);

/// What kind of failure an error is.
pub fn of(error: &anyhow::Error) -> Exit {
    error
        .chain()
        .find_map(|cause| {
            if cause.is::<Interrupted>() {
                return Some(Exit::Interrupted);
            }
            if cause.is::<WrongUse>() {
                return Some(Exit::Usage);
            }
            let connection = cause.downcast_ref::<ConnectionError>().map(of_connection);
            connection.or_else(|| cause.downcast_ref::<CallError>().map(of_call))
        })
        .unwrap_or(Exit::NotDone)
}

fn of_connection(error: &ConnectionError) -> Exit {
    match error {
        ConnectionError::NoToken { .. } => Exit::NotAuthorised,
        _ => Exit::NotReachable,
    }
}

fn of_call(error: &CallError) -> Exit {
    match error.status() {
        None if error.may_pass() => Exit::NotReachable,
        Some(401 | 403) => Exit::NotAuthorised,
        Some(404) => Exit::NotFound,
        Some(502..=504) => Exit::NotReachable,
        _ => Exit::NotDone,
    }
}

/// What a person can do about it.
pub fn advice(exit: Exit) -> Option<&'static str> {
    match exit {
        Exit::NotReachable => Some(
            "start a stack with `kintsugi up` (or `make up`), name another folder with --home, or see which service is \
             away with `kintsugi status`; logs are in HOME/logs/services",
        ),
        Exit::NotAuthorised => Some(
            "the token is written by `kintsugi up` into HOME/secrets/operator-token and readable by its user only: run \
             this as the same user, or restart the stack for new tokens",
        ),
        Exit::NotFound => Some("ids are printed by `kintsugi incidents list --archived` and `kintsugi kb list`"),
        _ => None,
    }
}

/// A failure as JSON, for `--output json`.
pub fn as_json(error: &anyhow::Error) -> serde_json::Value {
    let exit = of(error);
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    serde_json::json!({
        "error": error.to_string(),
        "causes": causes,
        "exit": exit as u8,
        "advice": advice(exit),
    })
}
