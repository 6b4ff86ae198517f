//! `bench errors`: what a client at a constant rate sees of a fault, under policies from none at all to the whole platform.

mod client;
mod fault;
mod page;
mod platform;
mod policy;
mod world;

use crate::machine::Machine;
use anyhow::Context;
use client::Seen;
use fault::Fault;
use policy::Policy;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often each fault is injected under each policy.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// How long is watched from the fault on, seconds.
    #[arg(long, default_value_t = 20)]
    window_s: u32,
    /// Only faults whose name contains this. The page is not written then.
    #[arg(long)]
    only: Option<String>,
    /// The page with the results.
    #[arg(long, default_value = "docs/results/error-seconds.md")]
    document: PathBuf,
    /// The folder for error-seconds.json.
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
}

/// One fault under one policy.
#[derive(Debug, Serialize)]
struct Cell {
    fault: Fault,
    policy: Policy,
    runs: Vec<Seen>,
    /// Why runs came to nothing.
    failed: Vec<String>,
    /// What the platform did, a line for each run.
    did: Vec<String>,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
struct Results {
    window_s: u32,
    per_second: u32,
    outage_s: u64,
    minutes: f64,
    cells: Vec<Cell>,
    machine: Option<Machine>,
}

/// Measures.
///
/// # Errors
/// When no run of a fault could be made, or the results cannot be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut machine, begun) = (Machine::begin(), Instant::now());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let window = Duration::from_secs(u64::from(arguments.window_s));
    let mut cells = Vec::new();
    for fault in
        Fault::ALL.into_iter().filter(|fault| arguments.only.as_ref().is_none_or(|only| fault.name().contains(only)))
    {
        let mut row: Vec<Cell> = Policy::ALL.into_iter().map(|policy| Cell::new(fault, policy)).collect();
        for _ in 0..arguments.runs {
            // Those without the platform are small: they run beside each other. The platform has the machine to itself.
            let (platform, others): (Vec<&mut Cell>, Vec<&mut Cell>) =
                row.iter_mut().partition(|cell| cell.policy == Policy::Kintsugi);
            runtime.block_on(async {
                futures::future::join_all(others.into_iter().map(|cell| cell.run(window))).await;
                for cell in platform {
                    cell.run(window).await;
                }
            });
        }
        row.iter().for_each(|cell| println!("{}", page::line(cell)));
        cells.extend(row);
    }
    machine.end();
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let (window_s, per_second, outage_s) = (arguments.window_s, client::PER_SECOND, fault::OUTAGE.as_secs());
    let mut results = Results { window_s, per_second, outage_s, minutes, cells, machine: None };
    let page = page::page(&results, &machine);
    println!("\n{page}");
    results.machine = Some(machine);
    if arguments.only.is_none() {
        std::fs::write(&arguments.document, &page).with_context(|| arguments.document.display().to_string())?;
        std::fs::write(arguments.out.join("error-seconds.json"), serde_json::to_vec_pretty(&results)?)?;
    }
    let empty: Vec<&Cell> = results.cells.iter().filter(|cell| cell.runs.is_empty()).collect();
    anyhow::ensure!(
        empty.is_empty(),
        "no run could be made: {}",
        empty.iter().map(|cell| page::line(cell)).collect::<Vec<_>>().join("; ")
    );
    Ok(())
}

impl Cell {
    fn new(fault: Fault, policy: Policy) -> Self {
        Self { fault, policy, runs: Vec::new(), failed: Vec::new(), did: Vec::new() }
    }

    async fn run(&mut self, window: Duration) {
        let seen = match self.policy {
            Policy::Kintsugi => platform::once(self.fault, window).await.map(|(seen, did)| {
                self.did.push(did);
                seen
            }),
            policy => world::once(self.fault, policy, window).await,
        };
        match seen {
            Ok(seen) => self.runs.push(seen),
            Err(error) => {
                println!("  {} under {}: {error:#}", self.fault.name(), self.policy.name());
                self.failed.push(format!("{error:#}"));
            }
        }
    }
}
