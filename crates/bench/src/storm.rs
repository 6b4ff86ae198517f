//! `bench storm`: many alerts, few causes. A seeded generator lets faults spread over graphs of services, and what is made of the alerts is held
//! against what was injected, beside simpler ways to merge them.

mod graph;
mod methods;
mod page;
mod scenario;
mod score;
mod spread;

use crate::machine::Machine;
use crate::madeup::MadeUp;
use crate::stats;
use anyhow::Context;
use methods::Method;
use scenario::{Kind, Scenario};
use score::Tally;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The seed of the page.
const SEED: u64 = 20_261_122;
/// Of how many scenarios each picture on the way is asked for, too.
const ASKED_ON_THE_WAY: usize = 20;

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Another seed: scenarios that nobody has seen. The page is not written then.
    #[arg(long, env = "SEED")]
    seed: Option<u64>,
    /// How many scenarios of each kind.
    #[arg(long, default_value_t = 400)]
    scenarios: usize,
    /// The page with the results.
    #[arg(long, default_value = "docs/results/storm.md")]
    document: PathBuf,
    /// The folder for storm.json.
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
}

/// What a way to merge made of a kind of scenario.
#[derive(Debug, Serialize)]
struct Row {
    kind: Kind,
    method: Method,
    tally: Tally,
}

/// Times in short, milliseconds.
#[derive(Debug, Default, Serialize)]
struct Spread {
    n: usize,
    median: f64,
    worst: f64,
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
struct Results {
    command: &'static str,
    commit: String,
    machine: String,
    date: String,
    seed: u64,
    /// Of our own way over all kinds, pooled over pairs of alerts.
    precision: score::Count,
    recall: score::Count,
    rows: Vec<Row>,
    /// What one question takes, milliseconds: at each of the detections of some scenarios.
    #[serde(skip)]
    asked_ms: Vec<f64>,
    ask_ms: Spread,
    /// Alerts and detections of a scenario, on average.
    alerts: f64,
    detections: f64,
}

/// Measures, prints, and writes the page.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut machine = Machine::begin();
    let results = measure(arguments.seed.unwrap_or(SEED), arguments.scenarios, &machine);
    machine.end();
    let page = page::page(&results, &machine);
    println!("{page}");
    if arguments.seed.is_none() {
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(&arguments.document, &page)?;
        write(&arguments.out.join("storm.json"), &serde_json::to_string_pretty(&results)?)?;
    }
    Ok(())
}

fn measure(seed: u64, scenarios: usize, machine: &Machine) -> Results {
    let mut results = Results {
        command: "make bench-storm",
        commit: commit(),
        machine: format!("{}, {} cores", machine.processor, machine.cores),
        date: machine.begun.clone(),
        seed,
        ..Results::default()
    };
    let mut count = 0;
    for (number, kind) in (0_u64..).zip(Kind::ALL) {
        let mut tallies = Method::ALL.map(|method| (method, Tally::default()));
        for index in 0..scenarios {
            let scenario = spread::scenario(kind, &mut MadeUp::new(mixed(seed, number, index as u64)));
            for (method, tally) in &mut tallies {
                tally.add(&score::of(&scenario, &method.merge(&scenario)));
            }
            count += 1;
            results.alerts += scenario.alerts.len() as f64;
            results.detections += scenario.arrivals.len() as f64;
            if index < ASKED_ON_THE_WAY {
                results.asked_ms.extend(asked_on_the_way(&scenario));
            }
        }
        for (method, tally) in tallies {
            if method == Method::Correlation {
                results.precision.add(tally.precision);
                results.recall.add(tally.recall);
            }
            results.rows.push(Row { kind, method, tally: tally.finished() });
        }
    }
    let worst = stats::percentile(&results.asked_ms, 1.0).unwrap_or_default();
    results.ask_ms =
        Spread { n: results.asked_ms.len(), median: stats::median(&results.asked_ms).unwrap_or_default(), worst };
    results.alerts /= f64::from(count.max(1));
    results.detections /= f64::from(count.max(1));
    (results.precision, results.recall) = (results.precision.finished(), results.recall.finished());
    results
}

/// What each question takes when one is asked at every detection.
fn asked_on_the_way(scenario: &Scenario) -> Vec<f64> {
    let mut known = Vec::new();
    let ask = |alerts: &[correlation::Alert]| {
        let begun = Instant::now();
        let found = correlation::groups(alerts, &scenario.graph, &correlation::Bounds::default());
        let took = begun.elapsed().as_secs_f64() * 1_000.0;
        (found.len() <= alerts.len()).then_some(took)
    };
    let each = scenario.arrivals.iter().filter_map(|arrival| {
        arrival.join(&mut known);
        ask(&known)
    });
    each.collect()
}

/// Seeds that are near each other give scenarios that are not (Steele et al., "Fast splittable pseudorandom number generators", 2014).
fn mixed(seed: u64, kind: u64, index: u64) -> u64 {
    let mut mixed = seed ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    for shift in [30, 27, 31] {
        mixed = (mixed ^ (mixed >> shift)).wrapping_mul(0x94d0_49bb_1331_11eb);
    }
    mixed
}

fn commit() -> String {
    let told = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output();
    told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_scenarios_and_another_one_others() {
        let alerts = |seed| {
            let scenario = spread::scenario(Kind::OneCause, &mut MadeUp::new(mixed(seed, 0, 0)));
            format!("{:?}", scenario.alerts)
        };
        assert_eq!(alerts(7), alerts(7));
        assert_ne!(alerts(7), alerts(8));
    }

    #[test]
    fn scenarios_are_as_large_as_they_are_said_to_be() {
        for kind in Kind::ALL {
            for index in 0..20 {
                let scenario = spread::scenario(kind, &mut MadeUp::new(mixed(3, 1, index)));
                assert!((380..=500).contains(&scenario.arrivals.len()), "{kind:?}: {}", scenario.arrivals.len());
                let causes: std::collections::BTreeSet<_> = scenario.truth.iter().flatten().collect();
                assert_eq!(causes.len(), scenario.roots.len(), "{kind:?}: each cause has an alert");
            }
        }
    }

    #[test]
    fn whoever_knows_the_truth_gets_everything_right() {
        for kind in Kind::ALL {
            let scenario = spread::scenario(kind, &mut MadeUp::new(mixed(5, 2, 1)));
            let label = |(index, cause): (usize, &Option<usize>)| cause.unwrap_or(1_000 + index);
            let labels: Vec<usize> = scenario.truth.iter().enumerate().map(label).collect();
            let roots = scenario.roots.iter().cloned().enumerate().map(|(cause, root)| (cause, vec![root])).collect();
            let score = score::of(&scenario, &methods::Merged { labels, roots });
            assert!(score.right_number && score.right_roots, "{kind:?}");
            assert_eq!((score.precision.k, score.recall.k), (score.precision.n, score.recall.n));
        }
    }
}
