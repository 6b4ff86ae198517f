//! The commands.

use anyhow::Context;
use chassis::auth::Credentials;
use clap::{Args, Parser, Subcommand};
use client::{Callee, IncidentStore};
use kintsugi::stack::{Options, Stack, ports::Ports, targets};
use kintsugi::{demo, incidents};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use wire::{IncidentId, Service};

/// Kintsugi: notices faults, heals them, and proves it.
#[derive(Debug, Parser)]
#[command(name = "kintsugi")]
pub(crate) struct Cli {
    /// Where the local stack keeps its files.
    #[arg(long, global = true, default_value = ".kintsugi")]
    home: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Brings the local stack up and keeps it up until Ctrl-C, which leaves no process behind.
    Up,
    /// Brings the stack up, fires each fault, watches it being healed, resets, and again. Exits 0 only when every fault was
    /// healed, every reset worked and no other request failed.
    Demo(DemoArgs),
    /// Shows incidents of a running stack.
    Incidents {
        #[command(subcommand)]
        what: Incidents,
    },
    /// Restores the original fault files of every target, archives all incidents and begins a new epoch; healing pauses until
    /// `resume`. Exits 1 when something could not be restored.
    Reset,
    /// Pauses healing: incidents are recorded and wait.
    Pause,
    /// Lets healing go on.
    Resume,
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// How often to fire, heal and reset.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    cycles: u32,
    /// CPU seconds that building took, for the report.
    #[arg(long, default_value_t = 0.0)]
    spent_cpu_s: f64,
    /// Seconds that building took, for the report.
    #[arg(long, default_value_t = 0.0)]
    spent_wall_s: f64,
}

#[derive(Debug, Subcommand)]
enum Incidents {
    /// One line each, newest first.
    List {
        /// Also those of earlier epochs.
        #[arg(long)]
        archived: bool,
    },
    /// One incident's journal.
    Show {
        /// Its id.
        id: IncidentId,
    },
    /// Checks one incident's hash chain and certificate; fails when an event was changed.
    Verify {
        /// Its id.
        id: IncidentId,
    },
}

