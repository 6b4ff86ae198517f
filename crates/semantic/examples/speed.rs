//! Prints how long the vector of a text takes: `MODEL=folder cargo run --release -p semantic --example speed`.
//!
//! `scripts/model` fetches a folder of weights. How fast a search is, is row p10 of `scripts/bench`.

use anyhow::Context;
use camino::Utf8PathBuf;
use semantic::MiniLm;
use std::time::{Duration, Instant};

const TIMES: usize = 30;

fn main() -> anyhow::Result<()> {
    let folder = chassis::settings::variable("MODEL").context("MODEL must name the folder of a model's weights")?;
    let (before, begun) = (memory(), Instant::now());
    let model = MiniLm::open(&Utf8PathBuf::from(folder))?;
    println!("opening the model: {:?}; memory {before} before, {} after", begun.elapsed(), memory());
    for words in [6, 30, 120] {
        let text = "the database connection pool is exhausted ".repeat(words / 6);
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let begun = Instant::now();
            std::hint::black_box(model.embed(&text)?);
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let middle = times.get(TIMES / 2).copied().unwrap_or_default();
        let most = times.last().copied().unwrap_or(Duration::ZERO);
        println!("a vector of {words} words, {TIMES} times: median {middle:?}, most {most:?}");
    }
    Ok(())
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("unknown").trim().to_owned()
}
