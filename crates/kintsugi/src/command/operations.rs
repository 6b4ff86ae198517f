//! `kintsugi operations` as it is written.

use super::help;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use kintsugi::connection::Connection;
use kintsugi::exit::WrongUse;
use kintsugi::operations;
use kintsugi::output::{Answer, Format};
use std::collections::BTreeMap;
use wire::handover::{Call, Failure, HandOver, HandoverId, IdempotencyKey};
use wire::{EventId, TargetName};

#[derive(Debug, Subcommand)]
pub(crate) enum Operations {
    /// Hands a failed call over and waits for its answer. May change the target: it is healed.
    #[command(after_help = help::HAND_OVER)]
    HandOver(Box<HandOverArgs>),
    /// What became of a call that was handed over. Exits 1 while it is not answered well.
    Show {
        /// Its id, as `operations hand-over` prints it.
        id: HandoverId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct HandOverArgs {
    /// The target that was called.
    #[arg(long, value_name = "NAME")]
    target: TargetName,
    /// The method.
    #[arg(long, default_value = "GET", value_name = "METHOD")]
    method: String,
    /// The path with its query.
    #[arg(long, value_name = "PATH")]
    path: String,
    /// A header, `name: value`; may be given several times.
    #[arg(long = "header", value_parser = header, value_name = "HEADER")]
    headers: Vec<(String, String)>,
    /// The body.
    #[arg(long, default_value = "", value_name = "TEXT")]
    body: String,
    /// The status that the call was answered with; without it there was no answer.
    #[arg(long, required_unless_present = "error", value_name = "STATUS")]
    status: Option<u16>,
    /// What the answer said, or why there was none.
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// When it failed, RFC 3339, such as 2027-01-15T08:00:00Z; without it: now. Say it of a call that failed a while ago.
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<Utc>>,
    /// The occurrence that the target named in its answer or its log.
    #[arg(long, value_name = "ID")]
    event_id: Option<EventId>,
    /// The call may be carried out more than once.
    #[arg(long)]
    repeatable: bool,
    /// Your name for this call: the same again is the same hand-over. Without it each is a new one.
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

impl Operations {
    pub(crate) async fn run(&self, connection: &Connection, format: Format) -> anyhow::Result<Answer> {
        match self {
            Operations::HandOver(args) => {
                let call = args.call()?;
                operations::hand_over(connection, &call, operations::teller(format)).await
            }
            Operations::Show { id } => operations::show(connection, *id).await,
        }
    }
}

impl HandOverArgs {
    fn call(&self) -> anyhow::Result<HandOver> {
        let headers: BTreeMap<String, String> = self.headers.iter().cloned().collect();
        let (status, error, event_id) = (self.status, self.error.clone(), self.event_id.clone());
        let at = self.at.unwrap_or_else(|| chassis::clock::system().now());
        let idempotency_key = match &self.key {
            Some(key) => key.clone(),
            None => HandoverId::fresh().to_string().parse()?,
        };
        let call = HandOver {
            target: self.target.clone(),
            idempotency_key,
            call: Call { method: self.method.clone(), path: self.path.clone(), headers, body: self.body.clone() },
            failure: Failure { status, error, at, event_id, trace_parent: None },
            repeatable: self.repeatable,
        };
        call.check().map_err(WrongUse)?;
        Ok(call)
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("it must be `name: value`")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}