impl Cli {
    pub(crate) async fn run(self) -> ExitCode {
        match self.dispatch().await {
            Ok(code) => code,
            Err(error) => {
                eprintln!("kintsugi: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    async fn dispatch(self) -> anyhow::Result<ExitCode> {
        let said = match &self.command {
            Command::Up => return self.up().await,
            Command::Reset => return self.reset().await,
            Command::Demo(args) => return self.demo(args).await,
            Command::Incidents { what: Incidents::List { archived } } => {
                incidents::list(&self.store()?, *archived).await?
            }
            Command::Incidents { what: Incidents::Show { id } } => incidents::show(&self.store()?, *id).await?,
            Command::Incidents { what: Incidents::Verify { id } } => incidents::verify(&self.store()?, *id).await?,
            Command::Pause => serde_json::to_string_pretty(&self.store()?.pause().await?)?,
            Command::Resume => serde_json::to_string_pretty(&self.store()?.resume().await?)?,
        };
        println!("{said}");
        Ok(ExitCode::SUCCESS)
    }

    /// The store of the running stack, with the stack's own operator token.
    fn store(&self) -> anyhow::Result<IncidentStore> {
        let running = std::fs::read_to_string(self.home.join("stack.json"));
        let running = running
            .with_context(|| format!("no stack runs in {}: start one with `kintsugi up`", self.home.display()))?;
        let running: serde_json::Value = serde_json::from_str(&running).context("stack.json is not JSON")?;
        let url =
            running.get("incident_store").and_then(|url| url.as_str()).context("stack.json names no incident_store")?;
        let pid = running.get("pid").and_then(serde_json::Value::as_u64).unwrap_or_default();
        anyhow::ensure!(
            PathBuf::from(format!("/proc/{pid}")).exists(),
            "the stack of pid {pid} in {} is gone: start one with `kintsugi up`",
            self.home.display()
        );
        let token = std::fs::read_to_string(self.home.join("secrets/operator-token"))
            .context("cannot read the operator's token")?;
        let credentials = Arc::new(Credentials { token: token.trim().to_owned().into(), accept: Vec::new() });
        Ok(IncidentStore::new(Callee::new(Service::IncidentStore, url, credentials)?))
    }

    fn options(&self) -> anyhow::Result<Options> {
        let programs = std::env::current_exe().context("cannot find this program")?;
        let programs = programs.parent().context("this program stands in no folder")?.to_owned();
        let root = std::env::current_dir().context("cannot find the current folder")?;
        anyhow::ensure!(
            root.join("deploy/local-stack.toml").exists(),
            "deploy/local-stack.toml is not here: run this in a checkout of Kintsugi"
        );
        Ok(Options {
            home: self.home.clone(),
            programs,
            settings: root.join("deploy"),
            knowledge: root.join("crates/rag-gateway/knowledge"),
            targets: targets::Source::Checkout(root),
            ports: Ports::documented()?,
            overrides: Default::default(),
            durable: true,
        })
    }

    async fn start(&self) -> anyhow::Result<Stack> {
        let mut say = say;
        let stack = Stack::start(self.options()?, &mut say).await?;
        let about = serde_json::json!({
            "front": stack.front(),
            "incident_store": stack.ports.url(Service::IncidentStore),
            "pid": std::process::id(),
        });
        std::fs::write(stack.layout.at("stack.json"), serde_json::to_vec_pretty(&about)?)?;
        Ok(stack)
    }

    async fn reset(&self) -> anyhow::Result<ExitCode> {
        let report = self.store()?.reset().await?;
        println!("{}", serde_json::to_string_pretty(&report)?);
        Ok(if report.complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn up(&self) -> anyhow::Result<ExitCode> {
        let stop = chassis::Stop::on_signal()?;
        let stack = tokio::select! {
            stack = self.start() => stack?,
            () = stop.requested() => anyhow::bail!("interrupted while starting"),
        };
        say(format!(
            "\n{} answers; the operator's token is in {}",
            stack.front(),
            stack.layout.secret("operator-token").display()
        ));
        say("Ctrl-C ends everything".to_owned());
        for target in stack.catalogue.values() {
            say(format!("{}: building its first version (503 until it is live)", target.name));
            tokio::select! {
                live = demo::until_live(&stack, target, demo::FIRST_BUILD) => match live {
                    Ok(live) => say(format!("{}: live at {}", target.name, live.commit)),
                    Err(error) => say(format!("{}: {error:#}", target.name)),
                },
                () = stop.requested() => {}
            }
        }
        stop.requested().await;
        self.end(stack);
        Ok(ExitCode::SUCCESS)
    }

    async fn demo(&self, args: &DemoArgs) -> anyhow::Result<ExitCode> {
        let stop = chassis::Stop::on_signal()?;
        let stack = tokio::select! {
            stack = self.start() => stack?,
            () = stop.requested() => anyhow::bail!("interrupted while starting"),
        };
        let _stale = std::fs::remove_file(stack.layout.at("demo/report.json"));
        let spent = demo::Spent { cpu_s: args.spent_cpu_s, wall_s: args.spent_wall_s };
        let mut say = say;
        let report = tokio::select! {
            report = demo::run(&stack, args.cycles, spent, &mut say) => report,
            () = stop.requested() => Err(anyhow::anyhow!("interrupted")),
        };
        let path = stack.layout.at("demo/report.json");
        self.end(stack);
        let report = report?;
        std::fs::write(&path, serde_json::to_vec_pretty(&report)?)?;
        println!("{}", demo::table::of(&report));
        println!("the same as JSON: {}", path.display());
        Ok(if report.healed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn end(&self, stack: Stack) {
        let _gone = std::fs::remove_file(stack.layout.at("stack.json"));
        say("ending everything".to_owned());
        stack.end();
    }
}

fn say(line: String) {
    println!("{line}");
    let _shown = std::io::stdout().flush();
}
