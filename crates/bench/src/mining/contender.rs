//! The programs that group lines, each as a process of its own.

use super::score::Grouping;
use crate::child;
use crate::stats::median;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our name in the results.
pub(super) const OURS: &str = "miner";
/// Each contender goes over the lines so often that its start does not count, and is asked so often.
const ROUNDS: (usize, usize) = (100, 10);
const TIMES: usize = 3;

/// A program with its first arguments.
pub(super) struct Contender {
    pub(super) name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    rounds: usize,
}

impl Contender {
    pub(super) fn ours(program: &Path) -> Self {
        Self { name: OURS, program: program.to_owned(), arguments: Vec::new(), rounds: ROUNDS.0 }
    }

    /// drain3 as it comes, and with one configuration for all systems.
    pub(super) fn drain3(python: &Path, work: &Path) -> anyhow::Result<[Self; 2]> {
        let script = work.join("drain3_lines.py");
        std::fs::write(&script, include_str!("lines.py"))?;
        let with = |name, config: &str| Self {
            name,
            program: python.to_owned(),
            arguments: vec![script.display().to_string(), config.to_owned()],
            rounds: ROUNDS.1,
        };
        Ok([with("drain3, as it comes", "default"), with("drain3, shared", "shared")])
    }

    /// Groups the lines of a file.
    pub(super) fn group(&self, file: &Path) -> anyhow::Result<Grouping> {
        let ran = child::run(self.command().arg(file), &[0])?;
        serde_json::from_slice(&ran.said).with_context(|| format!("{} answered otherwise than was agreed", self.name))
    }

    /// Lines per CPU second: of the medians of some runs, without what the program takes to start and to read the files.
    pub(super) fn speed(&self, files: &[&Path], lines: usize) -> anyhow::Result<f64> {
        let (mut idle, mut busy) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            idle.push(self.timed(0, files)?);
            busy.push(self.timed(self.rounds, files)?);
        }
        let (idle, busy) = median(&idle).zip(median(&busy)).context("it was never timed")?;
        ensure!(busy > idle, "{} took no time: {busy} s of {idle} s", self.name);
        Ok((lines * self.rounds) as f64 / (busy - idle))
    }

    fn timed(&self, rounds: usize, files: &[&Path]) -> anyhow::Result<f64> {
        let mut command = self.command();
        command.args(["--rounds", &rounds.to_string()]).args(files);
        Ok(child::run(&mut command, &[0])?.cpu)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }
}
