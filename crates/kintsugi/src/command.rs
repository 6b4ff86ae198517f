//! The commands: what each one calls, and how it ends.

mod args;
mod help;
mod local;
mod operations;

use args::{Cli, Command, Incidents, Kb};
use client::IncidentStore;
use kintsugi::connection::Connection;
use kintsugi::exit::{self, Exit};
use kintsugi::incidents::{act, list, show};
use kintsugi::output::{Answer, Format, complain};
use kintsugi::{doctor, incidents, kb, resources, status};
use std::process::ExitCode;

/// Reads the command line and does what it says.
pub(crate) async fn run() -> ExitCode {
    let cli = <Cli as clap::Parser>::parse();
    let format = cli.output;
    match cli.dispatch().await {
        Ok(answer) => {
            answer.print(format);
            answer.exit.into()
        }
        Err(error) => {
            let exit = exit::of(&error);
            fail(&error, exit, format);
            exit.into()
        }
    }
}

fn fail(error: &anyhow::Error, exit: Exit, format: Format) {
    if format == Format::Json {
        return complain(&format!("{:#}", exit::as_json(error)));
    }
    complain(&format!("kintsugi: {error:#}"));
    if let Some(advice) = exit::advice(exit) {
        complain(&format!("  {advice}"));
    }
}

impl Cli {
    async fn dispatch(&self) -> anyhow::Result<Answer> {
        match &self.command {
            Command::Up => local::up(self).await,
            Command::Demo(args) => local::demo(self, args).await,
            Command::Doctor => doctor::examine(&self.home),
            Command::Status => status::read(&self.open()?).await,
            Command::Incidents { what } => self.incidents(what).await,
            Command::Operations { what } => what.run(&self.open()?, self.output).await,
            Command::Resources { target } => resources::list(&self.open()?, target.as_ref()).await,
            Command::Kb { what } => self.kb(what).await,
            Command::Reset => reset(&self.store()?).await,
            Command::Pause => healing(self.store()?.pause().await?),
            Command::Resume => healing(self.store()?.resume().await?),
        }
    }

    fn open(&self) -> anyhow::Result<Connection> {
        Ok(Connection::open(&self.home)?)
    }

    fn store(&self) -> anyhow::Result<IncidentStore> {
        Ok(self.open()?.store()?)
    }

    async fn incidents(&self, what: &Incidents) -> anyhow::Result<Answer> {
        let connection = self.open()?;
        match what {
            Incidents::List(args) => {
                let (status, target) = (args.status, args.target.clone());
                let filter = list::Filter { status, target, limit: args.limit, archived: args.archived };
                list::list(&connection, &filter).await
            }
            Incidents::Show { id, journal, diff } => {
                show::show(&connection, *id, show::Depth { journal: *journal, diff: *diff }).await
            }
            Incidents::Verify { id } => incidents::verify(&connection, *id).await,
            Incidents::Approve { id, digest, note } => {
                let word = act::Word::Approve { digest: digest.clone(), note: note.clone() };
                act::say(&connection, *id, word).await
            }
            Incidents::Reject { id, note } => {
                act::say(&connection, *id, act::Word::Reject { note: note.clone() }).await
            }
            Incidents::Resolve { id, note } => {
                act::say(&connection, *id, act::Word::Resolve { note: note.clone() }).await
            }
            Incidents::Retry { id, note } => act::say(&connection, *id, act::Word::Retry { note: note.clone() }).await,
            Incidents::Dismiss { id, verdict, note } => {
                let word = act::Word::Dismiss { verdict: *verdict, note: note.clone() };
                act::say(&connection, *id, word).await
            }
        }
    }

    async fn kb(&self, what: &Kb) -> anyhow::Result<Answer> {
        let connection = self.open()?;
        match what {
            Kb::List { limit } => kb::list(&connection, *limit).await,
            Kb::Show { id } => kb::show(&connection, id).await,
            Kb::Search { query, fault, limit } => {
                kb::search(&connection, &query.join(" "), fault.clone(), *limit).await
            }
            Kb::Remove { id } => kb::remove(&connection, id).await,
            Kb::Seed { folder } => kb::seed(&connection, folder.as_deref()).await,
        }
    }
}

async fn reset(store: &IncidentStore) -> anyhow::Result<Answer> {
    let report = store.reset().await?;
    let mut lines = vec![format!(
        "epoch {} began: {} incident(s) archived, {} lease(s) revoked; healing is paused until `kintsugi resume`",
        report.epoch, report.archived, report.leases_revoked
    )];
    for code in &report.code_reset {
        lines.push(match (&code.push, &code.problem) {
            (_, Some(problem)) => format!("{}: the original files were NOT restored: {problem}", code.target),
            (Some(_), None) => format!("{}: the original files are pushed and roll out", code.target),
            (None, None) => format!("{}: nothing to restore", code.target),
        });
    }
    Ok(Answer::new(lines.join("\n"), &report)?.done_if(report.complete))
}

fn healing(state: wire::reset::HealingState) -> anyhow::Result<Answer> {
    let text = if state.paused {
        "healing is paused: incidents are recorded and wait for `kintsugi resume`"
    } else {
        "healing goes on"
    };
    Answer::new(text, &state)
}
